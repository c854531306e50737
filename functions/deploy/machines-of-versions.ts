import type { Run } from "../../store/ledger/ledger.ts";
import type { Machines } from "../../aws/step-functions/machines.ts";
import type { DeployedVersion, FlowRecord } from "../../store/registry/registry.ts";

/** What a run that was made for a version is started by lives no longer: after this, no run of an earlier version starts. */
const STARTING_MILLISECONDS = 15 * 60_000;

/** How many earlier versions one deployment asks after. */
const ASKED_AFTER = 20;

/** The version that the run was made for, which need not be the newest: it may be started long after it was made. */
export function versionOf(
  { versions = [], stateMachineArn }: FlowRecord,
  run: Pick<Run, "graph" | "codePackage">,
): string {
  const own = versions.findLast(({ graph, codePackage }) => graph === run.graph && codePackage === run.codePackage);
  return (own ?? versions.at(-1))?.versionArn ?? stateMachineArn;
}

/**
 * Takes away those of the earlier versions, and the machines within them, that no run needs any more; answers the others.
 * What is not taken away now is asked after again with the next deployment.
 */
export async function retireVersions(
  machines: Machines,
  { earlier, newest }: { readonly earlier: readonly DeployedVersion[]; readonly newest?: DeployedVersion },
  now: number,
): Promise<DeployedVersion[]> {
  const superseded = earlier.map((version) => ({ supersededAt: now, ...version }));
  const asked = superseded.filter(({ supersededAt }) => !newest || supersededAt <= now - STARTING_MILLISECONDS);
  const idle: DeployedVersion[] = [];
  for (const version of asked.slice(0, ASKED_AFTER))
    if (isReplaced(version, newest) || !(await machines.isRunning(version.versionArn))) idle.push(version);
  const kept = superseded.filter((version) => !idle.includes(version));
  const left = [...kept, ...(newest ? [newest] : [])];
  const needed = new Set(left.flatMap(({ versionArn, children }) => [versionArn, ...children]));
  for (const { versionArn, children } of idle) {
    for (const child of children) if (!needed.has(child)) await machines.remove(child);
    if (newest && !needed.has(versionArn)) await machines.removeVersion(versionArn);
  }
  return kept;
}

/** Step Functions makes a machine anew only when the executions of the one before have ended; it counts from 1 again. */
function isReplaced({ versionArn }: DeployedVersion, newest: DeployedVersion | undefined): boolean {
  return versionArn === newest?.versionArn;
}
