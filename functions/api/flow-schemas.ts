import { z } from "zod";
import type { Graph, JsonObject } from "../../graph/graph.ts";
import { countSchema, flowName, graph, hash, optional, tags, text, time, user } from "./schemas.ts";

export const registerFlowRequest = z.strictObject({
  /** Its name is the path's `{flow}`. */
  graph,
  /** Stored before. The package exports one flow by the graph's name: that is the one that runs. */
  codePackage: hash,
  user,
  /** The production token, where another person deployed the flow before. */
  token: optional(text(200)),
  /** Of every run that the deployed flow makes, besides those asked for with the run. */
  tags,
});
export type RegisterFlowRequest = z.infer<typeof registerFlowRequest>;

const timedStart = z.strictObject({
  /** EventBridge Scheduler's own: `cron(…)`, `rate(…)` or `at(…)`. */
  expression: text(10_000),
  timezone: text(50),
  startAt: optional(text(40)),
  endAt: optional(text(40)),
  /** A run may start so much later. */
  jitterMinutes: optional(countSchema),
  /** Parameters of the runs that it starts. */
  input: optional(z.record(z.string(), z.unknown()) as unknown as z.ZodType<JsonObject>),
});

export const flowDescription = z.strictObject({
  flow: flowName,
  /** From 1, one more with each deployment. */
  version: z.int().min(1),
  /** `production:FLOW-N-xxxx`. */
  namespace: text(200),
  stateMachineArn: text(2048),
  codePackage: hash,
  user,
  tags,
  /** What starts it by itself. */
  schedules: z.array(timedStart),
  /** Its schedules start nothing for now. */
  paused: optional(z.literal(true)),
  deployedAt: time,
  parameters: z.record(z.string(), z.unknown()) as unknown as z.ZodType<Graph["parameters"]>,
});
export type FlowDescription = z.infer<typeof flowDescription>;

export const registerFlowResponse = z.strictObject({
  ...flowDescription.shape,
  /** Whether this is the first deployment since the flow was not there. */
  created: z.boolean(),
  /** What another person must have to deploy this flow. Told once, when it is made: only its digest is kept. */
  token: optional(text(200)),
});
export type RegisterFlowResponse = z.infer<typeof registerFlowResponse>;

/** One for every step, but for those that have their own. */
const stepResource = z.strictObject({ default: z.string(), steps: optional(z.record(z.string(), z.string())) });
/**
 * What the flow's machine calls, by names and ARNs. Where an engine of one's own has the executions within an execution and
 * the answers of a Map's children, nobody is called.
 */
export const defineJobsResponse = z.strictObject({
  queues: z.strictObject({
    onDemand: z.string(),
    spot: optional(z.string()),
    ec2: optional(z.string()),
    gpu: optional(z.string()),
  }),
  jobDefinition: stepResource,
  /** A version of the caller's own function, where steps are on Lambda. */
  runner: optional(stepResource),
  bookkeeping: z.string(),
  /** What its jobs are tagged with. */
  tags: optional(z.record(z.string(), z.string())),
  table: z.string(),
  bucket: z.string(),
  /** How long a job may wait for a machine before its step has failed. */
  waitSeconds: optional(countSchema),
  /** Nothing is carried out here for a run of the caller's own: every step stays on the caller's machine, whatever it says. */
  stepsStay: optional(z.literal(true)),
});
export type DefineJobsResponse = z.infer<typeof defineJobsResponse>;
