import { controlName, type ControlNode } from "../../graph/lineage.ts";
import { writtenAfter } from "./controls.ts";
import { inputReads, pagesOf, type ReadScope } from "./reads.ts";
import { GET, PUT, TASK_CALL, times, total, transaction, type Usage } from "./usage.ts";
import type { Question, StepVisit } from "./visits.ts";

/**
 * What a run and its tasks ask of the control plane, as functions/ does it: test/aws/plan.test.ts holds the two together.
 * Counted for functions that are warm: one that has just been started reads the graph and its key once more. Artifacts
 * are taken to be small, so that they ride in the ledger; a step is taken to touch its own element of a foreach,
 * a join not to touch that of the foreach around.
 */

/** A run that somebody starts by the API (or that its schedule starts), and its end. */
export function runRequests(scope: ReadScope): Usage {
  const isScheduled = scope.lineage.graph.schedule !== undefined;
  const begins: Partial<Usage> = isScheduled ? { dispatch: 1, scheduledStarts: 1 } : { apiRequests: 1, runs: 1 };
  const created = writtenAfter(scope.lineage, scope.ways, undefined).map(({ share, controls }) =>
    times(total(transaction(RUN_ITEMS + controls.length), storePages(scope, controls)), share),
  );
  return total(
    begins,
    // The flow's record; its name is taken and settled, the flow's counter and its newest run.
    GET,
    times(PUT, 4),
    { objectHeads: 1 },
    ...created,
    // Told of the end: the run read twice, then changed with the lists that it stands in.
    { dispatch: 1 },
    times(GET, 2),
    transaction(5),
    // What a Map Run counts its children by.
    { objectGets: scope.visits.mapRuns },
    // What a Map Run's children answered, and a manifest of it. Step Functions developer guide, "ResultWriter".
    { objectPuts: 2 * scope.visits.mapRuns },
    ...scope.visits.questions.map((question) => times(answer(scope, question), question.times)),
  );
}

/** The run itself and the pointers to it from the lists that it stands in. */
const RUN_ITEMS = 6;

/**
 * One control value that the machine asks: read where it was written, else worked out by the bookkeeping function, which
 * has the page of an element from its sibling before.
 */
function answer(scope: ReadScope, { node, isWorkedOut, ...here }: Question): Partial<Usage> {
  if (!isWorkedOut) return GET;
  const { inputs } = scope.lineage.controls.get(controlName(node))!;
  const objectPuts = node.type === "foreach" ? pagesOf(scope.ways.width(node)) : 0;
  return total({ tasks: 1, objectPuts }, GET, inputReads(scope, inputs, here).usage, PUT);
}

/** What an attempt of a step's task asks for: `begin` each, `end` where it succeeds. */
export interface AttemptRequests {
  readonly begin: Usage;
  readonly end: Usage;
}

export function attemptRequests(scope: ReadScope, visit: StepVisit): AttemptRequests {
  const { step } = visit;
  const { inputs, joins } = scope.lineage.steps.get(step.name)!;
  const { usage, items } = inputReads(scope, inputs, visit);
  const begin = total(
    TASK_CALL,
    GET,
    PUT,
    usage,
    // A container gets the code; the runner has it from the invocation before.
    visit.isInvoked ? { runner: 1 } : { objectGets: 1 },
    { objectGets: joins ? 0 : items },
    wrongGuess(scope, visit),
    joinReads(scope, visit),
  );
  const ways = writtenAfter(scope.lineage, scope.ways, step.name).map(({ share, controls }) => {
    const pages = storePages(scope, controls);
    const upload: Partial<Usage> = pages.objectPuts
      ? total({ apiRequests: 1, sign: 1, objectHeads: 2 * pages.objectPuts }, GET)
      : {};
    const write = controls.length > 0 ? transaction(1 + controls.length) : PUT;
    return times(total(write, pages, upload), share);
  });
  return { begin, end: total(TASK_CALL, { objectHeads: items }, ...ways) };
}

/** An attempt that failed with another after it: its end, and what the next one takes to come into its place. */
export const RETRIED: Partial<Usage> = total(TASK_CALL, PUT, transaction(2), times(GET, 2));

/** A container says every 30 seconds that it is alive. */
export const HEARTBEAT: Partial<Usage> = total(TASK_CALL, PUT, GET);
export const HEARTBEAT_SECONDS = 30;

function storePages({ ways }: ReadScope, controls: readonly ControlNode[]): { objectPuts: number } {
  const widths = controls.flatMap((node) => (node.type === "foreach" ? [ways.width(node)] : []));
  return { objectPuts: widths.reduce((sum, width) => sum + pagesOf(width), 0) };
}

/**
 * An array's child knows its foreach's index. That of the first of an outer foreach is "0", as is that of a foreach which
 * stands in none, so the child asks a second time (runtime/container/bootstrap.ts).
 */
function wrongGuess({ ways }: ReadScope, { isArray, within }: StepVisit): Partial<Usage> {
  const outer = within[0];
  if (!isArray || !outer || within.length !== 2) return {};
  const siblings = outer.type === "foreach" ? ways.width(outer) : ways.rounds(outer);
  return siblings > 0 ? times(total(TASK_CALL, GET), 1 / siblings) : {};
}

/** Branches in one answer (functions/api/branch-pages.ts). */
const BRANCHES = 10_000;

/** What a join finds out of its branches. */
function joinReads(scope: ReadScope, visit: StepVisit): Partial<Usage> {
  const { joins } = scope.lineage.steps.get(visit.step.name)!;
  if (!joins) return {};
  if (joins.type === "branch") return total(...joins.branches.map(({ ends }) => inputReads(scope, ends, visit).usage));
  const { node, ends } = joins;
  const width = scope.ways.width(node);
  const child = { ...visit, within: [...visit.within, node] };
  const page = (from: number): Partial<Usage> => {
    const count = Math.max(0, Math.min(width - from, BRANCHES));
    return total(GET, count > 0 ? inputReads(scope, ends, { ...child, siblings: count }).usage : {});
  };
  const pages = Math.ceil(width / BRANCHES);
  if (pages <= 1) return page(0);
  // Each further page is a call of its own, which reads the run again. All but the last are full.
  const further = total(TASK_CALL, GET);
  return total(page(0), times(total(further, page(0)), pages - 2), total(further, page((pages - 1) * BRANCHES)));
}
