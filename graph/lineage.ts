import { bodiesOf, hasTurns, mayRunNothing, nodeName, stepOf } from "./walk.ts";
import type { BranchNode, ForeachNode, Graph, GraphNode, LoopNode, StepNode, SwitchNode } from "./graph.ts";

/**
 * What the graph says, before anything runs, of which task comes before and after which. A task's index is its place:
 * one component for each enclosing foreach (the child's position) and loop (the round), outermost first; no component
 * at all is written "0".
 */
export interface Lineage {
  readonly graph: Graph;
  readonly steps: ReadonlyMap<string, StepPlace>;
  readonly controls: ReadonlyMap<string, ControlPlace>;
}

/** Where a step stands. */
export interface StepPlace {
  readonly node: StepNode;
  /** How many components its index has. */
  readonly depth: number;
  /** What it may begin with; the first of them that there is, is it. */
  readonly inputs: readonly Source[];
  /** What a join joins. */
  readonly joins?: Joined;
  readonly next: Cursor;
}

export type Joined =
  | { readonly type: "foreach"; readonly node: ForeachNode; readonly ends: readonly Source[] }
  | {
      readonly type: "branch";
      readonly node: BranchNode;
      readonly branches: readonly { readonly name: string; readonly ends: readonly Source[] }[];
    };

export type ControlNode = ForeachNode | SwitchNode | LoopNode;

/** Where a node stands that the machine asks a value of. */
export interface ControlPlace {
  readonly node: ControlNode;
  readonly depth: number;
  /**
   * Who knows the value: a task (or the run's creation) that wrote it down before, or, where the node is what a foreach's
   * body begins with, nobody until it is worked out from the child's own artifacts.
   */
  readonly known: "written" | "asked";
  /** What the value is read from where it is asked. */
  readonly inputs: readonly Source[];
}

/**
 * A task whose artifacts another begins with, seen from the other's index: drop `up` components; where `previous`, the
 * last one left less one (and it must not be 0); where `last`, the greatest index below that has finished.
 * Without `step`: the run's parameters.
 */
export interface Source {
  readonly step?: string;
  readonly up: number;
  readonly previous: boolean;
  readonly last: boolean;
  /** Elements that the way in binds, outermost first. */
  readonly items: readonly Item[];
}

/** An element of a foreach: component `depth - 1` of the index is its position, those before are the foreach's index. */
export interface Item {
  readonly foreach: string;
  readonly as: string;
  readonly depth: number;
}

/** A point in the graph: before node `at` of a sequence. */
interface Cursor {
  readonly sequence: Sequence;
  readonly at: number;
}

interface Sequence {
  readonly nodes: readonly GraphNode[];
  readonly depth: number;
  readonly owner?: { readonly node: Exclude<GraphNode, StepNode>; readonly cursor: Cursor };
  /** The sequences in the node at each place, made once. */
  readonly bodies: (readonly Sequence[] | undefined)[];
  /** What `exits` found for each place: many ways lead to one place, which is worked out once. */
  readonly exits: (readonly Source[] | undefined)[];
}

/** The name by which the ledger and the machine know a control node. */
export function controlName(node: ControlNode): string {
  return nodeName(node);
}

const lineages = new WeakMap<Graph, Lineage>();

/** The graph's lineage; worked out once for each graph object. */
export function lineageOf(graph: Graph): Lineage {
  const known = lineages.get(graph);
  if (known) return known;
  const steps = new Map<string, StepPlace>();
  const controls = new Map<string, ControlPlace>();
  const body = sequenceOf(graph.body, 0);
  visit(body, steps, controls);
  const asked = askedOf(body);
  for (const [name, place] of controls) if (asked.has(place.node)) controls.set(name, { ...place, known: "asked" });
  const lineage: Lineage = { graph, steps, controls };
  lineages.set(graph, lineage);
  return lineage;
}

function visit(sequence: Sequence, steps: Map<string, StepPlace>, controls: Map<string, ControlPlace>): void {
  sequence.nodes.forEach((node, at) => {
    const cursor = { sequence, at };
    const next = { sequence, at: at + 1 };
    const { depth } = sequence;
    const inputs = lazily(() => entry(cursor));
    if (node.type === "step") {
      steps.set(node.name, {
        node,
        depth,
        next,
        get inputs() {
          return inputs();
        },
      });
      return;
    }
    for (const body of bodies(node, cursor)) visit(body, steps, controls);
    if (node.type === "foreach" || node.type === "branch") {
      const joins = lazily(() => joined(node, cursor));
      steps.set(node.join.name, {
        node: node.join,
        depth,
        next,
        get inputs() {
          return inputs();
        },
        get joins() {
          return joins();
        },
      });
    }
    if (node.type !== "branch") {
      controls.set(controlName(node), {
        node,
        depth,
        known: "written",
        get inputs() {
          return inputs();
        },
      });
    }
  });
}

function lazily<T>(work: () => T): () => T {
  let done: { value: T } | undefined;
  return () => (done ??= { value: work() }).value;
}

function joined(node: ForeachNode | BranchNode, cursor: Cursor): Joined {
  const ends = bodies(node, cursor).map((body) => exits({ sequence: body, at: body.nodes.length }));
  if (node.type === "foreach") return { type: "foreach", node, ends: ends[0]! };
  return { type: "branch", node, branches: node.branches.map(({ name }, i) => ({ name, ends: ends[i]! })) };
}

function sequenceOf(nodes: readonly GraphNode[], depth: number, owner?: Sequence["owner"]): Sequence {
  return { nodes, depth, ...(owner && { owner }), bodies: [], exits: [] };
}

function bodies(node: Exclude<GraphNode, StepNode>, cursor: Cursor): readonly Sequence[] {
  const { sequence, at } = cursor;
  const depth = sequence.depth + (hasTurns(node) ? 1 : 0);
  return (sequence.bodies[at] ??= bodiesOf(node).map((nodes) => sequenceOf(nodes, depth, { node, cursor })));
}

function* bodiesOfForeach(sequence: Sequence): Generator<Sequence> {
  for (const [at, node] of sequence.nodes.entries()) {
    if (node.type === "step") continue;
    for (const body of bodies(node, { sequence, at })) {
      if (node.type === "foreach") yield body;
      yield* bodiesOfForeach(body);
    }
  }
}

// ---- before: which tasks a step may begin with

const here: Source = { up: 0, previous: false, last: false, items: [] };

/** The sources of what stands at the cursor, those that come later in the text first. */
function entry({ sequence, at }: Cursor): readonly Source[] {
  if (at > 0) return exits({ sequence, at });
  const { owner } = sequence;
  if (!owner) return [here];
  switch (owner.node.type) {
    case "branch":
    case "switch":
      return entry(owner.cursor);
    case "foreach": {
      const item = { foreach: controlName(owner.node), as: owner.node.as, depth: sequence.depth };
      return entry(owner.cursor).map((source) => ({ ...source, up: source.up + 1, items: [...source.items, item] }));
    }
    case "loop": {
      const earlier = exits({ sequence, at: sequence.nodes.length }).map((source) => ({ ...source, previous: true }));
      return [...earlier, ...entry(owner.cursor).map((source) => ({ ...source, up: source.up + 1 }))];
    }
  }
}

/** The sources that the nodes before the cursor leave in its sequence. */
function exits({ sequence, at }: Cursor): readonly Source[] {
  // From the last node that surely runs a step, so that switches in a row are looked at one after the other.
  let from = at;
  while (from > 0 && sequence.exits[from] === undefined && mayRunNothing([sequence.nodes[from - 1]!])) from -= 1;
  for (let place = from; place < at; place += 1) exitsOf({ sequence, at: place });
  return exitsOf({ sequence, at });
}

function exitsOf(cursor: Cursor): readonly Source[] {
  const { sequence, at } = cursor;
  return (sequence.exits[at] ??= at === 0 ? entry(cursor) : exitsAfter({ sequence, at: at - 1 }));
}

function exitsAfter(cursor: Cursor): readonly Source[] {
  const node = cursor.sequence.nodes[cursor.at]!;
  if (node.type !== "loop" && node.type !== "switch") return [{ ...here, step: stepOf(node)!.name }];
  const inside = bodies(node, cursor).filter((body) => body.nodes.length > 0);
  const taken = inside.flatMap((body) => exits({ sequence: body, at: body.nodes.length }));
  if (node.type === "loop") return taken.map((source) => ({ ...source, last: true }));
  const hasEmpty = inside.length === 0 || inside.length < bodies(node, cursor).length;
  return unique(hasEmpty ? [...taken, ...entry(cursor)] : taken);
}

function unique(sources: readonly Source[]): Source[] {
  const seen = new Set<string>();
  return sources.filter((source) => {
    const key = JSON.stringify(source);
    return seen.has(key) ? false : seen.add(key);
  });
}

// ---- after: which control values the machine will ask once a task has finished

/** The control nodes that may be reached from where a foreach's body begins without passing a step. */
function askedOf(body: Sequence): ReadonlySet<ControlNode> {
  const found = new Set<ControlNode>();
  /** Many ways lead to one place, which is looked at once. */
  const seen = new Map<Sequence, Set<number>>();
  const open: Cursor[] = Array.from(bodiesOfForeach(body), (sequence) => ({ sequence, at: 0 }));
  for (let cursor = open.pop(); cursor; cursor = open.pop()) {
    const { sequence, at } = cursor;
    const places = seen.get(sequence) ?? new Set();
    if (places.has(at)) continue;
    seen.set(sequence, places.add(at));
    const node = sequence.nodes[at];
    const { owner } = sequence;
    if (!node) {
      if (owner?.node.type === "switch") open.push({ ...owner.cursor, at: owner.cursor.at + 1 });
      continue;
    }
    if (node.type === "foreach" || node.type === "switch") found.add(node);
    if (node.type === "step" || node.type === "foreach") continue;
    for (const inner of bodies(node, cursor)) open.push({ sequence: inner, at: 0 });
  }
  return found;
}

/** What a control node is answered: a switch which body (`otherwise` where no case fits), a loop whether to go round again. */
export interface ControlAnswers {
  foreach(node: ForeachNode, index: readonly number[]): void;
  switch(node: SwitchNode, index: readonly number[]): readonly GraphNode[];
  loop(node: LoopNode, index: readonly number[]): boolean;
}

/** The moment in a run when a task has finished; without a step, when the run was created. */
export interface AfterTask {
  readonly step?: string | undefined;
  readonly index: readonly number[];
}

/**
 * Follows the flow from the end of a step (or from the flow's beginning) to the next steps, asking the value of each
 * control node on the way: these are what a finishing task writes down for the machine.
 */
export function followControls(lineage: Lineage, { step, index }: AfterTask, answers: ControlAnswers): void {
  const start =
    step === undefined ? { sequence: sequenceOf(lineage.graph.body, 0), at: 0 } : lineage.steps.get(step)!.next;
  follow(start, index, answers);
}

function follow(start: Cursor, startIndex: readonly number[], answers: ControlAnswers): void {
  let cursor = start;
  let index = startIndex;
  for (;;) {
    const { sequence, at } = cursor;
    const node = sequence.nodes[at];
    if (!node) {
      const { owner } = sequence;
      if (owner?.node.type === "switch") {
        cursor = { ...owner.cursor, at: owner.cursor.at + 1 };
      } else if (owner?.node.type === "loop") {
        if (answers.loop(owner.node, index)) {
          index = [...index.slice(0, -1), index.at(-1)! + 1];
          cursor = { sequence, at: 0 };
        } else {
          index = index.slice(0, -1);
          cursor = { ...owner.cursor, at: owner.cursor.at + 1 };
        }
      } else return;
      continue;
    }
    if (node.type === "step") return;
    if (node.type === "foreach") return answers.foreach(node, index);
    const inside = bodies(node, cursor);
    if (node.type === "branch") {
      for (const body of inside) follow({ sequence: body, at: 0 }, index, answers);
      return;
    }
    if (node.type === "switch") {
      const nodes = answers.switch(node, index);
      cursor = { sequence: inside.find((body) => body.nodes === nodes)!, at: 0 };
    } else {
      index = [...index, 0];
      cursor = { sequence: inside[0]!, at: 0 };
    }
  }
}
