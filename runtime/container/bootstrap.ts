import type { StartTaskResponse } from "../../functions/api/contract.ts";
import { ARCHIVED } from "../../store/code/code-archive-files.ts";
import type { Booted } from "./container.ts";
import { EXIT_CODES } from "../../statemachines/contract/exit-codes.ts";
import { sendPatiently } from "../patience.ts";
import { signRequest } from "../../aws/signature.ts";
import { readCredentials } from "../task-credentials.ts";

/**
 * The command of every job definition: from nothing but node and the network it begins the task's attempt, gets the code
 * package that the answer names, checks it, and hands over to the runtime in it. It is the text of the functions below,
 * each of which names nothing outside of itself: whoever bundles this file must not have names kept (esbuild's
 * `keepNames`), since that calls a function of the bundle's.
 *
 * MILLRACE_API is the API's URL; TASK_ENVIRONMENT (statemachines/contract.ts) says what else there is.
 */
export const BOOTSTRAP_COMMAND: readonly string[] = [
  "node",
  "-e",
  `(${bootstrap})(require,${JSON.stringify({ ...EXIT_CODES, ...ARCHIVED })},{${[
    `signRequest:${signRequest}`,
    `readCredentials:${readCredentials}`,
    `sendPatiently:${sendPatiently}`,
    `taskIndices:${taskIndices}`,
    `unpackCode:${unpackCode}`,
  ].join(",")}})`,
];

type Known = typeof EXIT_CODES & typeof ARCHIVED;

/** The functions whose text goes with the bootstrap's own. */
interface Parts {
  readonly signRequest: typeof signRequest;
  readonly readCredentials: typeof readCredentials;
  readonly sendPatiently: typeof sendPatiently;
  readonly taskIndices: typeof taskIndices;
  readonly unpackCode: typeof unpackCode;
}

async function bootstrap(require: NodeJS.Require, known: Known, parts: Parts): Promise<void> {
  const crypto = require("node:crypto") as typeof import("node:crypto");
  const { join } = require("node:path") as typeof import("node:path");
  const env = process.env as Record<string, string | undefined> & { MILLRACE_RUN: string; MILLRACE_API: string };
  const end = (code: number, text: string): never => {
    console.log(text);
    process.exit(code);
  };
  process.on("SIGTERM", () => end(known.terminated, "The container was told to end before the task began (SIGTERM)."));

  const prepare = async () => {
    console.log("Setting up task environment.");
    const slash = env.MILLRACE_RUN.lastIndexOf("/");
    const run = { flow: env.MILLRACE_RUN.slice(0, slash), run: Number(env.MILLRACE_RUN.slice(slash + 1)) };
    const by = env["AWS_BATCH_JOB_ID"] + "#" + env["AWS_BATCH_JOB_ATTEMPT"];
    const step = env["MILLRACE_STEP"]!;
    const proof = env["MILLRACE_START_PROOF"];
    // A step that prints its environment has no business with it.
    delete env["MILLRACE_START_PROOF"];
    const api = { url: env.MILLRACE_API.replace(/\/$/, ""), region: env["AWS_REGION"] || env["AWS_DEFAULT_REGION"]! };
    const url = api.url + "/runs/" + encodeURIComponent(run.flow) + "/" + run.run + "/tasks/start";
    const start = async (index: string) => {
      const body = JSON.stringify({ step, index, by, proof });
      const response = await parts.sendPatiently(async () => {
        const request = { method: "POST", url, body, region: api.region };
        const signed = parts.signRequest(crypto, request, await parts.readCredentials(env));
        return fetch(url, { method: "POST", body, headers: { ...signed, "content-type": "application/json" } });
      }, 20);
      return { index, response, text: await response.text() };
    };
    const indices = parts.taskIndices(env);
    let begun = await start(indices.shift()!);
    if (begun.response.status === 403 && begun.text.includes("proof.invalid") && indices.length > 0)
      begun = await start(indices.shift()!);
    const { index, response, text } = begun;
    if (/"(attempt\.refused|run\.over)"/.test(text) && response.status === 409)
      end(known.refused, "The attempt was refused: " + text);
    if (!response.ok) end(known.unreachable, "The task could not begin (status " + response.status + "): " + text);
    const started = JSON.parse(text) as StartTaskResponse;
    if (started.state === "done") return end(known.done, "The task had finished before.");

    console.log("Downloading code package.");
    const download = await parts.sendPatiently(() => fetch(started.code.url), 20);
    const bytes = Buffer.from(await download.arrayBuffer());
    if (!download.ok) end(known.unreachable, "The code package is not there: status " + download.status + ".");
    const hash = crypto.createHash("sha256").update(bytes).digest("hex");
    const { hash: wanted } = started.code;
    if (hash !== wanted)
      end(known.damagedCode, "The code package is damaged: its SHA-256 is " + hash + ", not " + wanted + ".");
    const code = parts.unpackCode(require, known, bytes);
    if ("reason" in code) return end(known.damagedCode, "The code package is none: " + code.reason);
    console.log("Code package downloaded.");

    process.removeAllListeners("SIGTERM");
    const { runContainer } = require(join(code.folder, known.runtime)) as { runContainer(booted: Booted): void };
    runContainer({ ...run, step, index, api, started, root: code.root, flowModule: join(code.folder, known.flow) });
  };
  try {
    await prepare();
  } catch (error) {
    end(known.unreachable, "The task could not begin: " + ((error as Error).stack || String(error)));
  }
}

/**
 * The indices that the task may have, the likeliest first. Of an array's child the foreach's index is known. A "0" may be
 * that of one that stands in no other; the API, which knows the flow, begins no task by an index that the proof is not for.
 */
function taskIndices(env: Readonly<Record<string, string | undefined>>): string[] {
  const around = env["MILLRACE_INDEX"]!;
  const child = env["AWS_BATCH_JOB_ARRAY_INDEX"];
  if (child === undefined) return [around];
  const position = Number(env["MILLRACE_OFFSET"] || 0) + Number(child);
  return [...(around === "0" ? [String(position)] : []), around + "." + position];
}

/** Writes the code package's files into a folder of their own. */
function unpackCode(
  require: NodeJS.Require,
  known: Known,
  bytes: Buffer,
): { readonly root: string; readonly folder: string } | { readonly reason: string } {
  const fs = require("node:fs") as typeof import("node:fs");
  const { tmpdir } = require("node:os") as typeof import("node:os");
  const { join } = require("node:path") as typeof import("node:path");
  const { brotliDecompressSync } = require("node:zlib") as typeof import("node:zlib");
  // As deep as the package was in its store, so that the source map's paths begin with this folder.
  const root = fs.mkdtempSync(join(tmpdir(), "millrace-"));
  const folder = join(root, "store", "code", "package");
  fs.mkdirSync(folder, { recursive: true });
  let files: Record<string, string>;
  try {
    files = JSON.parse(brotliDecompressSync(bytes).toString("utf8")) as typeof files;
  } catch (error) {
    return { reason: (error as Error).message };
  }
  for (const name of [known.flow, known.map, known.runtime]) fs.writeFileSync(join(folder, name), files[name]!);
  // What no bundle can hold, a package with compiled code, is found where the image has it.
  const installed = join(process.cwd(), "node_modules");
  if (fs.existsSync(installed)) fs.symlinkSync(installed, join(root, "node_modules"));
  return { root, folder };
}
