import type { Lineage } from "../graph/lineage.ts";
import { retryDelaySeconds as delaySeconds } from "../statemachines/contract/retries.ts";

/** How long to wait before the retry that follows the failure of try `number` (from 1). */
export function retryDelaySeconds(lineage: Lineage, step: string, number: number): number {
  const options = lineage.steps.get(step)?.node.options;
  return options ? delaySeconds(options, number) : 0;
}
