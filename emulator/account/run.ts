import { existsSync, readFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { buildCodeArchive } from "../../runtime/package/code-archive.ts";
import { unpackArchive, type CodeArchive } from "../../store/code/code-archive.ts";
import { ARCHIVED } from "../../store/code/code-archive-files.ts";
import { credentialsFor } from "../../sdk/client/credentials.ts";
import { createClient, type Client } from "../../sdk/client/client.ts";
import type { AccountProfile } from "../../sdk/client/profiles.ts";
import type { Graph } from "../../graph/graph.ts";
import { stepsOf } from "../../graph/walk.ts";
import { offlineResources } from "../../statemachines/resources.ts";
import type { DefineJobsResponse } from "../../functions/api/contract.ts";
import type { Manifest } from "../../store/artifacts/manifest.ts";
import type { Control } from "../../graph/control-value.ts";
import { runInWorld, type RunResult } from "../../engine/run-loop.ts";
import { lineageOf } from "../../graph/lineage.ts";
import { compile } from "../../statemachines/compile.ts";
import type { FlowCode } from "../flow-code.ts";
import type { RunOptions } from "../run-options.ts";
import { openBatch } from "../../aws/batch/batch.ts";
import { openLogTails } from "../../aws/logs/cloudwatch-tails.ts";
import { writeWhole } from "../../store/home/write-whole.ts";
import { serveCredentials } from "./credentials-server.ts";
import { accountWorld } from "./world.ts";
import { openFunctions } from "../../aws/lambda/functions.ts";
import { placeSteps, withoutLocal, type Placement } from "./placement.ts";

/** A flow that is about to run, its parameters checked and packed into the local store. */
export interface Packed {
  readonly code: FlowCode;
  readonly graph: Graph;
  readonly parameters: Manifest;
  readonly controls: readonly Control[];
  readonly user: string;
  readonly readBlob: (hash: string) => Uint8Array;
  /** What `--with` says; undefined where each step goes where it says itself. */
  readonly placement: Placement | undefined;
}

/** Runs a flow with its ledger and artifacts in an account, each step where it says or where `placement` says. */
export async function runInAccount(
  profile: AccountProfile,
  { code, graph: written, parameters, controls, user, readBlob, placement }: Packed,
  { maxWorkers, tags = [], onEvent, signal }: RunOptions & { readonly maxWorkers: number },
): Promise<{ readonly result: RunResult; readonly client: Client }> {
  const graph = placeSteps(written, placement);
  const client = createClient(profile);
  const archive = await buildCodeArchive(code.codePackage);
  const places = new Set(stepsOf(graph.body).map(({ options }) => options.compute));
  const storing = client.storeCode(archive);
  const define = async () => {
    // A function is made of the code, which has to be there.
    if (places.has("lambda")) await storing;
    return client.own.defineJobs(withoutLocal(graph), archive.hash);
  };
  const isAllLocal = places.size === 1 && places.has("local");
  const [{ stepsStay, ...resources }] = await Promise.all([
    isAllLocal ? ({} as Partial<DefineJobsResponse>) : define(),
    storing,
    client.own.storeBlobs(blobsOf(parameters, controls), readBlob),
  ]);
  const credentials = await serveCredentials(credentialsFor(profile.api));
  const { region } = profile;
  try {
    // What only an account's own engine calls is not among them.
    const all = { ...offlineResources, ...resources };
    const flow = { lineage: lineageOf(graph), compiled: compile(graph, all), bookkeeping: all.bookkeeping };
    const world = accountWorld({
      client,
      run: {
        graph,
        codePackage: archive.hash,
        parameters,
        controls,
        tags: [...tags],
        user,
        owner: { host: hostname(), pid: process.pid },
      },
      batch: openBatch({ region }),
      logs: openLogTails(region),
      functions: openFunctions(region),
      ...(stepsStay && { stepsStay }),
      local: {
        api: { url: profile.api, region },
        maxWorkers,
        runtime: containerRuntime(code.codePackage.dir, archive),
        flowModule: code.codePackage.bundle,
        root: process.cwd(),
        logs: join(code.home, "logs"),
        env: credentials.env,
      },
    });
    return { result: await runInWorld(world, flow, { onEvent, signal }), client };
  } finally {
    credentials.close();
  }
}

function blobsOf(parameters: Manifest, controls: readonly Control[]): string[] {
  const values = Object.values(parameters).flatMap((ref) => ("blob" in ref ? [ref.blob] : []));
  const pages = controls.flatMap(({ value }) => (value.type === "foreach" ? value.pages : []));
  return [...new Set([...values, ...pages])];
}

/** The runtime as containers have it, as a file beside the flow's bundle. */
function containerRuntime(folder: string, { bytes }: CodeArchive): string {
  const file = join(folder, ARCHIVED.runtime);
  const text = unpackArchive(bytes)[ARCHIVED.runtime]!;
  if (existsSync(file) && readFileSync(file, "utf8") === text) return file;
  writeWhole(file, text);
  return file;
}
