import { flow } from "millrace";
import { z } from "zod";
import type { GraphNode, StepNode, StepOptions } from "../../graph/graph.ts";
import type { AnyFlow } from "../../sdk/language/language.ts";
import type { Fixture } from "../../statemachines/fixtures.ts";

/** A foreach or a loop around a node; of a loop, how many rounds it goes. */
type Around = { readonly foreach: string } | { readonly loop: string; readonly rounds: number };

type Seen = Readonly<Record<string, unknown>> & { readonly trace: readonly string[] };

interface Where {
  readonly index: readonly number[];
}

/** The builder as it is when nobody minds its types: the graphs come as data. */
interface Builder {
  step(name: string, options: StepOptions, handler: (seen: Seen, where: Where) => object): Builder;
  foreach(over: string, options: object, body: (builder: Builder) => Builder): Join;
  branch(bodies: Readonly<Record<string, (builder: Builder) => Builder>>): Join;
  switch(
    on: string,
    cases: Readonly<Record<string, (builder: Builder) => Builder>>,
    otherwise?: (builder: Builder) => Builder,
  ): Builder;
  loop(options: { while: string; max: number }, body: (builder: Builder) => Builder): Builder;
}
interface Join {
  join(
    name: string,
    options: StepOptions,
    handler: (branches: Iterable<Seen> | Record<string, Seen>, seen: Seen, where: Where) => object,
  ): Builder;
}

/**
 * A flow with the fixture's graph that takes the fixture's course: lists and cases are parameters, loops count their
 * rounds. Each task adds itself to the artifact `trace`, after all that it has got to see.
 */
export function comparedFlow({ graph, course }: Fixture): AnyFlow {
  const { widths = {}, rounds = {}, cases = {} } = course;
  const params: Record<string, z.ZodType> = { trace: z.array(z.string()).default([]) };

  const step = (node: StepNode, around: readonly Around[]) => (seen: Seen, where: Where) =>
    leave({ node, around }, seen, { ...where, joined: [] });
  const join =
    (node: StepNode, around: readonly Around[]) =>
    (branches: Iterable<Seen> | Record<string, Seen>, seen: Seen, where: Where) => {
      const all = Symbol.iterator in branches ? [...(branches as Iterable<Seen>)] : Object.values(branches);
      const traces = all.map(({ trace }) => trace.slice(seen.trace.length).join(" "));
      return leave({ node, around }, seen, { ...where, joined: [`[${traces.join(", ")}]`] });
    };

  const addAll = (nodes: readonly GraphNode[], around: readonly Around[]) => (builder: Builder) =>
    nodes.reduce((built, node) => add(node, around, built), builder);
  const add = (node: GraphNode, around: readonly Around[], to: Builder): Builder => {
    switch (node.type) {
      case "step":
        return to.step(node.name, node.options, step(node, around));
      case "foreach": {
        const { over, as, concurrency, join: joined } = node;
        const width = widths[joined.name] ?? 1;
        params[over] = z.array(z.number()).default(Array.from({ length: width }, (_, i) => 10 * i));
        const options = { as, ...(concurrency !== undefined && { concurrency }) };
        return to
          .foreach(over, options, addAll(node.body, [...around, { foreach: as }]))
          .join(joined.name, joined.options, join(joined, around));
      }
      case "branch":
        return to
          .branch(Object.fromEntries(node.branches.map(({ name, body }) => [name, addAll(body, around)])))
          .join(node.join.name, node.join.options, join(node.join, around));
      case "switch":
        params[node.on] = z.string().default(cases[node.id] ?? "none of them");
        return to.switch(
          node.on,
          Object.fromEntries(node.cases.map(({ value, body }) => [value, addAll(body, around)])),
          node.otherwise && addAll(node.otherwise, around),
        );
      case "loop":
        return to.loop(
          { while: node.while, max: node.max },
          addAll(node.body, [...around, { loop: node.while, rounds: rounds[node.id] ?? 1 }]),
        );
    }
  };
  // The parameters are known once the graph has been walked; a flow wants them first.
  addAll(graph.body, [])(forgetful);
  return addAll(graph.body, [])(flow(graph.name, { params }) as unknown as Builder) as unknown as AnyFlow;
}

function leave(
  { node: { name }, around }: { readonly node: StepNode; readonly around: readonly Around[] },
  seen: Seen,
  { index, joined }: Where & { readonly joined: readonly string[] },
): object {
  const items = around.flatMap((one) => ("foreach" in one ? [`${one.foreach}=${String(seen[one.foreach])}`] : []));
  const loops = around.flatMap((one, depth) =>
    "loop" in one ? [[one.loop, index[depth]! + 1 < one.rounds] as const] : [],
  );
  const trace = [...seen.trace, ...joined, [`${name}/${index.join(".")}`, ...items].join(" ")];
  // Too much to ride inline.
  const bulk = joined.length > 0 && {
    bulk: Float64Array.from({ length: 2_000 }, (_, i) => Math.sin(i + trace.length)),
  };
  return { trace, ...bulk, ...Object.fromEntries(loops) };
}

const forgetful: Builder = {
  step: () => forgetful,
  foreach: (_over, _options, body) => (body(forgetful), forgetfulJoin),
  branch: (bodies) => (Object.values(bodies).forEach((body) => body(forgetful)), forgetfulJoin),
  switch: (_on, cases, otherwise) => (
    [...Object.values(cases), ...(otherwise ? [otherwise] : [])].forEach((body) => body(forgetful)),
    forgetful
  ),
  loop: (_options, body) => body(forgetful),
};
const forgetfulJoin: Join = { join: () => forgetful };
