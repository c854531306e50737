import { z } from "zod";
import {
  controls,
  controlValueSchema,
  countSchema,
  endStatus,
  hash,
  list,
  log,
  manifest,
  optional,
  stepName,
  taskErrorSchema,
  taskIndexSchema,
  text,
} from "./schemas.ts";

export const startTaskRequest = z.strictObject({
  step: stepName,
  index: taskIndexSchema,
  /** Who runs it, such as `JOB-ID#ATTEMPT`; the same again answers the same attempt. */
  by: text(200),
  /** What the run's machine gave it (statemachines/contract/start-proof.ts): without it nothing is begun. */
  proof: optional(z.string().max(64)),
});
export type StartTaskRequest = z.infer<typeof startTaskRequest>;

/** A blob that the attempt may read. Without a URL, or once that is no longer good, signForTask gives one for the grant. */
const readable = z.strictObject({ hash, grant: z.string(), url: optional(z.url()) });
export type Readable = z.infer<typeof readable>;
const reads = list(z.array(readable));
const manifests = list(z.array(manifest));

/** The branches of a foreach from `from` on; those after them are asked for by readBranches. */
const branchesPage = z.strictObject({ type: z.literal("foreach"), width: countSchema, from: countSchema, manifests });
export type BranchesPage = z.infer<typeof branchesPage>;

const startedTask = z.strictObject({
  state: z.literal("started"),
  attempt: z.int().min(1),
  /** Where a Batch job runs it: whether the step has no other try after this one. Interruptions cost none. */
  last: optional(z.boolean()),
  /** How long to wait before the step begins: what is left of the backoff before a retry. */
  waitSeconds: optional(z.number().min(0)),
  /** Speaks for this attempt alone, for as long as it is the task's newest. */
  token: z.string(),
  tags: list(z.array(z.string())),
  /** The flow is the one that the package exports by the run's flow's name. */
  code: z.strictObject({ hash, url: z.url() }),
  /** What the run began with. */
  parameters: manifest,
  /**
   * The run's parameters are as they were given: before a handler sees them, and wherever `base` has one of them still
   * (a reference that equals the parameter's), the flow's validators are applied.
   * `base` is those parameters alone where this is "base": then what the validators made is part of what the task leaves
   * (FinishTaskRequest.own), so that later steps have it in their `base`; elsewhere only context.parameters is concerned.
   */
  settleParameters: optional(z.enum(["base", "context"])),
  base: manifest,
  items: manifest,
  branches: optional(
    z.discriminatedUnion("type", [
      z.strictObject({ type: z.literal("branch"), names: list(z.array(z.string())), manifests }),
      branchesPage,
    ]),
  ),
  /** What it may read of what is named in parameters, base, items and branches. */
  reads,
});
export type StartedTask = z.infer<typeof startedTask>;

/**
 * `done`: it had finished before and is not run again. `control` is what the state machine asks next, which the function of a
 * step whose compute is "lambda" answers.
 */
export const startTaskResponse = z.union([
  z.strictObject({ state: z.literal("done"), control: optional(controlValueSchema) }),
  startedTask,
]);
export type StartTaskResponse = z.infer<typeof startTaskResponse>;

export const readBranchesRequest = z.strictObject({ from: countSchema });
export type ReadBranchesRequest = z.infer<typeof readBranchesRequest>;
export const readBranchesResponse = z.strictObject({ ...branchesPage.shape, reads });
export type ReadBranchesResponse = z.infer<typeof readBranchesResponse>;

/**
 * How the attempt comes by a blob that it leaves: the grant that it was given with it, or the MD5 (in hexadecimal) of its
 * bytes, which only who has these can tell.
 */
const leftBlob = z.strictObject({
  hash,
  grant: optional(text(64)),
  md5: optional(z.string().regex(/^[0-9a-f]{32}$/)),
});
export type LeftBlob = z.infer<typeof leftBlob>;

export const finishTaskRequest = z.strictObject({
  status: endStatus,
  /** As StartedTask.base was, where `own` is there. */
  base: optional(manifest),
  /** What comes on top of it: where the task succeeded, or failed and was caught. Its blobs are stored before. */
  own: optional(manifest),
  controls: optional(controls),
  /** Of each blob that `own` and `controls` name. */
  blobs: optional(list(z.array(leftBlob))),
  caught: optional(z.literal(true)),
  error: optional(taskErrorSchema),
  log: optional(log),
});
export type FinishTaskRequest = z.infer<typeof finishTaskRequest>;
/** One that the ledger refuses (late, superseded, over) is the problem `attempt.refused`, 409. */
export const finishTaskResponse = z.strictObject({ state: z.literal("accepted") });
