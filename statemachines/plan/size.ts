import { OTHERWISE, type Graph, type GraphNode, type JsonObject } from "../../graph/graph.ts";
import type { ControlNode } from "../../graph/lineage.ts";
import type { ControlValue } from "../../graph/control-value.ts";
import { bodiesOf } from "../../graph/walk.ts";
import { allStates } from "../all-states.ts";
import { compiledOf } from "../cost.ts";
import { controlFields } from "../contract/control-item.ts";
import { controlFieldsOf } from "../control.ts";
import { EVENTS, EXECUTION_EVENTS, isArrayJob } from "../count.ts";
import { divide } from "../divide.ts";
import { inlineForeachs } from "../inline.ts";
import { isStarted, weigh } from "../tally.ts";
import { DEPLOYMENT } from "./place.ts";
import { isMapRun, visit } from "./visits.ts";
import type { Ways } from "./ways.ts";

/** Events of the longest history among a run's executions, no retry counted. */
export function largestHistory(graph: Graph, ways: Ways): number {
  const histories = compiledOf(graph)
    .executions.filter((execution) => isStarted(execution, ways))
    .map((execution) => EXECUTION_EVENTS + weigh(execution, EVENTS, ways));
  return Math.round(Math.max(...histories));
}

/** Bytes of the largest payload that a state of the run has, a failure that is caught left out. */
export function largestPayload(graph: Graph, ways: Ways): number {
  const inline = inlineForeachs(graph);
  let largest = 0;
  const seeBytes = (bytes: number) => {
    largest = Math.max(largest, bytes);
  };
  const see = (payload: object) => seeBytes(Buffer.byteLength(JSON.stringify(payload)));
  const asked = (node: ControlNode, payload: object) => {
    const fields: object = controlFields(longest(node, ways));
    const picked = Object.entries(fields).filter(([name]) => controlFieldsOf(node).includes(name));
    see({ ...payload, c: Object.fromEntries(picked) });
  };
  const sequence = (nodes: readonly GraphNode[], payload: object, at: Position) => {
    see({ ...payload, at });
    for (const node of nodes) one(node, { ...payload, at }, at);
  };
  const one = (node: GraphNode, payload: object, at: Position): void => {
    switch (node.type) {
      case "step":
        return;
      case "foreach": {
        const width = ways.width(node);
        asked(node, payload);
        if (isArrayJob(node) || width === 0) return;
        // What the children answer comes back as one list, of `{}` each, unless it is written to the bucket.
        if (!(DEPLOYMENT.keepsMapRuns && isMapRun(width, inline.has(node)))) seeBytes(listBytes(width));
        return sequence(node.body, { run: RUN(graph) }, { p: deeper(at.p, width - 1) });
      }
      case "branch":
        seeBytes(listBytes(node.branches.length));
        for (const { body } of node.branches) sequence(body, payload, at);
        return;
      case "switch":
        asked(node, payload);
        return bodiesOf(node).forEach((body, i) => {
          if (ways.share(node, i) > 0) sequence(body, payload, at);
        });
      case "loop": {
        const round = Math.max(0, ways.rounds(node) - 1);
        const inside = { p: deeper(at.p, round), k: round, out: at };
        sequence(node.body, payload, inside);
        return asked(node, { ...payload, at: inside });
      }
    }
  };
  sequence(graph.body, { run: RUN(graph), enter: "" }, { p: "0" });
  const { sequences, chunks } = divide(graph);
  return largest + (sequences.size + chunks.size > 0 ? NESTED_BYTES : 0);
}

/** Of a list with `{}` for each. */
function listBytes(length: number): number {
  return 1 + 3 * length;
}

interface Position {
  readonly p: string;
  readonly k?: number;
  readonly out?: Position;
}

/** What an execution within a run's own is told besides: the ARN of the one that started it, how far it goes. */
const NESTED_BYTES = 300;

/** A run with a number that is long. */
const RUN = ({ name }: Graph) => `${name}/999999`;

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
