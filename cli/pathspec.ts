import type { TaskKey } from "../graph/task-key.ts";
import type { Attempt, RunSummary } from "../store/ledger/ledger.ts";
import { didYouMean } from "../graph/did-you-mean.ts";
import { MillraceError } from "../graph/errors.ts";
import type { RunReader } from "./reading.ts";

/** Names a flow, one of its runs, a step of it or one task: `Stats`, `Stats/42`, `Stats/42/compute`, `Stats/42/compute/3.1`. */
export interface Pathspec {
  readonly flow: string;
  readonly run?: number;
  readonly step?: string;
  readonly index?: string;
}

/** Throws MillraceError `pathspec.invalid`. */
export function parsePathspec(text: string): Pathspec {
  const [flow = "", run, step, index, ...more] = text.replace(/\/$/, "").split("/");
  const fault =
    (flow === "" && "it does not begin with a flow's name") ||
    (run !== undefined && !/^[1-9]\d{0,14}$/.test(run) && `"${run}" is not a run's number`) ||
    (step === "" && "a step's name is missing") ||
    (index !== undefined && !/^\d+(\.\d+)*$/.test(index) && `"${index}" is not a task's index`) ||
    (more.length > 0 && "it has too many parts");
  if (fault) {
    throw new MillraceError("pathspec.invalid", `"${text}" is not a pathspec: ${fault}`, {
      hint: "Write Flow, Flow/run, Flow/run/step or Flow/run/step/index, such as Stats/42/compute/3.",
    });
  }
  return {
    flow,
    ...(run !== undefined && { run: Number(run) }),
    ...(step !== undefined && { step }),
    ...(index !== undefined && { index }),
  };
}

/** The run that a pathspec names, its flow's newest where it names none. Throws MillraceError `run.unknown` and `flow.unknown`. */
export async function findRun(runs: RunReader, { flow, run }: Pathspec): Promise<RunSummary> {
  const found =
    run === undefined ? (await runs.listRuns({ flow, limit: 1 })).items[0] : await runs.readRun({ flow, run });
  if (found) return found;
  const newest = run === undefined ? undefined : (await runs.listRuns({ flow, limit: 1 })).items[0];
  if (!newest) throw await unknownFlow(runs, flow);
  throw new MillraceError("run.unknown", `there is no run ${run}`, {
    where: { flow },
    hint: newest.run === 1 ? "It has run once: that is run 1." : `Its runs are 1 to ${newest.run}.`,
  });
}

export async function unknownFlow(runs: RunReader, flow: string): Promise<MillraceError> {
  const names = (await runs.listFlows({ limit: 1000 })).items.map((item) => item.flow);
  const list = names.length > 10 ? `${names.slice(0, 10).join(", ")} and ${names.length - 10} more` : names.join(", ");
  return new MillraceError("flow.unknown", `no flow named "${flow}" has run here`, {
    hint: didYouMean(flow, names) ?? (names.length > 0 ? `There is ${list}.` : "No flow has run here yet."),
  });
}

/**
 * The tasks that a pathspec names in a run: steps in the order they first started, tasks by index, each as its newest
 * attempt. Throws MillraceError `step.unknown` and `task.unknown`.
 */
export async function* tasksOf(runs: RunReader, run: RunSummary, { step, index }: Pathspec): AsyncGenerator<Attempt> {
  const steps = (await runs.listSteps(run)).map((count) => count.step);
  if (step !== undefined && !steps.includes(step)) {
    const list = steps.length > 0 ? `Its steps that did are ${steps.join(", ")}.` : "None of its steps did.";
    throw new MillraceError("step.unknown", `no step "${step}" ran in run ${run.run}`, {
      where: { flow: run.flow },
      hint: didYouMean(step, steps) ?? list,
    });
  }
  if (step !== undefined && index !== undefined) {
    const [task] = await runs.readTasks(run, [{ step, index }]);
    if (!task) throw await unknownTask(runs, run, { step, index });
    yield task;
    return;
  }
  for (const name of step === undefined ? steps : [step]) {
    let cursor: string | undefined;
    do {
      const page = await runs.listTasks(run, name, {
        limit: 1000,
        ...(cursor !== undefined && { cursor }),
      });
      yield* page.items;
      cursor = page.cursor;
    } while (cursor !== undefined);
  }
}

async function unknownTask(runs: RunReader, run: RunSummary, { step, index }: TaskKey): Promise<MillraceError> {
  const { items, cursor } = await runs.listTasks(run, step, { limit: 5 });
  const list = items.map((task) => task.index).join(", ");
  return new MillraceError("task.unknown", `run ${run.run} has no task ${index} of it`, {
    where: { flow: run.flow, step },
    hint: `Its tasks are ${list}${cursor === undefined ? "" : " and so on"}.`,
  });
}

/** `Stats/42/compute/3` */
export function pathspecOf(run: RunSummary, task: { readonly step: string; readonly index: string }): string {
  return `${run.flow}/${run.run}/${task.step}/${task.index}`;
}
