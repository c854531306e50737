/** What a flow's module needs: it is bundled into every code package, so it stays small. */
export { MillraceError } from "./errors.ts";
export type { Where } from "./errors.ts";
export { flow } from "./flow/flow.ts";
export type { Failure } from "./flow/artifacts.ts";
export type { Branches, Context, Handler, JoinHandler } from "./flow/context.ts";
export type {
  AnyFlow,
  ArtifactsOf,
  Flow,
  FlowOptions,
  ForeachOptions,
  ParametersOf,
  Split,
  StepsOf,
} from "./flow/language.ts";
export type { Compute, Graph, RetryOptions, StepOptions } from "./graph/graph.ts";
