import { z } from "zod";
import { MillraceError } from "../../graph/errors.ts";
import type { Page, Run, RunSummary } from "../../store/ledger/ledger.ts";
import { finishCallerRun, stopRun } from "../runs/end.ts";
import { readCallerRun, requireCallerRun } from "../runs/caller-run.ts";
import { requireRun } from "../runs/read.ts";
import { recordRun, triggerRun, type Starting } from "../runs/trigger.ts";
import { answerMachineOf } from "./bookkeeping-call.ts";
import { withoutPages } from "./control-answer.ts";
import { routeOver } from "./route.ts";
import {
  attempt,
  controlResponse,
  createdRun,
  createRunRequest,
  finishRunRequest,
  answerMachineRequest,
  run,
  runQuery,
  runSummary,
  stepCount,
} from "./run-schemas.ts";
import { alive, cursor, flowName, limit, optional, page, tags, taskIndexSchema, text, user } from "./schemas.ts";

const route = routeOver<Starting>();

/** Runs are made, changed and ended. */
const writing = {
  createRun: route("POST /flows/{flow}/runs", {
    about: "Starts a run of a deployed flow, or records one that the caller carries out.",
    caller: "person",
    body: createRunRequest,
    answer: createdRun,
    handler: async (parts, { path: { flow }, body, principal }) => {
      if (body.engine === "service") return triggerRun(parts, flow, { ...body, principal });
      const { run, secret } = await recordRun(parts, flow, { ...body, principal });
      return { ...run, secret };
    },
  }),
  changeRun: route("PATCH /flows/{flow}/runs/{run}", {
    about: "Changes a run's tags.",
    caller: "person",
    /** In place of those it had. */
    body: z.strictObject({ tags }),
    answer: run,
    handler: async ({ ledger }, { path, body, principal }) => {
      const by = principal !== undefined && { principals: { tagged: principal } };
      return (await ledger.updateRun(path, { ...body, ...by })) ?? requireRun(ledger, path);
    },
  }),
  stopRun: route("POST /flows/{flow}/runs/{run}/stop", {
    about: "Stops a run.",
    caller: "person",
    body: z.strictObject({ user }),
    /** False where it had ended already. */
    answer: z.strictObject({ stopped: z.boolean() }),
    handler: (parts, { path, body, token, principal }) => stopRun(parts, path, { ...body, token, principal }),
  }),
};

/** What a person's engine says, and its state machine asks, of a run that it carries out. */
const ownRuns = {
  finishRun: route("POST /flows/{flow}/runs/{run}/finish", {
    about: "Ends a run that the caller carried out.",
    caller: "person",
    body: finishRunRequest,
    answer: run,
    handler: (parts, { path, body, principal }) => finishCallerRun(parts, { ...path, principal }, body),
  }),
  heartbeatRun: route("POST /flows/{flow}/runs/{run}/heartbeat", {
    about: "Says that a run that the caller carries out is alive.",
    caller: "person",
    answer: alive,
    handler: async ({ ledger, now }, { path, principal }) => {
      await requireCallerRun(ledger, { ...path, principal });
      const run = await ledger.updateRun(path, { heartbeatAt: now() }, "running");
      return { alive: run !== undefined };
    },
  }),
  readControl: route("GET /flows/{flow}/runs/{run}/controls/{node}/{index}", {
    about: "What a split, switch or loop of a run that the caller carries out has to go by.",
    caller: "person",
    answer: controlResponse,
    handler: async ({ ledger }, { path, principal }) => {
      await readCallerRun(ledger, { ...path, principal });
      const [value] = await ledger.readControls(path, [path]);
      return value ? { value: withoutPages(value) } : {};
    },
  }),
  answerMachine: route("POST /flows/{flow}/runs/{run}/bookkeeping", {
    about: "What the state machine of a run that the caller carries out asks.",
    caller: "person",
    body: answerMachineRequest,
    answer: controlResponse,
    handler: async (parts, { path, body, principal }) => {
      const run = await readCallerRun(parts.ledger, { ...path, principal });
      const value = await answerMachineOf(parts, run, body);
      return value ? { value: withoutPages(value) } : {};
    },
  }),
};

/** What there is to read of runs and their tasks. */
const reading = {
  listFlows: route("GET /flows", {
    about: "Every flow that has a run, with its newest.",
    caller: "person",
    query: z.strictObject({ namespace: optional(text(200)), limit, cursor }),
    answer: page(z.strictObject({ flow: flowName, newest: runSummary })),
    handler: async ({ ledger }, { query }) =>
      eachOf(await ledger.listFlows(query), ({ flow, newest }) => ({ flow, newest: summaryOf(newest) })),
  }),
  findRuns: route("GET /runs", {
    about: "The runs of all flows, newest first.",
    caller: "person",
    query: runQuery,
    answer: page(runSummary),
    handler: async ({ ledger }, { query }) => eachOf(await ledger.listRuns(query), summaryOf),
  }),
  listRuns: route("GET /flows/{flow}/runs", {
    about: "A flow's runs, newest first.",
    caller: "person",
    query: runQuery,
    answer: page(runSummary),
    handler: async ({ ledger }, { path: { flow }, query }) =>
      eachOf(await ledger.listRuns({ flow, ...query }), summaryOf),
  }),
  readRun: route("GET /flows/{flow}/runs/{run}", {
    about: "A run.",
    caller: "person",
    answer: run,
    handler: ({ ledger }, { path }) => requireRun(ledger, path),
  }),
  listSteps: route("GET /flows/{flow}/runs/{run}/steps", {
    about: "A run's steps, with how many tasks stand at each status.",
    caller: "person",
    answer: page(stepCount),
    handler: async ({ ledger }, { path }) => {
      await requireRun(ledger, path);
      return { items: await ledger.listSteps(path) };
    },
  }),
  listTasks: route("GET /flows/{flow}/runs/{run}/steps/{step}/tasks", {
    about: "A step's tasks, each as its newest attempt.",
    caller: "person",
    query: z.strictObject({ under: optional(taskIndexSchema), limit, cursor }),
    /** A page may have fewer than asked for, so that it stays under 4 MiB. */
    answer: page(attempt),
    handler: ({ ledger }, { path, query }) =>
      withinBytes(query.limit ?? 100, (limit) => ledger.listTasks(path, path.step, { ...query, limit })),
  }),
  listAttempts: route("GET /flows/{flow}/runs/{run}/tasks/{step}/{index}/attempts", {
    about: "Every attempt of one task.",
    caller: "person",
    answer: page(attempt),
    handler: async ({ ledger }, { path }) => {
      const items = await ledger.listAttempts(path, path);
      const { flow, step, index } = path;
      if (items.length === 0)
        throw new MillraceError("task.unknown", `it has no task ${index}`, { where: { flow, step } });
      return { items };
    },
  }),
};

/** Runs: made, listed, read, stopped; and what there is to read of their tasks. */
export const runRoutes = { ...writing, ...ownRuns, ...reading };

/** Lambda answers 6 MB at most. */
const PAGE_BYTES = 4 * 1024 * 1024;

/** A page of what was asked for, or of fewer where that would be too long an answer. */
async function withinBytes<T>(limit: number, read: (limit: number) => Promise<Page<T>>): Promise<Page<T>> {
  const found = await read(limit);
  if (limit === 1 || JSON.stringify(found.items).length <= PAGE_BYTES) return found;
  return withinBytes(Math.max(1, Math.floor(limit / 4)), read);
}

function summaryOf(run: Run): RunSummary {
  const { parameters, ...rest } = run;
  return parameters && rest;
}

function eachOf<In, Out>({ items, cursor }: Page<In>, change: (item: In) => Out): Page<Out> {
  return { items: items.map(change), ...(cursor !== undefined && { cursor }) };
}
