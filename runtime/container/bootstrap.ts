import type { StartTaskResponse } from "../../functions/api/contract.ts";
import { ARCHIVED } from "../package/code-archive-files.ts";
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
  `(${bootstrap})(require,${JSON.stringify({ ...EXIT_CODES, ...ARCHIVED })},${signRequest},${readCredentials},${sendPatiently})`,
];

async function bootstrap(
  require: NodeJS.Require,
  known: typeof EXIT_CODES & typeof ARCHIVED,
  sign: typeof signRequest,
  credentials: typeof readCredentials,
  patiently: typeof sendPatiently,
): Promise<void> {
  const crypto = require("node:crypto") as typeof import("node:crypto");
  const fs = require("node:fs") as typeof import("node:fs");
  const { tmpdir } = require("node:os") as typeof import("node:os");
  const { join } = require("node:path") as typeof import("node:path");
  const { brotliDecompressSync } = require("node:zlib") as typeof import("node:zlib");
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
    const api = { url: env.MILLRACE_API.replace(/\/$/, ""), region: env["AWS_REGION"] || env["AWS_DEFAULT_REGION"]! };
    const url = api.url + "/runs/" + encodeURIComponent(run.flow) + "/" + run.run + "/tasks/start";
    const start = async (index: string) => {
      const body = JSON.stringify({ step, index, by });
      const response = await patiently(async () => {
        const signed = sign(crypto, { method: "POST", url, body, region: api.region }, await credentials(env));
        return fetch(url, { method: "POST", body, headers: { ...signed, "content-type": "application/json" } });
      }, 20);
      return { index, response, text: await response.text() };
    };
    // Of an array's child the foreach's index is known. A "0" may be that of one that stands in no other; the API, which
    // knows the flow, begins no task by an index that cannot be.
    const around = env["MILLRACE_INDEX"]!;
    const child = env["AWS_BATCH_JOB_ARRAY_INDEX"];
    const position = Number(env["MILLRACE_OFFSET"] || 0) + Number(child);
    const indices = [
      ...(child === undefined ? [around] : []),
      ...(child !== undefined && around === "0" ? [String(position)] : []),
      ...(child === undefined ? [] : [around + "." + position]),
    ];
    let begun = await start(indices.shift()!);
    if (begun.response.status === 404 && begun.text.includes("task.unknown") && indices.length > 0)
      begun = await start(indices.shift()!);
    const { index, response, text } = begun;
    if (/"(attempt\.refused|run\.over)"/.test(text) && response.status === 409)
      end(known.refused, "The attempt was refused: " + text);
    if (!response.ok) end(known.unreachable, "The task could not begin (status " + response.status + "): " + text);
    const started = JSON.parse(text) as StartTaskResponse;
    if (started.state === "done") return end(known.done, "The task had finished before.");

    console.log("Downloading code package.");
    const download = await patiently(() => fetch(started.code.url), 20);
    const bytes = Buffer.from(await download.arrayBuffer());
    if (!download.ok) end(known.unreachable, "The code package is not there: status " + download.status + ".");
    const hash = crypto.createHash("sha256").update(bytes).digest("hex");
    if (hash !== started.code.hash)
      end(
        known.damagedCode,
        "The code package is damaged: its SHA-256 is " + hash + ", not " + started.code.hash + ".",
      );
    // As deep as the package was in its store, so that the source map's paths begin with this folder.
    const root = fs.mkdtempSync(join(tmpdir(), "millrace-"));
    const folder = join(root, "store", "code", "package");
    fs.mkdirSync(folder, { recursive: true });
    let files: Record<string, string> = {};
    try {
      files = JSON.parse(brotliDecompressSync(bytes).toString("utf8")) as typeof files;
    } catch (error) {
      end(known.damagedCode, "The code package is none: " + (error as Error).message);
    }
    for (const name of [known.flow, known.map, known.runtime]) fs.writeFileSync(join(folder, name), files[name]!);
    // What no bundle can hold, a package with compiled code, is found where the image has it.
    const installed = join(process.cwd(), "node_modules");
    if (fs.existsSync(installed)) fs.symlinkSync(installed, join(root, "node_modules"));
    console.log("Code package downloaded.");

    process.removeAllListeners("SIGTERM");
    const { runContainer } = require(join(folder, known.runtime)) as { runContainer(booted: Booted): void };
    runContainer({ ...run, step, index, api, started, root, flowModule: join(folder, known.flow) });
  };
  try {
    await prepare();
  } catch (error) {
    end(known.unreachable, "The task could not begin: " + ((error as Error).stack || String(error)));
  }
}
