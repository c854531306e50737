import { loadFlow } from "../emulator/load-flow.ts";
import type { Attempt, RunSummary } from "../store/ledger/ledger.ts";
import { MillraceError } from "../graph/errors.ts";
import type { Graph } from "../graph/graph.ts";
import { mistakesError } from "../graph/mistake.ts";
import { activeProfile } from "../sdk/client/profiles.ts";
import { assumedIn } from "../statemachines/plan/assumed.ts";
import { plan as planRun } from "../statemachines/plan/plan.ts";
import { recordedRun, type RecordedTask } from "../statemachines/plan/record.ts";
import { formatPlan } from "./output/plan.ts";
import { findRun, parsePathspec, tasksOf } from "./pathspec.ts";
import { readAssumptions } from "./plan-options.ts";
import type { PlanFlags } from "./flags.ts";
import { reading, type RunReader } from "./reading.ts";

/** Says what one run asks of an account and costs there: of a flow before it runs, or (`--of`) of a run that there was. */
export async function plan(target: string | undefined, flags: PlanFlags): Promise<number> {
  if (flags.of !== undefined) return planOfRun(flags.of, target, flags);
  if (target === undefined)
    throw new MillraceError("plan.nothing", "there is nothing to plan", {
      hint: "Name a flow's file, or a run: millrace plan --of Flow/42.",
    });
  const { graph, mistakes } = await loadFlow(target, {});
  if (mistakes.length > 0) throw mistakesError("graph.invalid", mistakes);
  const { course, minutes } = readAssumptions(graph, flags);
  const planned = { ...planRun(graph, course, minutes), assumed: assumedIn(graph, course, minutes) };
  process.stdout.write(flags.json ? `${JSON.stringify(planned)}\n` : `${formatPlan(planned, "one run, as planned")}\n`);
  return 0;
}

function planOfRun(text: string, target: string | undefined, flags: PlanFlags): Promise<number> {
  const written = [target, flags.width, flags.rounds, flags.case, flags.minutes];
  if (written.some((one) => one !== undefined))
    throw new MillraceError("plan.both", "what a run used is read from its own record, and from nothing else", {
      hint: "Leave out the file, --width, --rounds, --case and --minutes.",
    });
  const pathspec = parsePathspec(text);
  if (pathspec.step !== undefined)
    throw new MillraceError("pathspec.invalid", `"${text}" names more than a run`, { hint: "Write Flow/run." });
  return reading(async ({ runs, readBlob }, out) => {
    const run = await findRun(runs, pathspec);
    const graph = JSON.parse(Buffer.from(readBlob(run.graph)).toString()) as Graph;
    const record = recordedRun(graph);
    for await (const task of tasksOf(runs, run, pathspec)) record.add(await recorded(runs, run, task));
    const used = { ...record.plan(), run: run.run, status: run.status, notes: notesOn(run) };
    const name = `run ${run.run}, ${run.status === "running" ? "so far" : `which ${run.status}`}`;
    out.write(flags.json ? `${JSON.stringify(used)}\n` : `${formatPlan(used, name)}\n`);
  });
}

async function recorded(runs: RunReader, run: RunSummary, task: Attempt): Promise<RecordedTask> {
  const { step, index, attempt } = task;
  if (attempt === 1 || !isHere()) return { step, index, attempts: attempt, seconds: secondsOf(task) };
  // Here a task that waited for one worker may be begun anew by another: that is no container of its own.
  const began = await runs.listAttempts(run, task);
  const ran = began.filter(({ error }) => error?.name !== "Superseded").map(secondsOf);
  return { step, index, attempts: ran.length, seconds: ran.reduce((sum, each) => sum + each, 0) / ran.length };
}

function secondsOf({ startedAt, finishedAt = Date.now() }: Attempt): number {
  return Math.max(0, finishedAt - startedAt) / 1000;
}

function isHere(): boolean {
  return activeProfile().type === "local";
}

function notesOn(run: RunSummary): string[] {
  return [
    ...(isHere() ? ["It ran on this machine: this is what it would have used in an account."] : []),
    ...(!isHere() && run.owner ? ["A program carried it out: Step Functions would have made these transitions."] : []),
    ...(run.status === "succeeded" ? [] : ["The transitions are those of a run that goes on to the flow's end."]),
    ...(isHere() ? [] : ["An attempt that another followed is taken to have taken as long as the last."]),
  ];
}
