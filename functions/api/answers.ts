import { z } from "zod";
import type { Graph } from "../../graph/graph.ts";
import type { Attempt, Run, StepCount } from "../../store/ledger/ledger.ts";
import type {
  BranchesPage,
  ControlResponse,
  DefineJobsResponse,
  FinishTaskResponse,
  FlowDescription,
  HeartbeatResponse,
  ListAttemptsResponse,
  ListFlowsResponse,
  ListRunsResponse,
  ListStepsResponse,
  ListTasksResponse,
  ReadBranchesResponse,
  RegisterFlowResponse,
  ROUTES,
  SignResponse,
  StartTaskResponse,
  StopRunResponse,
  StoreCodeResponse,
  TASK_ROUTES,
} from "./contract.ts";
import type { Upload } from "../../store/blobs/signer.ts";
import {
  controlValue,
  count,
  flowName,
  hash,
  log,
  manifest,
  owner,
  stepName,
  tags,
  taskError,
  taskIndex,
  text,
  user,
} from "./schemas.ts";

/** What is answered: contract.ts as zod sees it. The OpenAPI document is made of these, and tests hold answers to them. */

const time = z.int().min(0).describe("Milliseconds since the epoch");
const optional = z.exactOptional;
const page = <T extends z.ZodType>(item: T) => z.strictObject({ items: z.array(item), cursor: optional(z.string()) });

const upload: z.ZodType<Upload> = z.strictObject({ url: z.url(), headers: z.record(z.string(), z.string()) });
const storeCode: z.ZodType<StoreCodeResponse> = z.strictObject({ upload: optional(upload) });

const description = {
  flow: flowName,
  version: z.int().min(1),
  namespace: text(200),
  stateMachineArn: text(2048),
  codePackage: hash,
  user,
  tags,
  schedule: optional(text(256)),
  deployedAt: time,
  parameters: z.record(z.string(), z.unknown()) as unknown as z.ZodType<Graph["parameters"]>,
};
const flow: z.ZodType<FlowDescription> = z.strictObject(description);
const registered: z.ZodType<RegisterFlowResponse> = z.strictObject({
  ...description,
  created: z.boolean(),
  token: optional(text(200)),
});

const status = z.enum(["running", "succeeded", "failed", "stopped"]);
const summary = {
  flow: flowName,
  run: z.int().min(1),
  namespace: text(200),
  user: text(200),
  tags: z.array(z.string()),
  createdAt: time,
  codePackage: hash,
  graph: hash,
  owner: optional(owner),
  status,
  finishedAt: optional(time),
  error: optional(taskError),
  heartbeatAt: time,
};
const run: z.ZodType<Run> = z.strictObject({ ...summary, parameters: manifest });
const runs: z.ZodType<ListRunsResponse> = page(z.strictObject(summary));
const flows: z.ZodType<ListFlowsResponse> = page(z.strictObject({ flow: flowName, newest: z.strictObject(summary) }));

const stepCount: z.ZodType<StepCount> = z.strictObject({
  step: stepName,
  running: count,
  succeeded: count,
  failed: count,
  stopped: count,
  startedAt: time,
  finishedAt: optional(time),
});
const attempt: z.ZodType<Attempt> = z.strictObject({
  step: stepName,
  index: taskIndex,
  attempt: z.int().min(1),
  status,
  by: z.string(),
  startedAt: time,
  heartbeatAt: optional(time),
  finishedAt: optional(time),
  error: optional(taskError),
  caught: optional(z.boolean()),
  manifest: optional(manifest),
  log: optional(log),
});
const steps: z.ZodType<ListStepsResponse> = page(stepCount);
const tasks: z.ZodType<ListTasksResponse> = page(attempt);
const attempts: z.ZodType<ListAttemptsResponse> = page(attempt);

const perStep = z.strictObject({ default: z.string(), steps: optional(z.record(z.string(), z.string())) });
const jobs: z.ZodType<DefineJobsResponse> = z.strictObject({
  queues: z.strictObject({
    onDemand: z.string(),
    spot: optional(z.string()),
    ec2: optional(z.string()),
    gpu: optional(z.string()),
  }),
  jobDefinition: perStep,
  runner: perStep,
  bookkeeping: z.string(),
  table: z.string(),
  bucket: z.string(),
  waitSeconds: optional(count),
});
const control: z.ZodType<ControlResponse> = z.strictObject({ value: optional(controlValue) });

const signed: z.ZodType<SignResponse> = z.strictObject({
  reads: z.record(hash, z.url()),
  writes: z.record(hash, upload),
});
const reads = z.array(z.strictObject({ hash, grant: z.string(), url: optional(z.url()) }));
const branchesPage = { type: z.literal("foreach"), width: count, from: count, manifests: z.array(manifest) };
const branches: z.ZodType<ReadBranchesResponse> = z.strictObject({ ...branchesPage, reads });
const started: z.ZodType<StartTaskResponse> = z.union([
  z.strictObject({ state: z.literal("done"), control: optional(controlValue) }),
  z.strictObject({
    state: z.literal("started"),
    attempt: z.int().min(1),
    last: optional(z.boolean()),
    waitSeconds: optional(z.number().min(0)),
    token: z.string(),
    tags: z.array(z.string()),
    code: z.strictObject({ hash, url: z.url() }),
    parameters: manifest,
    settleParameters: optional(z.enum(["base", "context"])),
    base: manifest,
    items: manifest,
    branches: optional(
      z.discriminatedUnion("type", [
        z.strictObject({ type: z.literal("branch"), names: z.array(z.string()), manifests: z.array(manifest) }),
        z.strictObject(branchesPage) satisfies z.ZodType<BranchesPage>,
      ]),
    ),
    reads,
  }),
]);

const stopped: z.ZodType<StopRunResponse> = z.strictObject({ stopped: z.boolean() });
const alive: z.ZodType<HeartbeatResponse> = z.strictObject({ alive: z.boolean() });
const accepted: z.ZodType<FinishTaskResponse> = z.strictObject({ state: z.literal("accepted") });

/** By the route's name; undefined where the answer has no content. */
export const ANSWERS: Readonly<Record<keyof typeof ROUTES | keyof typeof TASK_ROUTES, z.ZodType | undefined>> = {
  storeCode,
  registerFlow: registered,
  readFlow: flow,
  removeFlow: undefined,
  listFlows: flows,
  createRun: run,
  findRuns: runs,
  listRuns: runs,
  readRun: run,
  changeRun: run,
  stopRun: stopped,
  finishRun: run,
  heartbeatRun: alive,
  defineJobs: jobs,
  readControl: control,
  keepBooks: control,
  listSteps: steps,
  listTasks: tasks,
  listAttempts: attempts,
  sign: signed,
  startTask: started,
  readBranches: branches,
  signForTask: signed,
  heartbeatTask: alive,
  finishTask: accepted,
};
