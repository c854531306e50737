import type { Json, JsonObject } from "../graph/graph.ts";
import { askedNext } from "../statemachines/contract/asked-next.ts";
import {
  INTEGRATIONS,
  MAX_WIDTH,
  type BookkeepingRequest,
  type RunnerRequest,
} from "../statemachines/contract/contract.ts";
import {
  controlFields,
  controlItem,
  parseControlKey,
  type ControlItemKey,
} from "../statemachines/contract/control-item.ts";
import { TaskFailure } from "./asl/errors.ts";
import type { Integrations } from "./asl/interpreter.ts";
import { assertSucceeded, stateJob } from "./job.ts";
import type { RunnableFlow } from "./execute-flow.ts";
import type { RunReport } from "./run-report.ts";
import type { WorldRun } from "./world.ts";

interface Calls {
  readonly run: WorldRun;
  readonly flow: RunnableFlow;
  readonly report: Pick<RunReport, "control">;
}

/** What a flow's machine calls in an account, asked of the world that carries the run out. */
export function worldIntegrations(run: WorldRun, flow: RunnableFlow, report: Pick<RunReport, "control">): Integrations {
  const calls: Calls = { run, flow, report };
  return async (resource, input, { signal }) => {
    switch (resource) {
      case INTEGRATIONS.job: {
        const job = stateJob(flow.lineage, input as JsonObject);
        assertSucceeded(job, await run.runJob(job, signal));
        return {};
      }
      case INTEGRATIONS.invoke:
        return { Payload: await invoke(calls, input as { FunctionName: string; Payload: JsonObject }, signal) };
      case INTEGRATIONS.read:
        return getItem(calls, input as { Key: JsonObject });
      case INTEGRATIONS.items:
        return ranges();
      default:
        throw new TaskFailure("States.Runtime", `there is no ${resource} for a run that this program carries out`);
    }
  };
}

async function invoke(
  { run, flow, report }: Calls,
  { FunctionName, Payload }: { readonly FunctionName: string; readonly Payload: JsonObject },
  signal: AbortSignal,
): Promise<Json> {
  if (FunctionName !== flow.bookkeeping) {
    const request = Payload as unknown as RunnerRequest;
    const value = await run.invokeStep(FunctionName, request, signal);
    const next = value && askedNext(flow.lineage, request.step, request.index);
    if (!next) return {};
    report.control({ ...next, value });
    return { control: controlFields(value) as unknown as Json };
  }
  const { run: _, ...request } = Payload as unknown as BookkeepingRequest;
  if (request.action === "recordFailure") {
    const { action: __, ...failure } = request;
    await run.recordFailure(failure);
    return {};
  }
  const { node, index } = request;
  const value = await run.answerControl({ node, index });
  if (!value) return {};
  report.control({ node, index, value });
  return controlFields(value) as unknown as Json;
}

async function getItem({ run, report }: Calls, { Key }: { readonly Key: JsonObject }): Promise<Json> {
  const { node, index } = parseControlKey(Key as unknown as ControlItemKey);
  const value = await run.readControl({ node, index });
  if (!value) return {};
  report.control({ node, index, value });
  return { Item: controlItem(run.key, { node, index, value }) as unknown as Json };
}

let zeros: Json[] | undefined;

/** The object that distributed Maps count their children by: one for all of them, since it is as wide as any may be. */
function ranges(): Json {
  return (zeros ??= Array.from<Json>({ length: MAX_WIDTH }).fill(0));
}
