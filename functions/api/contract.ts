import type { BlobSize, Upload } from "../../store/blobs/signer.ts";
import type { Graph, Json } from "../../graph/graph.ts";
import type { Manifest } from "../../store/artifacts/manifest.ts";
import type { Failure } from "../../tasks/bookkeeping.ts";
import type { Attempt, LogRange, Owner, Page, Run, RunQuery, StepCount } from "../../store/ledger/ledger.ts";
import type { Control, ControlValue } from "../../graph/control-value.ts";
import type { TaskError } from "../../graph/task-error.ts";
import type { TaskKey } from "../../graph/task-key.ts";

/**
 * The HTTP API: what is asked and answered, as types that clients and the task runtime import. schemas.ts checks the
 * same at the door. Every route wants AWS Signature Version 4 for the service `execute-api`; those below TASK_ROUTES
 * but for the first want the header TASK_TOKEN_HEADER besides. What goes wrong is answered as a problem (problem.ts).
 *
 * Everything is JSON. `{index}` and the other parts of a path are percent-encoded.
 */
export const ROUTES = {
  storeCode: "POST /code-packages",
  registerFlow: "PUT /flows/{flow}",
  readFlow: "GET /flows/{flow}",
  /** Query: user; another person's production token goes into TASK_TOKEN_HEADER, since URLs are logged. Answers 204. */
  removeFlow: "DELETE /flows/{flow}",
  listFlows: "GET /flows",
  /** Of all flows. */
  findRuns: "GET /runs",
  createRun: "POST /flows/{flow}/runs",
  listRuns: "GET /flows/{flow}/runs",
  readRun: "GET /flows/{flow}/runs/{run}",
  changeRun: "PATCH /flows/{flow}/runs/{run}",
  stopRun: "POST /flows/{flow}/runs/{run}/stop",
  finishRun: "POST /flows/{flow}/runs/{run}/finish",
  heartbeatRun: "POST /flows/{flow}/runs/{run}/heartbeat",
  defineJobs: "POST /flows/{flow}/jobs",
  readControl: "GET /flows/{flow}/runs/{run}/controls/{node}/{index}",
  keepBooks: "POST /flows/{flow}/runs/{run}/bookkeeping",
  listSteps: "GET /flows/{flow}/runs/{run}/steps",
  listTasks: "GET /flows/{flow}/runs/{run}/steps/{step}/tasks",
  listAttempts: "GET /flows/{flow}/runs/{run}/tasks/{step}/{index}/attempts",
  sign: "POST /artifacts/sign",
} as const;

/** What a task's own process calls; all that the role of its container may. */
export const TASK_ROUTES = {
  startTask: "POST /runs/{flow}/{run}/tasks/start",
  readBranches: "POST /runs/{flow}/{run}/tasks/branches",
  signForTask: "POST /runs/{flow}/{run}/tasks/sign",
  heartbeatTask: "POST /runs/{flow}/{run}/tasks/heartbeat",
  finishTask: "POST /runs/{flow}/{run}/tasks/finish",
} as const;

/** Carries the token of the attempt that speaks. */
export const TASK_TOKEN_HEADER = "millrace-token";

// ---- code packages and flows

/** A code package is a blob like any other: `hash` is the SHA-256 of its bytes, 64 hex digits. */
export interface StoreCodeRequest {
  readonly hash: string;
  /** At most 256 MiB. */
  readonly size: number;
}
export interface StoreCodeResponse {
  /** Absent where it is stored already. */
  readonly upload?: Upload;
}

export interface RegisterFlowRequest {
  /** Its name is the path's `{flow}`. */
  readonly graph: Graph;
  /** Stored before. The package exports one flow by the graph's name: that is the one that runs. */
  readonly codePackage: string;
  readonly user: string;
  /** The production token, where another person deployed the flow before. */
  readonly token?: string;
  /** Of every run that the deployed flow makes, besides those asked for with the run. */
  readonly tags: readonly string[];
}

export interface FlowDescription {
  readonly flow: string;
  /** From 1, one more with each deployment. */
  readonly version: number;
  /** `production:FLOW-N-xxxx`. */
  readonly namespace: string;
  readonly stateMachineArn: string;
  readonly codePackage: string;
  readonly user: string;
  readonly tags: readonly string[];
  /** The expression that starts it, where the flow has one. */
  readonly schedule?: string;
  /** Milliseconds since the epoch. */
  readonly deployedAt: number;
  readonly parameters: Graph["parameters"];
}

export interface RegisterFlowResponse extends FlowDescription {
  /** Whether this is the first deployment since the flow was not there. */
  readonly created: boolean;
  /** What another person must have to deploy this flow. Told once, when it is made: only its digest is kept. */
  readonly token?: string;
}

/** Newest run of each flow that has one. Query: namespace, limit, cursor. */
export type ListFlowsResponse = Page<{ readonly flow: string; readonly newest: RunSummary }>;

// ---- runs

/** A run without its parameters, of which there may be much. */
export type RunSummary = Omit<Run, "parameters">;

export type CreateRunRequest = TriggerRun | OwnRun;

/**
 * Starts an execution of the deployed flow. `parameters` are JSON; they are checked against the JSON Schemas that were
 * registered, which also give the defaults, and stored as given: what a validator makes of them beyond that (a date
 * of a text) is made in the tasks (StartedTask.settleParameters).
 */
export interface TriggerRun {
  readonly engine: "service";
  readonly parameters: Readonly<Record<string, Json>>;
  readonly tags: readonly string[];
  readonly user: string;
  /** Asking again with the same name answers the run that was made the first time: letters, digits, `_`, `-`, at most 80. */
  readonly name?: string;
}

/** Records a run that the caller's own engine carries out: no execution is started, and the caller says how it ends. */
export interface OwnRun {
  readonly engine: "client";
  readonly graph: Graph;
  readonly codePackage: string;
  /** Checked and packed by the caller, its blobs stored. */
  readonly parameters: Manifest;
  readonly controls: readonly Control[];
  readonly tags: readonly string[];
  readonly user: string;
  readonly owner: Owner;
}

/** Query of listRuns, whose flow is the path's, and of findRuns; of numbers their text. */
export type ListRunsQuery = Omit<RunQuery, "flow">;
export type ListRunsResponse = Page<RunSummary>;

export interface ChangeRunRequest {
  /** In place of those it had. */
  readonly tags: readonly string[];
}

export interface StopRunResponse {
  /** False where it had ended already. */
  readonly stopped: boolean;
}

/** For a run whose engine is the client. */
export interface FinishRunRequest {
  readonly status: "succeeded" | "failed" | "stopped";
  readonly error?: TaskError;
}

/** What follows is for engines on people's machines too: what an account's own state machines reach without the API. */
export interface DefineJobsRequest {
  /** Whose steps that run in the account shall have what they ask of their jobs. */
  readonly graph: Graph;
}
/**
 * What the flow's machine calls, by names and ARNs. Where an engine of one's own has the executions within an execution and
 * the answers of a Map's children, nobody is called.
 */
export interface DefineJobsResponse {
  readonly queues: { readonly onDemand: string; readonly spot?: string; readonly ec2?: string; readonly gpu?: string };
  readonly jobDefinition: StepResource;
  readonly runner: StepResource;
  readonly bookkeeping: string;
  readonly table: string;
  readonly bucket: string;
  /** How long a job may wait for a machine before its step has failed. */
  readonly waitSeconds?: number;
}
/** One for every step, but for those that have their own. */
interface StepResource {
  readonly default: string;
  readonly steps?: Readonly<Record<string, string>>;
}

/** What a state machine asks of the bookkeeping function; the run is the path's. */
export type KeepBooksRequest =
  | { readonly action: "control"; readonly node: string; readonly index: string }
  | (Failure & { readonly action: "recordFailure" });

/** Of a foreach without the pages of its items, which the machine has no use for. Absent where none was written. */
export interface ControlResponse {
  readonly value?: ControlValue;
}

export interface HeartbeatResponse {
  /** False where it is over: who hears that stops. */
  readonly alive: boolean;
}

export type ListStepsResponse = Page<StepCount>;
/** Query of listTasks: under, limit, cursor. A page may have fewer than asked for, so that it stays under 4 MiB. */
export type ListTasksResponse = Page<Attempt>;
export type ListAttemptsResponse = Page<Attempt>;

/** For readers and for engines on people's machines; at most 200 in all. */
export interface SignRequest {
  readonly reads: readonly string[];
  readonly writes: readonly BlobSize[];
}
/** URLs are good for an hour at most; one that is refused is asked for again. */
export interface SignResponse {
  /** By hash. */
  readonly reads: Readonly<Record<string, string>>;
  /** By hash; without those that are stored already. */
  readonly writes: Readonly<Record<string, Upload>>;
}

// ---- tasks

export interface StartTaskRequest extends TaskKey {
  /** Who runs it, such as `JOB-ID#ATTEMPT`; the same again answers the same attempt. */
  readonly by: string;
}

/**
 * `done`: it had finished before and is not run again. `control` is what the state machine asks next, which the function of a
 * step whose compute is "lambda" answers.
 */
export type StartTaskResponse = { readonly state: "done"; readonly control?: ControlValue } | StartedTask;

export interface StartedTask {
  readonly state: "started";
  readonly attempt: number;
  /** Where a Batch job runs it: whether the step has no other try after this one. Interruptions cost none. */
  readonly last?: boolean;
  /** How long to wait before the step begins: what is left of the backoff before a retry. */
  readonly waitSeconds?: number;
  /** Speaks for this attempt alone, for as long as it is the task's newest. */
  readonly token: string;
  readonly tags: readonly string[];
  /** The flow is the one that the package exports by the run's flow's name. */
  readonly code: { readonly hash: string; readonly url: string };
  /** What the run began with. */
  readonly parameters: Manifest;
  /**
   * The run's parameters are as they were given: before a handler sees them, and wherever `base` has one of them still
   * (a reference that equals the parameter's), the flow's validators are applied.
   * `base` is those parameters alone where this is "base": then what the validators made is part of what the task leaves
   * (FinishTaskRequest.own), so that later steps have it in their `base`; elsewhere only context.parameters is concerned.
   */
  readonly settleParameters?: "base" | "context";
  readonly base: Manifest;
  readonly items: Manifest;
  readonly branches?:
    | { readonly type: "branch"; readonly names: readonly string[]; readonly manifests: readonly Manifest[] }
    | BranchesPage;
  /** What it may read of what is named in parameters, base, items and branches. */
  readonly reads: readonly Readable[];
}

/** The branches of a foreach from `from` on; those after them are asked for by readBranches. */
export interface BranchesPage {
  readonly type: "foreach";
  readonly width: number;
  readonly from: number;
  readonly manifests: readonly Manifest[];
}
export interface ReadBranchesRequest {
  readonly from: number;
}
export interface ReadBranchesResponse extends BranchesPage {
  readonly reads: readonly Readable[];
}

/** A blob that the attempt may read. Without a URL, or once that is no longer good, signForTask gives one for the grant. */
export interface Readable {
  readonly hash: string;
  readonly grant: string;
  readonly url?: string;
}

/** At most 200 in all. */
export interface SignForTaskRequest {
  readonly reads: readonly { readonly hash: string; readonly grant: string }[];
  readonly writes: readonly BlobSize[];
}

export interface FinishTaskRequest {
  readonly status: "succeeded" | "failed" | "stopped";
  /** As StartedTask.base was, where `own` is there. */
  readonly base?: Manifest;
  /** What comes on top of it: where the task succeeded, or failed and was caught. Its blobs are stored before. */
  readonly own?: Manifest;
  readonly controls?: readonly Control[];
  readonly caught?: true;
  readonly error?: TaskError;
  readonly log?: LogRange;
}
/** One that the ledger refuses (late, superseded, over) is the problem `attempt.refused`, 409. */
export interface FinishTaskResponse {
  readonly state: "accepted";
}
