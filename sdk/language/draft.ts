import type { ForeachNode, Graph, GraphNode, LoopNode, StepNode, StepOptions } from "../../graph/graph.ts";
import type { CallSite } from "./source.ts";

/** A handler as the engine calls it: `(artifacts, context)`, or a join's `(branches, artifacts, context)`. */
export type StoredHandler = (...inputs: unknown[]) => unknown;

/**
 * What the builder makes of one call: a node of the graph with its handler and place, its bodies still drafts. Each
 * points at the one before it, so that a flow of a thousand steps shares all of them with its prefixes.
 */
interface Link {
  readonly before: Draft;
  readonly node: DraftNode;
}
export type Draft = Link | undefined;

export type DraftNode = DraftStep | DraftForeach | DraftBranch | DraftSwitch | DraftLoop;

export interface DraftStep {
  readonly type: "step";
  readonly name: string;
  readonly options: StepOptions;
  readonly handler: StoredHandler;
  readonly site: CallSite;
}
interface DraftForeach extends Pick<ForeachNode, "type" | "over" | "as" | "concurrency"> {
  readonly body: Draft;
  readonly join: DraftStep;
}
interface DraftBranch {
  readonly type: "branch";
  readonly branches: readonly { readonly name: string; readonly body: Draft }[];
  readonly join: DraftStep;
}
interface DraftSwitch {
  readonly type: "switch";
  readonly on: string;
  readonly cases: readonly { readonly value: string; readonly body: Draft }[];
  readonly otherwise: { readonly body: Draft } | undefined;
  readonly site: CallSite;
}
interface DraftLoop extends Pick<LoopNode, "type" | "while" | "max"> {
  readonly body: Draft;
  readonly site: CallSite;
}

/** A draft read to its end: the graph's body, and what of the steps is not data. */
export interface Assembled {
  readonly body: Graph["body"];
  /** The handler of each step and join; of two steps with one name, the first's. */
  readonly handlers: ReadonlyMap<string, StoredHandler>;
  /** Where each step, join, switch and loop was written, by name or id; as many places as declarations. */
  readonly sites: ReadonlyMap<string, readonly CallSite[]>;
}

/** Turns a draft into the graph's body, numbering switches and loops in the order of the text. */
export function assemble(draft: Draft): Assembled {
  const handlers = new Map<string, StoredHandler>();
  const sites = new Map<string, CallSite[]>();
  const counts = { switch: 0, loop: 0 };

  const place = (name: string, site: CallSite) => {
    const known = sites.get(name);
    if (known) known.push(site);
    else sites.set(name, [site]);
  };
  const step = ({ name, options, handler, site }: DraftStep): StepNode => {
    if (!handlers.has(name)) handlers.set(name, handler);
    place(name, site);
    return { type: "step", name, options };
  };
  const body = (last: Draft): GraphNode[] => inOrder(last).map(node);
  const node = (drafted: DraftNode): GraphNode => {
    switch (drafted.type) {
      case "step":
        return step(drafted);
      case "foreach": {
        const { over, as, concurrency } = drafted;
        const limit = concurrency === undefined ? {} : { concurrency };
        return {
          type: "foreach",
          over,
          as,
          ...limit,
          body: body(drafted.body),
          join: step(drafted.join),
        };
      }
      case "branch": {
        const branches = drafted.branches.map((branch) => ({
          name: branch.name,
          body: body(branch.body),
        }));
        return { type: "branch", branches, join: step(drafted.join) };
      }
      case "switch": {
        const id = `switch.${++counts.switch}`;
        place(id, drafted.site);
        const cases = drafted.cases.map((one) => ({ value: one.value, body: body(one.body) }));
        const otherwise = drafted.otherwise && { otherwise: body(drafted.otherwise.body) };
        return { type: "switch", id, on: drafted.on, cases, ...otherwise };
      }
      case "loop": {
        const id = `loop.${++counts.loop}`;
        place(id, drafted.site);
        return {
          type: "loop",
          id,
          while: drafted.while,
          max: drafted.max,
          body: body(drafted.body),
        };
      }
    }
  };
  return { body: body(draft), handlers, sites };
}

function inOrder(last: Draft): DraftNode[] {
  const nodes: DraftNode[] = [];
  for (let link = last; link; link = link.before) nodes.push(link.node);
  return nodes.toReversed();
}
