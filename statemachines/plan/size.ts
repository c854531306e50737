import { OTHERWISE, type Graph, type JsonObject, type LoopNode } from "../../graph/graph.ts";
import type { ControlNode } from "../../graph/lineage.ts";
import type { ControlValue } from "../../graph/control-value.ts";
import { bodiesOf } from "../../graph/walk.ts";
import { allStates } from "../all-states.ts";
import { compiledOf } from "../cost.ts";
import { controlFields } from "../contract/control-item.ts";
import { controlFieldsOf } from "../control.ts";
import { EVENTS, EXECUTION_EVENTS } from "../count.ts";
import type { StateGroup, StateFacts } from "../state-group.ts";
import { executionsIn, isState, valueAtOnce, weigh } from "../tally.ts";
import { DEPLOYMENT } from "./place.ts";
import { visit } from "./visits.ts";
import type { Ways } from "./ways.ts";

/** Events of the longest history among a run's executions, no retry counted. */
export function largestHistory(graph: Graph, ways: Ways): number {
  const histories = Array.from(
    executionsIn(compiledOf(graph).run, ways),
    (execution) => EXECUTION_EVENTS + weigh(execution, EVENTS, ways),
  );
  return Math.round(Math.max(...histories));
}

/** Bytes of the largest payload that a state of the run has, a failure that is caught left out. */
export function largestPayload(graph: Graph, ways: Ways): number {
  const { run, children } = compiledOf(graph);
  let largest = 0;
  const enter = ({ states, groups }: StateGroup, place: Place): void => {
    for (const facts of states) largest = Math.max(largest, bytesAt(facts, place.payload, ways));
    for (const group of groups) if (valueAtOnce(group.factor, ways) > 0) enter(group, placeIn(group, place, ways));
  };
  enter(run, { payload: { run: RUN(graph), enter: "", at: { p: "0" }, ...SECRET } });
  return largest + (Object.keys(children).length > 0 ? NESTED_BYTES : 0);
}

interface Payload {
  readonly run: string;
  readonly enter?: string;
  /** Of what an execution is started with. */
  readonly secret?: string;
  readonly at: Position;
}

interface Place {
  readonly payload: Payload;
  /** The innermost that the position tells of. */
  readonly loop?: LoopNode;
}

/** Of a state, and of what it answers: a control value, a list of what branches or children came to. */
function bytesAt(facts: StateFacts, payload: Payload, ways: Ways): number {
  const { kind, node } = facts;
  if (!isState(facts)) return 0;
  const asked = kind === "choice" && node ? { ...payload, c: controlValueOf(node as ControlNode, ways) } : payload;
  return Math.max(Buffer.byteLength(JSON.stringify(asked)), listBytes(answersOf(facts, ways)));
}

function controlValueOf(node: ControlNode, ways: Ways): object {
  const fields = Object.entries(controlFields(longest(node, ways)));
  return Object.fromEntries(fields.filter(([name]) => controlFieldsOf(node).includes(name)));
}

/** Of how many the state has an answer, of `{}` each. */
function answersOf({ kind, node }: StateFacts, ways: Ways): number {
  if (!node) return 0;
  if (kind === "parallel") return bodiesOf(node).length;
  const comesBack = kind === "map" || (kind === "mapRun" && !DEPLOYMENT.keepsMapRuns);
  return comesBack && node.type === "foreach" ? ways.width(node) : 0;
}

function placeIn({ factor, isExecution }: StateGroup, place: Place, ways: Ways): Place {
  const { payload } = place;
  const { run, at } = payload;
  switch (factor.is) {
    case "children":
      return { payload: { run, at: { p: deeper(at.p, ways.width(factor.of) - 1) }, ...(isExecution && SECRET) } };
    case "rounds":
    case "furtherRounds":
    case "turns": {
      if (place.loop === factor.of) return place;
      const round = Math.max(0, ways.rounds(factor.of) - 1);
      return { payload: { ...payload, at: { p: deeper(at.p, round), k: round, out: at } }, loop: factor.of };
    }
    default:
      return place;
  }
}

/** Of a list with `{}` for each. */
function listBytes(length: number): number {
  return length > 0 ? 1 + 3 * length : 0;
}

interface Position {
  readonly p: string;
  readonly k?: number;
  readonly out?: Position;
}

/** What an execution within a run's own begins with besides: the ARN of the one that started it, how far it goes. */
const NESTED_BYTES = 300;

/** A run with a number that is long. */
const RUN = ({ name }: Graph) => `${name}/999999`;

/** As long as a run's is. */
const SECRET = { secret: "x".repeat(43) };

function deeper(index: string, position: number): string {
  return `${index}.${Math.max(0, Math.round(position))}`;
}

function longest(node: ControlNode, ways: Ways): ControlValue {
  if (node.type === "foreach") return { type: "foreach", width: Math.round(ways.width(node)), pages: [], pageSize: 1 };
  if (node.type === "loop") return { type: "loop", again: false };
  const values = [...node.cases.map(({ value }) => value), ...(node.otherwise ? [OTHERWISE] : [])];
  return { type: "switch", case: values.reduce((a, b) => (b.length > a.length ? b : a), "") };
}

/**
 * Bytes of the largest container overrides among the run's jobs, at most: the machine's templates, and for what they take
 * from the payload (the run's name, an index) as much as that may be.
 */
export function largestOverrides(graph: Graph, ways: Ways): number {
  const { machine, children } = compiledOf(graph);
  const templates = [machine, ...Object.values(children)].flatMap(allStates).flatMap(([, state]) => {
    const overrides =
      state.Type === "Task" ? (state.Parameters as JsonObject | undefined)?.["ContainerOverrides"] : undefined;
    return overrides === undefined ? [] : [Buffer.byteLength(JSON.stringify(overrides))];
  });
  if (templates.length === 0) return 0;
  const indices = Array.from(visit(graph, ways).steps.values(), ({ within }) =>
    within.reduce(
      (index, node) => deeper(index, (node.type === "loop" ? ways.rounds : ways.width)(node as never) - 1),
      "0",
    ),
  );
  return Math.max(...templates) + RUN(graph).length + Math.max(...indices.map(({ length }) => length));
}
