/** What a flow's module needs: it is bundled into every code package, so it stays small. */
export { MillraceError } from "../graph/errors.ts";
export type { Where } from "../graph/errors.ts";
export { flow } from "./language/flow.ts";
// An author who emits declarations needs a name for every type that a flow's own type is written with.
export type { Failure } from "./language/artifacts.ts";
export type { Branches, Context, Handler, JoinHandler } from "./language/context.ts";
export type {
  AnyFlow,
  ArtifactsOf,
  Flow,
  FlowOptions,
  ForeachOptions,
  ParametersOf,
  ParameterValues,
  Split,
  StepsOf,
} from "./language/language.ts";
export type { Compute, Graph, RetryOptions, StepOptions } from "../graph/graph.ts";
