import { z } from "zod";
import type { Json } from "../../graph/graph.ts";
import type { Attempt, Run, RunSummary, StepCount } from "../../store/ledger/ledger.ts";
import {
  controls,
  controlValueSchema,
  countSchema,
  cursor,
  endStatus,
  flowName,
  graph,
  hash,
  limit,
  log,
  manifest,
  nodeNameSchema,
  optional,
  owner,
  status,
  stepName,
  tags,
  taskErrorSchema,
  taskIndexSchema,
  text,
  time,
  user,
} from "./schemas.ts";

const json = z.json() as unknown as z.ZodType<Json>;

/**
 * Starts an execution of the deployed flow. `parameters` are JSON; they are checked against the JSON Schemas that were
 * registered, which also give the defaults, and stored as given: what a validator makes of them beyond that (a date
 * of a text) is made in the tasks (StartedTask.settleParameters).
 */
const triggerRun = z.strictObject({
  engine: z.literal("service"),
  parameters: z.record(z.string().max(200), json),
  tags,
  user,
  /** Asking again with the same name answers the run that was made the first time. */
  name: optional(z.string().regex(/^[A-Za-z0-9_-]{1,80}$/)),
});
export type TriggerRun = z.infer<typeof triggerRun>;

/** Records a run that the caller's own engine carries out: no execution is started, and the caller says how it ends. */
const ownRun = z.strictObject({
  engine: z.literal("client"),
  graph,
  codePackage: hash,
  /** Checked and packed by the caller, its blobs stored. */
  parameters: manifest,
  controls,
  tags,
  user,
  owner,
});
export type OwnRun = z.infer<typeof ownRun>;

export const createRunRequest = z.union([triggerRun, ownRun]);

export const finishRunRequest = z.strictObject({ status: endStatus, error: optional(taskErrorSchema) });
export type FinishRunRequest = z.infer<typeof finishRunRequest>;

/** What a state machine asks of the bookkeeping function; the run is the path's. */
export const answerMachineRequest = z.discriminatedUnion("action", [
  z.strictObject({ action: z.literal("control"), node: nodeNameSchema, index: taskIndexSchema }),
  z.strictObject({
    action: z.literal("recordFailure"),
    step: stepName,
    index: taskIndexSchema,
    width: optional(z.int().min(1).max(10_000)),
    offset: optional(countSchema),
    error: z.strictObject({ name: z.string().max(200), message: z.string().max(65_536) }),
  }),
]);
export type AnswerMachineRequest = z.infer<typeof answerMachineRequest>;

/** Of a foreach without the pages of its items, which the machine has no use for. Absent where none was written. */
export const controlResponse = z.strictObject({ value: optional(controlValueSchema) });

/** Of findRuns and listRuns. */
export const runQuery = z.strictObject({
  namespace: optional(text(200)),
  tag: optional(text(128)),
  status: optional(status),
  limit,
  cursor,
});

const summary = {
  flow: flowName,
  run: z.int().min(1),
  namespace: text(200),
  user: text(200),
  principals: optional(
    z.strictObject({ made: optional(text(2048)), stopped: optional(text(2048)), tagged: optional(text(2048)) }),
  ),
  tags: z.array(z.string()),
  createdAt: time,
  codePackage: hash,
  graph: hash,
  owner: optional(owner),
  status,
  finishedAt: optional(time),
  error: optional(taskErrorSchema),
  heartbeatAt: time,
};
export const run: z.ZodType<Run> = z.strictObject({ ...summary, parameters: manifest });
/** The answer of createRun. A caller who carries the run out gets its secret, here alone: with it the run's tasks are begun. */
export const createdRun: z.ZodType<Run & { readonly secret?: string }> = z.strictObject({
  ...summary,
  parameters: manifest,
  secret: optional(text(100)),
});
export const runSummary: z.ZodType<RunSummary> = z.strictObject(summary);

export const stepCount: z.ZodType<StepCount> = z.strictObject({
  step: stepName,
  running: countSchema,
  succeeded: countSchema,
  failed: countSchema,
  stopped: countSchema,
  startedAt: time,
  finishedAt: optional(time),
});
export const attempt: z.ZodType<Attempt> = z.strictObject({
  step: stepName,
  index: taskIndexSchema,
  attempt: z.int().min(1),
  status,
  by: z.string(),
  startedAt: time,
  heartbeatAt: optional(time),
  finishedAt: optional(time),
  error: optional(taskErrorSchema),
  caught: optional(z.boolean()),
  manifest: optional(manifest),
  log: optional(log),
});
