import type { Graph, GraphNode, StepNode } from "./graph.ts";
import { checkOptions } from "./check-options.ts";
import type { ErrorCode } from "./error-codes.ts";
import { checkSchedules } from "./check-schedule.ts";
import { isFlowName } from "./flow-name.ts";
import { flagOf, RUN_FLAGS } from "./flags.ts";
import { mistakesError, quote } from "./mistake.ts";
import type { Mistake } from "./mistake.ts";
import { MAX_NESTING, tooDeepNode } from "./nesting.ts";
import { mayRunNothing, nodeName } from "./walk.ts";

/** Where a step or join (by name), a switch or a loop (by id) was written; `occurrence` counts those of one name. */
export type SourceOf = (node: string, occurrence?: number) => string | undefined;

/** Rounds of one loop: each costs transitions, of which an execution has room for 25,000 events without end. */
const MAX_ROUNDS = 100_000;

type Note = (code: ErrorCode, message: string, hint: string) => void;

/** Notes mistakes at a step (or a switch's or loop's id); at the flow itself without one. */
type NoteAt = (step?: string, occurrence?: number) => Note;

/**
 * Finds every mistake in a graph that the types of the flow language cannot: all of them, so that they are fixed in
 * one go. An empty list means that the graph can be compiled.
 */
export function checkGraph(graph: Graph, sourceOf?: SourceOf): Mistake[] {
  const mistakes: Mistake[] = [];
  const noteAt: NoteAt = (step, occurrence) => (code, message, hint) => {
    const source = step === undefined ? undefined : sourceOf?.(step, occurrence);
    mistakes.push({ code, message, where: { flow: graph.name, step, source }, hint });
  };
  const note = noteAt();
  checkName(graph.name, "the flow's name", note);
  if (typeof graph.name === "string" && !isFlowName(graph.name))
    note(
      "graph.name",
      `the flow's name, ${quote(graph.name)}, cannot be a name`,
      "Use no __ in it and no _ at its end.",
    );
  checkParameters(graph, mistakes);
  checkSchedules(graph, note);
  if (graph.body.length === 0) {
    note("graph.empty", "the flow has no step", 'Add one: .step("start", (artifacts) => ({ … })).');
  }
  const deep = tooDeepNode(graph.body);
  if (deep) {
    const message = `it is nested too deep: foreachs, branches, switches and loops go ${MAX_NESTING} deep at most, the step counted`;
    const hint = "Put what the innermost ones do into one step, or into another flow that a step starts.";
    noteAt(nodeName(deep))("graph.tooDeep", message, hint);
    return mistakes;
  }
  const declared = new Map<string, number>();
  checkBody(graph.body, {
    noteAt,
    step(node) {
      const occurrence = declared.get(node.name) ?? 0;
      const noteHere = noteAt(node.name, occurrence);
      declared.set(node.name, occurrence + 1);
      if (occurrence > 0) {
        const first = sourceOf?.(node.name);
        const message = `step ${quote(node.name)} is declared twice${first ? `, first at ${first}` : ""}`;
        noteHere("graph.duplicate", message, "Give each step and join a name of its own.");
      }
      checkName(node.name, "the step's name", noteHere);
      checkOptions(node.options, noteHere);
    },
  });
  return mistakes;
}

/**
 * Throws one MillraceError, `graph.invalid`, that lists all the mistakes of a graph, each with its place and hint;
 * its `cause` is what `checkGraph` found.
 */
export function assertGraph(graph: Graph, sourceOf?: SourceOf): void {
  const mistakes = checkGraph(graph, sourceOf);
  if (mistakes.length > 0) throw mistakesError("graph.invalid", mistakes);
}

interface Checks {
  readonly noteAt: NoteAt;
  step(node: StepNode): void;
}

function checkBody(body: readonly GraphNode[], checks: Checks): void {
  for (const node of body) checkNode(node, checks);
}

function checkNode(node: GraphNode, checks: Checks): void {
  switch (node.type) {
    case "step":
      return checks.step(node);
    case "foreach": {
      const note = checks.noteAt(node.join.name);
      checkArtifact(node.over, "what foreach goes over", note);
      checkArtifact(node.as, "what foreach calls its element", note);
      if (node.concurrency !== undefined && !isCount(node.concurrency)) {
        const message = `concurrency ${quote(node.concurrency)} is not a positive whole number`;
        note("graph.concurrency", message, "Say how many turns may run at a time, or leave it out for no limit.");
      }
      checkTurns(node.body, "foreach", note);
      checkBody(node.body, checks);
      return checks.step(node.join);
    }
    case "branch": {
      const note = checks.noteAt(node.join.name);
      if (node.branches.length === 0) note("graph.empty", "the branch has no branches", "Name at least one.");
      for (const { name, body } of node.branches) {
        checkName(name, "the branch's name", note);
        if (body.length === 0) {
          note("graph.empty", `branch ${quote(name)} has no step`, "Add a step to it or leave it out.");
        }
        checkBody(body, checks);
      }
      return checks.step(node.join);
    }
    case "switch": {
      const note = checks.noteAt(node.id);
      checkArtifact(node.on, "what the switch looks at", note);
      if (node.cases.length === 0) {
        note("graph.empty", "the switch has no case", "Name at least one value and what to do with it.");
      }
      const values = new Set<string>();
      for (const { value, body } of node.cases) {
        if (values.has(value)) {
          const message = `case ${quote(value)} is there twice`;
          note("graph.duplicate", message, "Leave one of them.");
        }
        values.add(value);
        checkBody(body, checks);
      }
      return checkBody(node.otherwise ?? [], checks);
    }
    case "loop": {
      const note = checks.noteAt(node.id);
      checkArtifact(node.while, "what the loop looks at", note);
      const hint = `Give it the most rounds that you would wait for: { while: ${quote(node.while)}, max: 100 }.`;
      if (node.max === undefined) note("graph.loop", "the loop has no bound", hint);
      else if (!isCount(node.max) || node.max > MAX_ROUNDS) {
        const message = `max ${quote(node.max)} is not a whole number from 1 to ${MAX_ROUNDS}`;
        note("graph.loop", message, hint);
      }
      checkTurns(node.body, "loop", note);
      return checkBody(node.body, checks);
    }
  }
}

/** Each turn of a foreach and each round of a loop must come by a step: its place in the run is known by its tasks. */
function checkTurns(body: readonly GraphNode[], what: "foreach" | "loop", note: Note): void {
  if (body.length === 0) {
    note("graph.empty", `the body of the ${what} has no step`, "Add a step to it.");
  } else if (mayRunNothing(body)) {
    const message = `the body of the ${what} may come by no step, through a case that is empty`;
    note("graph.empty", message, "Add a step to that case, or one before or after the switch.");
  }
}

function checkParameters({ name: flow, parameters }: Graph, mistakes: Mistake[]): void {
  const note = (parameter: string, message: string, hint: string) =>
    mistakes.push({ code: "graph.parameter", message, where: { flow, parameter }, hint });
  const flags = new Map<string, string>();
  for (const parameter of Object.keys(parameters)) {
    const flag = flagOf(parameter);
    const other = flags.get(flag);
    flags.set(flag, parameter);
    if (!isIdentifier(parameter)) note(parameter, `${quote(parameter)} is not an identifier`, IDENTIFIER);
    else if (RUN_FLAGS.includes(flag))
      note(parameter, `--${flag} is a flag of its own`, "Call the parameter otherwise.");
    else if (other) note(parameter, `--${flag} is parameter ${other} too`, "Call one of them otherwise.");
  }
}

const IDENTIFIER = "Use letters, digits and _, at most 60, and no digit first.";

function checkArtifact(name: string, what: string, note: Note): void {
  if (isIdentifier(name)) return;
  note("graph.name", `${what}, ${quote(name)}, is not the name of an artifact`, IDENTIFIER);
}

function checkName(name: string, what: string, note: Note): void {
  if (typeof name === "string" && /^[\w-]{1,60}$/.test(name) && name !== "__proto__") return;
  const message = `${what}, ${quote(name)}, cannot be a name`;
  note("graph.name", message, "Use letters, digits, _ and -, at most 60.");
}

function isIdentifier(name: string): boolean {
  return typeof name === "string" && /^[A-Za-z_]\w{0,59}$/.test(name) && name !== "__proto__";
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value > 0;
}
