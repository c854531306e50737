import type { Page, Run } from "../../store/ledger/ledger.ts";
import type { RunKey } from "../../graph/run-name.ts";
import { finishOwnRun, stopRun } from "../runs/end.ts";
import { readOwnRun } from "../runs/own.ts";
import { readRun } from "../runs/read.ts";
import { recordRun, triggerRun, type Starting } from "../runs/trigger.ts";
import { keepBooksOf } from "./bookkeeping-call.ts";
import { withoutPages } from "./control-answer.ts";
import {
  ROUTES,
  type ControlResponse,
  type HeartbeatResponse,
  type ListAttemptsResponse,
  type ListFlowsResponse,
  type ListRunsResponse,
  type ListStepsResponse,
  type ListTasksResponse,
  type RunSummary,
} from "./contract.ts";
import { MillraceError } from "../../graph/errors.ts";
import { bodyOf, on, partOf, queryOf, type Api, type Request } from "./route.ts";
import * as schemas from "./schemas.ts";

/** Runs: made, listed, read, stopped; and what there is to read of their tasks. */
export function addRunRoutes(app: Api, parts: Starting): void {
  const { ledger, now } = parts;

  on(app, ROUTES.createRun, async (request) => {
    const flow = partOf(request, "flow", schemas.flowName);
    const asked = await bodyOf(request, schemas.createRun);
    return asked.engine === "service" ? triggerRun(parts, flow, asked) : recordRun(parts, flow, asked);
  });
  on(app, ROUTES.stopRun, (request) => stopRun(parts, runKey(request)));
  on(app, ROUTES.finishRun, async (request) =>
    finishOwnRun(parts, runKey(request), await bodyOf(request, schemas.finishRun)),
  );
  on(app, ROUTES.heartbeatRun, async (request): Promise<HeartbeatResponse> => {
    const run = await ledger.updateRun(runKey(request), { heartbeatAt: now() }, "running");
    return { alive: run !== undefined };
  });
  on(app, ROUTES.readControl, async (request): Promise<ControlResponse> => {
    const key = runKey(request);
    await readOwnRun(ledger, key);
    const node = partOf(request, "node", schemas.nodeName);
    const index = partOf(request, "index", schemas.taskIndex);
    const [value] = await ledger.readControls(key, [{ node, index }]);
    return value ? { value: withoutPages(value) } : {};
  });
  on(app, ROUTES.keepBooks, async (request): Promise<ControlResponse> => {
    const run = await readOwnRun(ledger, runKey(request));
    const value = await keepBooksOf(parts, run, await bodyOf(request, schemas.keepBooks));
    return value ? { value: withoutPages(value) } : {};
  });
  on(app, ROUTES.changeRun, async (request): Promise<Run> => {
    const key = runKey(request);
    const run = await ledger.updateRun(key, await bodyOf(request, schemas.changeRun));
    return run ?? readRun(ledger, key);
  });

  on(app, ROUTES.listFlows, async (request): Promise<ListFlowsResponse> => {
    const { items, cursor } = await ledger.listFlows(queryOf(request, schemas.listFlows));
    return page(
      items.map(({ flow, newest }) => ({ flow, newest: summary(newest) })),
      cursor,
    );
  });
  on(app, ROUTES.findRuns, async (request): Promise<ListRunsResponse> => {
    const { items, cursor } = await ledger.listRuns(queryOf(request, schemas.listRuns));
    return page(items.map(summary), cursor);
  });
  on(app, ROUTES.listRuns, async (request): Promise<ListRunsResponse> => {
    const flow = partOf(request, "flow", schemas.flowName);
    const { items, cursor } = await ledger.listRuns({ flow, ...queryOf(request, schemas.listRuns) });
    return page(items.map(summary), cursor);
  });
  on(app, ROUTES.readRun, (request) => readRun(ledger, runKey(request)));
  on(app, ROUTES.listSteps, async (request): Promise<ListStepsResponse> => {
    const key = runKey(request);
    await readRun(ledger, key);
    return { items: await ledger.listSteps(key) };
  });
  on(app, ROUTES.listTasks, (request): Promise<ListTasksResponse> => {
    const query = queryOf(request, schemas.listTasks);
    const step = partOf(request, "step", schemas.stepName);
    return withinBytes(query.limit ?? 100, (limit) => ledger.listTasks(runKey(request), step, { ...query, limit }));
  });
  on(app, ROUTES.listAttempts, async (request): Promise<ListAttemptsResponse> => {
    const step = partOf(request, "step", schemas.stepName);
    const index = partOf(request, "index", schemas.taskIndex);
    const items = await ledger.listAttempts(runKey(request), { step, index });
    if (items.length === 0)
      throw new MillraceError("task.unknown", `it has no task ${index}`, {
        where: { flow: runKey(request).flow, step },
      });
    return { items };
  });
}

export function runKey(request: Request): RunKey {
  return { flow: partOf(request, "flow", schemas.flowName), run: partOf(request, "run", schemas.runNumber) };
}

/** Lambda answers 6 MB at most. */
const PAGE_BYTES = 4 * 1024 * 1024;

/** A page of what was asked for, or of fewer where that would be too long an answer. */
async function withinBytes<T>(limit: number, read: (limit: number) => Promise<Page<T>>): Promise<Page<T>> {
  const found = await read(limit);
  if (limit === 1 || JSON.stringify(found.items).length <= PAGE_BYTES) return found;
  return withinBytes(Math.max(1, Math.floor(limit / 4)), read);
}

function summary(run: Run): RunSummary {
  const { parameters, ...rest } = run;
  return parameters && rest;
}

function page<T>(items: T[], cursor: string | undefined): Page<T> {
  return { items, ...(cursor !== undefined && { cursor }) };
}
