import type { Lineage, Source } from "../../graph/lineage.ts";
import { GET, times, total, type Usage } from "./usage.ts";
import type { Here, Visits } from "./visits.ts";
import type { Ways } from "./ways.ts";

/** What finding out what comes before needs to know of a run. */
export interface ReadScope {
  readonly lineage: Lineage;
  readonly ways: Ways;
  readonly visits: Visits;
}

/** Keys of one BatchGetItem. Source: Amazon DynamoDB API Reference. */
const KEYS = 100;

/** Items of one page of a foreach's list, where they are small; a page is one blob. */
const PAGE_ITEMS = 1_000;

/** Bytes of a control value, and what each of its pages adds: its name. */
const CONTROL_BYTES = 300;
const PAGE_NAME_BYTES = 67;

export function pagesOf(width: number): number {
  return Math.ceil(width / PAGE_ITEMS);
}

/** Where those stand who begin, and how many of them begin together (1). */
export interface Reader extends Pick<Here, "within" | "cases"> {
  readonly siblings?: number;
}

/** How many tasks look together; `open` is the part of them that have found nothing yet. */
interface Looking {
  readonly siblings: number;
  readonly open: number;
}

export interface InputReads {
  readonly usage: Partial<Usage>;
  /** Elements of foreachs among the inputs: each lies in a page of its list. */
  readonly items: number;
}

/**
 * What it takes to find what the tasks at a place begin with: one source after the other is asked for, until each
 * of them has one, siblings together.
 */
export function inputReads(scope: ReadScope, sources: readonly Source[], reader: Reader): InputReads {
  const { siblings = 1 } = reader;
  const reads: Partial<Usage>[] = [];
  let items = 0;
  /** The part of the tasks that have found nothing yet. */
  let open = 1;
  for (const source of sources) {
    if (open <= 0) break;
    const looking = open * (source.previous ? laterRounds(scope, source, reader) : 1);
    if (source.step !== undefined) reads.push(readTasks(source, { siblings, open: looking }));
    if (source.items.length > 0) reads.push(readLists(scope, source, { siblings, open }));
    const found = looking * presence(scope, source, reader);
    items += found * source.items.length;
    open -= found;
  }
  return { usage: total(...reads), items };
}

function readTasks(source: Source, { siblings, open: looking }: Looking): Partial<Usage> {
  // The marker of tasks that stand apart, then the query.
  if (source.last) return times(GET, 2 * siblings * looking);
  const tasks = source.up > 0 ? looking : siblings * looking;
  return { tableReads: siblings === 1 ? looking : Math.ceil(tasks / KEYS), tableReadUnits: tasks };
}

function readLists({ lineage, ways }: ReadScope, source: Source, { siblings, open }: Looking): Partial<Usage> {
  const requests = siblings === 1 ? open : Math.ceil(open);
  const units = source.items.map(({ foreach }) => {
    const { node } = lineage.controls.get(foreach)!;
    return node.type === "foreach" ? controlUnits(ways.width(node)) : 1;
  });
  return { tableReads: requests, tableReadUnits: requests * units.reduce((a, b) => a + b, 0) };
}

function controlUnits(width: number): number {
  return Math.ceil((CONTROL_BYTES + PAGE_NAME_BYTES * pagesOf(width)) / 4_096);
}

/** The part of a loop's rounds that have one before them. */
function laterRounds({ ways }: ReadScope, source: Source, { within }: Pick<Here, "within">): number {
  const loop = within[within.length - source.up - 1];
  if (loop?.type !== "loop") return 1;
  const rounds = ways.rounds(loop);
  return rounds > 0 ? Math.max(0, rounds - 1) / rounds : 0;
}

/** The part of the times that the source's task has run, seen from a place. */
function presence({ ways, visits }: ReadScope, { step }: Source, { cases }: Pick<Here, "cases">): number {
  const source = step === undefined ? undefined : visits.steps.get(step);
  if (!source) return 1;
  return source.cases
    .filter((one) => !cases.some(({ node, body }) => node === one.node && body === one.body))
    .reduce((part, { node, body }) => part * ways.share(node, body), 1);
}
