import type { ForeachNode, Graph, GraphNode, StepNode } from "../graph/graph.ts";
import { controlName, type ControlNode, type Lineage } from "../graph/lineage.ts";
import { stepOf } from "../graph/walk.ts";
import type { ChoiceRule, InputOutput, State, StateMachine, Transition } from "./asl.ts";
import type { Division, Piece } from "./piece.ts";
import type { MachineResources } from "./resources.ts";
import { addGroup, kindOf, type Factor, type StateGroup, type StateFacts } from "./state-group.ts";

/** What all of a flow's states are made from. */
export interface FlowContext {
  readonly graph: Graph;
  readonly resources: MachineResources;
  readonly lineage: Lineage;
  /** The foreachs that have an inline Map, see inlineForeachs. */
  readonly inline: ReadonlySet<ForeachNode>;
  readonly division: Division;
  /** Adds the states of a sequence of nodes; given here, since the nodes' own compilers call it for their bodies. */
  readonly compileBody: (nodes: readonly GraphNode[], block: Block, exit: Entry) => void;
  /** The same for what a sequence was divided into. */
  readonly compilePieces: (pieces: readonly Piece[], block: Block, exit: Entry) => void;
  /** Answers the ARN of a machine of its own. */
  readonly nest: (make: () => StateMachine) => string;
}

/** One scope of states: the machine's own, a Parallel's branch, a Map's body. */
export interface Block {
  readonly flow: FlowContext;
  /** How many components a task's index has here. */
  readonly depth: number;
  /** Ends the names of states that stand in the machine a second time: "" or ".wide". */
  readonly copy: string;
  /** Where a resumed run may enter, with no step before: in the flow's own sequence and the parts of that, nowhere else. */
  readonly entered: ReadonlySet<Piece> | undefined;
  /** Filled as the nodes are compiled. */
  readonly states: Record<string, State>;
  /** The same states for whoever counts: what each does, and how often it is entered. */
  readonly group: StateGroup;
}

/** Where a node begins, or what comes after it. */
export interface Entry {
  /** Undefined at the end of the block. */
  readonly state: string | undefined;
  /** Where to begin instead for who already has the control value at `$.c`, and which of its fields must be there. */
  readonly answered?: { readonly state: string; readonly fields: readonly string[] };
}

export const END: Entry = { state: undefined };

export function innerBlock(outer: Block, depth: number, copy = outer.copy): Block {
  return { ...outer, depth, copy, entered: undefined, states: {} };
}

/** The block where its states are entered so many times as often. */
export function timesOf(block: Block, factor: Factor): Block {
  return { ...block, group: addGroup(block.group, factor) };
}

/** What a state does, besides what its type says. */
export type StateDetails = Omit<StateFacts, "kind">;

export function addState(block: Block, named: string | ({ readonly name: string } & StateDetails), state: State): void {
  const { name, ...details } = typeof named === "string" ? { name: named } : named;
  block.states[name + block.copy] = state;
  const kind = kindOf(state);
  if (kind) addFacts(block, { kind, ...details });
}

/** Notes what is entered where the block stands. Of a state addState notes it already. */
export function addFacts({ group }: Block, facts: StateFacts): void {
  group.states.push(facts);
}

/** A state's way on. What a block ends with is dropped: a Map gathers it of all its children, and a payload is bounded. */
export function to(entry: Entry): Transition & InputOutput {
  return entry.state === undefined ? { End: true, OutputPath: null } : { Next: entry.state };
}

/** Where a Choice leads: to the first whose test holds. */
export interface Choice {
  readonly rules: readonly { readonly test: Omit<ChoiceRule, "Next">; readonly to: Entry }[];
  readonly otherwise: Entry;
}

/** Adds the Choice that goes by the node's value. Unlike other states it cannot end a block itself, so at the block's end it goes to a Succeed. */
export function addChoice(block: Block, node: ControlNode, { rules, otherwise }: Choice): void {
  const name = choiceName(node);
  const end = name.replace(/choice$/, "end") + block.copy;
  const target = (entry: Entry) => entry.state ?? end;
  addState(
    block,
    { name, node },
    {
      Type: "Choice",
      Choices: rules.map((rule) => ({ ...rule.test, Next: target(rule.to) }) as ChoiceRule),
      Default: target(otherwise),
    },
  );
  if ([otherwise, ...rules.map((rule) => rule.to)].some((entry) => entry.state === undefined))
    block.states[end] = { Type: "Succeed", OutputPath: null };
}

/** The step that a piece ends with, where it surely does and its answer is at hand. */
function lastStep(node: Piece | undefined): StepNode | undefined {
  return node && node.type !== "part" ? stepOf(node) : undefined;
}

/** Whether the piece ends with a step that hands the next control value on itself, so that nothing has to be read. */
export function answersItself(node: Piece | undefined): boolean {
  const step = lastStep(node);
  // A caught failure goes on without the step's answer.
  return step?.options.compute === "lambda" && !step.options.catch;
}

export function choiceName(node: ControlNode): string {
  return `${controlName(node)}.choice`;
}

// ---- values that a payload template has as they are or takes from the payload

export type Value = { readonly constant: string | number } | { readonly path: string };

export function field(name: string, value: Value): Record<string, string | number> {
  return "constant" in value ? { [name]: value.constant } : { [`${name}.$`]: value.path };
}

/** The index of a task in the block. */
export function taskIndexExpression(block: Block): Value {
  return block.depth === 0 ? { constant: "0" } : { path: "$.at.p" };
}

/** The index one component deeper, whose last component is the number at the path. */
export function deeperIndex(depth: number, outer: string, position: string): string {
  return depth === 0 ? `States.Format('{}', ${position})` : `States.Format('{}.{}', ${outer}, ${position})`;
}

/** The same with 0 for the last component. */
export function firstIndex(block: Block): Value {
  return block.depth === 0 ? { constant: "0" } : { path: "States.Format('{}.0', $.at.p)" };
}
