import type { StandardSchemaV1 } from "@standard-schema/spec";
import type { Graph } from "../../graph/graph.ts";
import type { StoredHandler } from "./draft.ts";
import type { AnyFlow } from "./language.ts";

/** What a flow is to the engine: its graph, and what of it cannot be data. */
export interface Definition {
  readonly graph: Graph;
  /** By the name of the step or join. */
  readonly handlers: ReadonlyMap<string, StoredHandler>;
  readonly parameters: Readonly<Record<string, StandardSchemaV1>>;
  /** The module that called `flow()`, as an absolute path. */
  readonly file: string | undefined;
  /**
   * Where the author wrote a step or join (by name), a switch or a loop (by id), as `path:line:column`; of several
   * that bear the name, the one at `occurrence`, from 0.
   */
  sourceOf(node: string, occurrence?: number): string | undefined;
}

/**
 * Holds a flow's definition. Registered, so that the program and a flow that was bundled with its own copy of this
 * package know each other's flows.
 */
export const DEFINE: unique symbol = Symbol.for("millrace.flow") as never;

/** A flow's other side, which its author does not see. */
interface Defined {
  readonly [DEFINE]: () => Definition;
}

/** Tells whether a value, such as a module's export, is a flow; a split without its join and a body's part are none. */
export function isFlow(value: unknown): value is AnyFlow {
  return typeof value === "object" && value !== null && typeof Reflect.get(value, DEFINE) === "function";
}

/** What the engine needs of a flow. Throws a TypeError for anything else: ask `isFlow` first of what a user gave. */
export function definitionOf(flow: AnyFlow): Definition {
  if (!isFlow(flow)) throw new TypeError("Not a flow");
  return (flow as unknown as Defined)[DEFINE]();
}
