import * as fc from "fast-check";
import type { Graph, GraphNode, StepNode, StepOptions } from "../graph/graph.ts";
import { branch, foreach, graph, loop, step, switchOn } from "./fixtures.ts";

/** Graphs of every node inside every other, four deep: for tests of properties. */
export const arbitraryGraph: fc.Arbitrary<Graph> = fc
  .letrec<{ body: Shape[]; node: Shape }>((tie) => ({
    body: fc.array(tie("node"), { minLength: 1, maxLength: 3, depthIdentifier: "body" }),
    node: fc.oneof(
      { maxDepth: 4, depthIdentifier: "body" },
      stepShape(),
      fc.record({
        type: fc.constant("foreach" as const),
        body: tie("body"),
        join: anyOptions(),
        concurrency: fc.option(fc.integer({ min: 1, max: 100 }), { nil: undefined }),
      }),
      fc.record({
        type: fc.constant("branch" as const),
        bodies: fc.array(tie("body"), { minLength: 1, maxLength: 3 }),
        join: anyOptions(),
      }),
      fc.record({
        type: fc.constant("switch" as const),
        cases: fc.uniqueArray(
          fc.record({
            value: fc.constantFrom("a", "b", "otherwise", ""),
            body: mayBeEmpty(tie("body")),
          }),
          { minLength: 1, maxLength: 3, selector: ({ value }) => value },
        ),
        otherwise: fc.option(mayBeEmpty(tie("body")), { nil: undefined }),
      }),
      // A loop begins with a step, as one whose body may run no step has no condition that could change.
      fc.record({
        type: fc.constant("loop" as const),
        first: stepShape(),
        body: mayBeEmpty(tie("body")),
      }),
    ),
  }))
  .body.map((shapes) => graph("Any", ...numbered(shapes)));

type Shape =
  | { readonly type: "step"; readonly options: StepOptions }
  | {
      readonly type: "foreach";
      readonly body: readonly Shape[];
      readonly join: StepOptions;
      readonly concurrency: number | undefined;
    }
  | {
      readonly type: "branch";
      readonly bodies: readonly (readonly Shape[])[];
      readonly join: StepOptions;
    }
  | {
      readonly type: "switch";
      readonly cases: readonly { readonly value: string; readonly body: readonly Shape[] }[];
      readonly otherwise: readonly Shape[] | undefined;
    }
  | { readonly type: "loop"; readonly first: Shape; readonly body: readonly Shape[] };

function stepShape(): fc.Arbitrary<Shape> {
  return fc.record({ type: fc.constant("step" as const), options: anyOptions() });
}

function anyOptions(): fc.Arbitrary<StepOptions> {
  return fc.record(
    {
      compute: fc.constantFrom("local" as const, "lambda" as const, "batch" as const),
      retry: fc.constantFrom(2, { attempts: 3, backoff: "2s", maxDelay: "1s", jitter: true }),
      timeout: fc.constantFrom("30s", "10m"),
      catch: fc.constant(true),
      memory: fc.constantFrom("512MiB", "9GiB"),
    },
    { requiredKeys: [] },
  );
}

function mayBeEmpty(body: fc.Arbitrary<Shape[]>): fc.Arbitrary<Shape[]> {
  return fc.oneof({ weight: 1, arbitrary: fc.constant<Shape[]>([]) }, { weight: 2, arbitrary: body });
}

function numbered(shapes: readonly Shape[]): GraphNode[] {
  let steps = 0;
  let switches = 0;
  let loops = 0;
  const named = (options: StepOptions): StepNode => step(`step${++steps}`, options);
  const nodes = (body: readonly Shape[]): GraphNode[] => body.map(node);
  const node = (shape: Shape): GraphNode => {
    switch (shape.type) {
      case "step":
        return named(shape.options);
      case "foreach":
        return foreach(named(shape.join), nodes(shape.body), shape.concurrency);
      case "branch":
        return branch(named(shape.join), shape.bodies.map(nodes));
      case "switch": {
        const number = ++switches;
        const cases = Object.fromEntries(shape.cases.map(({ value, body }) => [value, nodes(body)]));
        return switchOn(number, cases, shape.otherwise && nodes(shape.otherwise));
      }
      case "loop": {
        const number = ++loops;
        return loop(number, [node(shape.first), ...nodes(shape.body)]);
      }
    }
  };
  return nodes(shapes);
}
