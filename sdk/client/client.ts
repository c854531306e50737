import { randomUUID } from "node:crypto";
import {
  TASK_TOKEN_HEADER,
  type FlowDescription,
  type RegisterFlowRequest,
  type RegisterFlowResponse,
  type SignResponse,
  type TriggerRun,
} from "../../functions/api/contract.ts";
import type { FlowCaller } from "../../functions/deploy/production.ts";
import { checkRead } from "../../store/blobs/check.ts";
import type { Ledger, Page, RunQuery, RunSummary } from "../../store/ledger/ledger.ts";
import type { RunKey } from "../../graph/run-name.ts";
import type { CodeArchive } from "../../store/code/code-archive.ts";
import { fetchSync } from "../../runtime/fetch-sync.ts";
import { uploadAll } from "../../runtime/task-blobs.ts";
import { MillraceError } from "../../graph/errors.ts";
import { ApiClient } from "./api.ts";
import { credentialsFor } from "./credentials.ts";
import { ownRuns, type OwnRuns } from "./own-runs.ts";
import type { AccountProfile } from "./profiles.ts";

/** What reads runs: a ledger of this machine, or an account's by its API. */
export interface RunReader extends Pick<Ledger, "readRun" | "listSteps" | "listTasks" | "readTasks" | "listAttempts"> {
  listRuns(query: RunQuery): Promise<Page<RunSummary>>;
  listFlows(query: Parameters<Ledger["listFlows"]>[0]): Promise<Page<{ flow: string; newest: RunSummary }>>;
}

/** An account's flows, runs and artifacts. */
export interface Client {
  /** Stores a code package; answers false where it was there already. */
  storeCode(archive: CodeArchive): Promise<boolean>;
  registerFlow(request: RegisterFlowRequest): Promise<RegisterFlowResponse>;
  readFlow(flow: string): Promise<FlowDescription>;
  /** The token where another person deployed it. */
  removeFlow(flow: string, who: FlowCaller): Promise<void>;
  /** Keeps its schedules from starting runs, or lets them again. */
  pauseFlow(flow: string, who: FlowCaller & { readonly paused: boolean }): Promise<FlowDescription>;
  /** The flow's new production token; the one before is refused from then on. */
  rotateToken(flow: string, who: FlowCaller): Promise<string>;
  /** Starts a deployed flow; asked again for whatever reason, it starts once. */
  triggerRun(flow: string, request: Omit<TriggerRun, "engine">): Promise<RunSummary>;
  /** False where it had ended already. The token where another person deployed the flow. */
  stopRun(run: RunKey, who: FlowCaller): Promise<boolean>;
  readonly runs: RunReader;
  /** For runs that a program of this machine carries out. */
  readonly own: OwnRuns;
  /** A blob's bytes, without giving up the thread. */
  readBlob(hash: string): Uint8Array;
  /** Must be called once before `readBlob`. */
  prepare(): Promise<void>;
}

/** Opens an account by its profile; nothing is asked before it is asked something. */
export function createClient(profile: Pick<AccountProfile, "api" | "region">): Client {
  const api = new ApiClient(profile, credentialsFor(profile.api));
  return {
    async storeCode({ hash, bytes }) {
      const body = { hash, size: bytes.length };
      const { upload } = await api.call("POST /code-packages", { body });
      if (upload) await uploadAll([{ upload, bytes: [bytes] }]);
      return upload !== undefined;
    },
    registerFlow: (body) => api.call("PUT /flows/{flow}", { path: { flow: body.graph.name }, body }),
    readFlow: (flow) => api.call("GET /flows/{flow}", { path: { flow } }),
    async removeFlow(flow, { user, token }) {
      await api.call("DELETE /flows/{flow}", { path: { flow }, query: { user }, headers: showing(token) });
    },
    pauseFlow: (flow, { user, token, paused }) =>
      api.call("PUT /flows/{flow}/paused", { path: { flow }, body: { user, paused }, headers: showing(token) }),
    async rotateToken(flow, { user, token }) {
      const request = { path: { flow }, body: { user }, headers: showing(token) };
      return (await api.call("POST /flows/{flow}/token", request)).token;
    },
    triggerRun: (flow, request) =>
      api.call("POST /flows/{flow}/runs", {
        path: { flow },
        body: { name: randomUUID(), ...request, engine: "service" },
      }),
    async stopRun({ flow, run }, { user, token }) {
      const request = { path: { flow, run }, body: { user }, headers: showing(token) };
      return (await api.call("POST /flows/{flow}/runs/{run}/stop", request)).stopped;
    },
    runs: runReader(api),
    own: ownRuns(api),
    readBlob: (hash) => readBlob(api, hash),
    prepare: () => api.prepare(),
  };
}

/** A production token goes where an attempt's does. */
function showing(token: string | undefined): Record<string, string> {
  return token === undefined ? {} : { [TASK_TOKEN_HEADER]: token };
}

function runReader(api: ApiClient): RunReader {
  const listAttempts = async ({ flow, run }: RunKey, { step, index }: { step: string; index: string }) =>
    (
      await unlessUnknown(
        api.call("GET /flows/{flow}/runs/{run}/tasks/{step}/{index}/attempts", { path: { flow, run, step, index } }),
      )
    )?.items ?? [];
  return {
    readRun: ({ flow, run }) => unlessUnknown(api.call("GET /flows/{flow}/runs/{run}", { path: { flow, run } })),
    listRuns: ({ flow, ...query }) =>
      flow === undefined
        ? api.call("GET /runs", { query })
        : api.call("GET /flows/{flow}/runs", { path: { flow }, query }),
    listFlows: (query) => api.call("GET /flows", { query }),
    async listSteps({ flow, run }) {
      return (await api.call("GET /flows/{flow}/runs/{run}/steps", { path: { flow, run } })).items;
    },
    listTasks: ({ flow, run }, step, query = {}) =>
      api.call("GET /flows/{flow}/runs/{run}/steps/{step}/tasks", { path: { flow, run, step }, query }),
    readTasks: (run, tasks) => Promise.all(tasks.map(async (task) => (await listAttempts(run, task)).at(-1))),
    listAttempts,
  };
}

const UNKNOWN = new Set(["run.unknown", "flow.unknown", "flow.notDeployed", "task.unknown", "step.unknown"]);

async function unlessUnknown<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof MillraceError && UNKNOWN.has(error.code)) return undefined;
    throw error;
  }
}

function readBlob(api: ApiClient, hash: string): Uint8Array {
  const body = { reads: [hash], writes: [] };
  const [signed] = fetchSync([api.signed("POST /artifacts/sign", { body })]);
  const text = Buffer.from(signed!.body).toString("utf8");
  const url = signed!.status === 200 ? (JSON.parse(text) as SignResponse).reads[hash] : undefined;
  if (url === undefined)
    throw new MillraceError(
      "blob.unreadable",
      `the account gives no way to the blob ${hash} (status ${signed!.status})`,
    );
  const [response] = fetchSync([{ url }]);
  if (response!.status !== 200)
    throw new MillraceError("blob.missing", `the blob ${hash} could not be read: status ${response!.status}`);
  checkRead(hash, response!.body);
  return response!.body;
}
