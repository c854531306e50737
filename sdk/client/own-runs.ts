import type {
  AnswerOf,
  DefineJobsResponse,
  FinishRunRequest,
  AnswerMachineRequest,
  OwnRun,
  StartTaskRequest,
  StartTaskResponse,
} from "../../functions/api/contract.ts";
import type { ControlKey, ControlValue } from "../../graph/control-value.ts";
import type { Run } from "../../store/ledger/ledger.ts";
import type { RunKey } from "../../graph/run-name.ts";
import { uploadAll } from "../../runtime/task-blobs.ts";
import type { Graph } from "../../graph/graph.ts";
import type { ApiClient } from "./api.ts";

/** What a program needs of an account that carries out a run itself. */
export interface OwnRuns {
  /** With the run's secret. */
  create(run: Omit<OwnRun, "engine">): Promise<CreatedRun>;
  finish(run: RunKey, end: FinishRunRequest): Promise<Run>;
  /** False where it is over. */
  heartbeat(run: RunKey): Promise<boolean>;
  /** Defines what the graph's steps ask of their jobs and their function, and tells what its machine calls. */
  defineJobs(graph: Graph, codePackage: string): Promise<DefineJobsResponse>;
  readControl(run: RunKey, key: ControlKey): Promise<ControlValue | undefined>;
  answerMachine(run: RunKey, request: AnswerMachineRequest): Promise<ControlValue | undefined>;
  startTask(run: RunKey, task: StartTaskRequest): Promise<StartTaskResponse>;
  /** Stores what is not stored yet; a blob is read when its turn comes. */
  storeBlobs(hashes: readonly string[], read: (hash: string) => Uint8Array): Promise<void>;
}

type CreatedRun = AnswerOf<"POST /flows/{flow}/runs">;

/** As many as one request for signatures may name; as many are in memory at once. */
const AT_ONCE = 50;

export function ownRuns(api: ApiClient): OwnRuns {
  return {
    create: (run) =>
      api.call("POST /flows/{flow}/runs", { path: { flow: run.graph.name }, body: { ...run, engine: "client" } }),
    finish: ({ flow, run }, body) => api.call("POST /flows/{flow}/runs/{run}/finish", { path: { flow, run }, body }),
    heartbeat: async ({ flow, run }) =>
      (await api.call("POST /flows/{flow}/runs/{run}/heartbeat", { path: { flow, run }, body: {} })).alive,
    defineJobs: (graph, codePackage) =>
      api.call("POST /flows/{flow}/jobs", { path: { flow: graph.name }, body: { graph, codePackage } }),
    readControl: async ({ flow, run }, { node, index }) =>
      (await api.call("GET /flows/{flow}/runs/{run}/controls/{node}/{index}", { path: { flow, run, node, index } }))
        .value,
    answerMachine: async ({ flow, run }, body) =>
      (await api.call("POST /flows/{flow}/runs/{run}/bookkeeping", { path: { flow, run }, body })).value,
    startTask: ({ flow, run }, body) => api.call("POST /runs/{flow}/{run}/tasks/start", { path: { flow, run }, body }),
    async storeBlobs(hashes, read) {
      for (let from = 0; from < hashes.length; from += AT_ONCE) {
        const blobs = new Map(hashes.slice(from, from + AT_ONCE).map((hash) => [hash, read(hash)]));
        const sizes = Array.from(blobs, ([hash, bytes]) => ({ hash, size: bytes.length }));
        const body = { reads: [], writes: sizes };
        const { writes } = await api.call("POST /artifacts/sign", { body });
        await uploadAll(Object.entries(writes).map(([hash, upload]) => ({ upload, bytes: [blobs.get(hash)!] })));
      }
    },
  };
}
