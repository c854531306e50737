import type { Graph } from "../../graph/graph.ts";
import { controlName, lineageOf } from "../../graph/lineage.ts";
import { parseDuration } from "../../graph/units.ts";
import type { Course } from "./ways.ts";
import { LIMITS } from "../limits.ts";
import { DEFAULT_MINUTES, type Minutes } from "./plan.ts";

/** What a plan takes for granted because nobody said otherwise, and what it says that can't be. */
export interface Assumed {
  /** Foreachs (by their join) that are taken to be 1 wide, loops that go round once. */
  readonly widths: readonly string[];
  readonly rounds: readonly string[];
  /** Switches, with the case that they are taken to go. */
  readonly cases: Readonly<Record<string, string>>;
  /** Steps whose tasks are taken to last DEFAULT_MINUTES. */
  readonly minutes: readonly string[];
  /** Times that a step may not take. */
  readonly warnings: readonly string[];
}

export function assumedIn(graph: Graph, { widths = {}, rounds = {}, cases = {} }: Course, minutes: Minutes): Assumed {
  const { steps, controls } = lineageOf(graph);
  const nodes = Array.from(controls.values(), ({ node }) => node);
  const unset = (values: object) => (name: string) => !Object.hasOwn(values, name);
  return {
    widths: nodes.flatMap((node) => (node.type === "foreach" ? [controlName(node)] : [])).filter(unset(widths)),
    rounds: nodes.flatMap((node) => (node.type === "loop" ? [node.id] : [])).filter(unset(rounds)),
    cases: Object.fromEntries(
      nodes.flatMap((node) =>
        node.type === "switch" && unset(cases)(node.id)
          ? [[node.on, node.otherwise ? "otherwise" : node.cases.at(-1)!.value]]
          : [],
      ),
    ),
    minutes: minutes.default === DEFAULT_MINUTES ? [...steps.keys()].filter(unset(minutes.steps ?? {})) : [],
    warnings: Array.from(steps.values()).flatMap(({ node: { name, options } }) => {
      const taken = minutes.steps?.[name] ?? minutes.default;
      if (options.timeout !== undefined && taken * 60 > parseDuration(options.timeout))
        return [`${name}: its timeout of ${options.timeout} ends a task before ${taken} minutes`];
      if (options.compute === "lambda" && taken * 60 > LIMITS.lambdaSeconds)
        return [`${name}: a Lambda function runs 15 minutes at most, not ${taken}`];
      return [];
    }),
  };
}
