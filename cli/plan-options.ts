import { didYouMean } from "../graph/did-you-mean.ts";
import type { ErrorCode } from "../graph/error-codes.ts";
import { MillraceError } from "../graph/errors.ts";
import type { ForeachNode, Graph, LoopNode, SwitchNode } from "../graph/graph.ts";
import { controlName, lineageOf } from "../graph/lineage.ts";
import { DEFAULT_MINUTES, type Minutes } from "../statemachines/plan/plan.ts";
import { visit } from "../statemachines/plan/visits.ts";
import { waysOf, type Course } from "../statemachines/plan/ways.ts";

/** What `millrace plan` assumes of a run to be, as it was written: `NAME=VALUE` each. */
export interface Assumptions {
  readonly width?: readonly string[];
  readonly rounds?: readonly string[];
  readonly case?: readonly string[];
  readonly minutes?: readonly string[];
}

/**
 * Reads assumptions by the names that a flow's author knows. A foreach goes by its join, by a step in it (the innermost
 * foreach around that), by its list or its element; a loop by a step in it or by its condition; a switch by its artifact.
 *
 * @throws MillraceError `plan.unreadable`, `plan.notInForeach`, `plan.notInLoop`, `step.unknown`, `case.unknown`.
 */
export function readAssumptions(
  graph: Graph,
  written: Assumptions,
): { readonly course: Course; readonly minutes: Minutes } {
  const names = namesIn(graph);
  return {
    course: {
      widths: valuesOf(written.width, {
        flag: "--width",
        idsOf: (name) => foreachs(names, name).map(controlName),
        read: wholeNumber,
      }),
      rounds: valuesOf(written.rounds, {
        flag: "--rounds",
        idsOf: (name) => loops(names, name).map(controlName),
        read: wholeNumber,
      }),
      cases: valuesOf(written.case, {
        flag: "--case",
        idsOf: (name) => switches(names, name),
        read: (text) => text,
        check: (id, value) => checkCase(names, id, value),
      }),
    },
    minutes: readMinutes(names, written.minutes ?? []),
  };
}

interface Names {
  readonly graph: Graph;
  readonly steps: ReadonlyMap<string, readonly (ForeachNode | LoopNode)[]>;
  readonly foreachs: readonly ForeachNode[];
  readonly loops: readonly LoopNode[];
  readonly switches: readonly SwitchNode[];
}

function namesIn(graph: Graph): Names {
  const nodes = Array.from(lineageOf(graph).controls.values(), ({ node }) => node);
  return {
    graph,
    steps: new Map(Array.from(visit(graph, waysOf({})).steps, ([name, { within }]) => [name, within])),
    foreachs: nodes.filter((node) => node.type === "foreach"),
    loops: nodes.filter((node) => node.type === "loop"),
    switches: nodes.filter((node) => node.type === "switch"),
  };
}

function foreachs(names: Names, name: string): ForeachNode[] {
  const byName = names.foreachs.filter((node) => controlName(node) === name);
  const around = names.steps.get(name)?.findLast((node) => node.type === "foreach");
  const byList = names.foreachs.filter(({ over, as }) => over === name || as === name);
  const found = byName.length > 0 ? byName : around ? [around] : byList;
  if (found.length > 0) return found;
  const known = names.foreachs.flatMap((node) => [controlName(node), node.over]);
  throw names.steps.has(name)
    ? outside(names, name, {
        code: "plan.notInForeach",
        why: "is in no foreach, so it has no width",
        others: names.foreachs.map(controlName),
      })
    : unknown(names, name, [...names.steps.keys(), ...known]);
}

function loops(names: Names, name: string): LoopNode[] {
  const around = names.steps.get(name)?.findLast((node) => node.type === "loop");
  const found = around ? [around] : names.loops.filter((node) => node.while === name || node.id === name);
  if (found.length > 0) return found;
  const known = names.loops.map((node) => node.while);
  throw names.steps.has(name)
    ? outside(names, name, { code: "plan.notInLoop", why: "is in no loop, so it has no rounds", others: known })
    : unknown(names, name, [...names.steps.keys(), ...known]);
}

function switches(names: Names, name: string): string[] {
  const found = names.switches.filter(({ on, id }) => on === name || id === name);
  if (found.length === 0)
    throw unknown(
      names,
      name,
      names.switches.map(({ on }) => on),
    );
  return found.map(({ id }) => id);
}

function checkCase({ graph, switches: all }: Names, id: string, value: string): void {
  const { on, cases, otherwise } = all.find((node) => node.id === id)!;
  const values = [...cases.map((one) => one.value), ...(otherwise ? ["otherwise"] : [])];
  if (values.includes(value)) return;
  throw new MillraceError("case.unknown", `the switch has no case ${JSON.stringify(value)}`, {
    where: { flow: graph.name, artifact: on },
    hint: didYouMean(value, values) ?? `It has ${values.join(", ")}.`,
  });
}

function readMinutes({ graph, steps }: Names, texts: readonly string[]): Minutes {
  const byStep: Record<string, number> = {};
  let all: number = DEFAULT_MINUTES;
  for (const text of texts) {
    const [name, value] = text.includes("=") ? split(text, "--minutes") : [undefined, text];
    const minutes = Number(value);
    if (!/^\d+(\.\d+)?$/.test(value) || minutes === 0)
      throw unreadable("--minutes", text, "STEP=MINUTES, such as compute=2.5, or minutes alone for all steps");
    if (name === undefined) all = minutes;
    else if (steps.has(name)) byStep[name] = minutes;
    else throw unknown({ graph }, name, [...steps.keys()]);
  }
  return { default: all, steps: byStep };
}

interface FlagReader<T> {
  readonly flag: string;
  /** The nodes that go by a name. */
  readonly idsOf: (name: string) => readonly string[];
  readonly read: (text: string) => T | undefined;
  readonly check?: (id: string, value: T) => void;
}

function valuesOf<T>(texts: readonly string[] = [], { flag, idsOf, read, check }: FlagReader<T>): Record<string, T> {
  const values: Record<string, T> = {};
  for (const text of texts) {
    const [name, written] = split(text, flag);
    const value = read(written);
    if (value === undefined) throw unreadable(flag, text, "STEP=N with a whole number, such as compute=1000");
    for (const id of idsOf(name)) {
      check?.(id, value);
      values[id] = value;
    }
  }
  return values;
}

function split(text: string, flag: string): [name: string, value: string] {
  const at = text.indexOf("=");
  if (at <= 0) throw unreadable(flag, text, flag === "--case" ? "ARTIFACT=CASE" : "STEP=N, such as compute=1000");
  return [text.slice(0, at), text.slice(at + 1)];
}

function wholeNumber(text: string): number | undefined {
  return /^\d{1,8}$/.test(text) ? Number(text) : undefined;
}

function unreadable(flag: string, text: string, wanted: string): MillraceError {
  return new MillraceError("plan.unreadable", `${flag} ${text} can't be read`, { hint: `Write ${flag} ${wanted}.` });
}

function unknown({ graph }: Pick<Names, "graph">, name: string, known: readonly string[]): MillraceError {
  const there = [...new Set(known)];
  return new MillraceError("step.unknown", `the flow has nothing by the name ${name}`, {
    where: { flow: graph.name },
    hint: didYouMean(name, there) ?? (there.length > 0 ? `There are ${there.join(", ")}.` : "It has none."),
  });
}

function outside(
  { graph }: Names,
  step: string,
  { code, why, others }: { readonly code: ErrorCode; readonly why: string; readonly others: readonly string[] },
): MillraceError {
  return new MillraceError(code, `it ${why}`, {
    where: { flow: graph.name, step },
    hint: others.length > 0 ? `Name one of ${others.join(", ")}.` : "The flow has none.",
  });
}
