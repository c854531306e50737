import type { Graph } from "../../graph/graph.ts";
import type { Lineage } from "../../graph/lineage.ts";
import { schedulesOf } from "../../graph/schedule.ts";
import type { FlowRecord } from "../../store/registry/registry.ts";
import { checkOwner, type FlowCaller } from "./production.ts";
import { begin, deployedFlow, scheduleNames, write, type DeployParts } from "./register.ts";

type Parts = Pick<DeployParts, "registry" | "schedules" | "areFlowsShared" | "now"> & {
  readonly lineageOf: (graph: string) => Promise<Lineage>;
};

/**
 * Keeps a flow's schedules from starting runs, or lets them again. Deployed anew, the flow stays as it is; removed and
 * deployed, it starts by itself. Throws MillraceError `flow.notDeployed`, `flow.owned`, `flow.deploying`.
 */
export async function pauseFlow(
  { registry, schedules, areFlowsShared, now, lineageOf }: Parts,
  flow: string,
  { paused, caller }: { readonly paused: boolean; readonly caller: FlowCaller },
): Promise<{ readonly record: FlowRecord; readonly graph: Graph }> {
  const standing = await deployedFlow(registry, flow);
  checkOwner(standing, caller, areFlowsShared);
  const { graph } = await lineageOf(standing.graph);
  const wanted = schedulesOf(graph);
  const record: FlowRecord = {
    ...standing,
    schedule: undefined,
    schedules: schedules.namesOf(flow, wanted),
    paused: paused || undefined,
    deployingSince: undefined,
  };
  const begun = await begin({ registry, now }, standing, record);
  try {
    await schedules.keep(flow, { schedules: wanted, isPaused: paused, known: scheduleNames(begun) });
  } catch (error) {
    await registry.write({ ...begun, deployingSince: undefined }, begun.revision);
    throw error;
  }
  await write(registry, record, begun.revision);
  return { record, graph };
}
