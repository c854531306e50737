import type { Lineage } from "../sdk/graph/lineage.ts";
import { parseDuration } from "../sdk/units.ts";

/** How long to wait before the retry that follows the failure of try `number` (from 1). */
export function retryDelaySeconds(
  lineage: Lineage,
  step: string,
  number: number,
  random: () => number = Math.random,
): number {
  const retry = lineage.steps.get(step)?.node.options.retry;
  if (typeof retry !== "object" || retry.backoff === undefined) return 0;
  const grown = parseDuration(retry.backoff) * (retry.rate ?? 2) ** (number - 1);
  const delay = Math.min(grown, retry.maxDelay === undefined ? Infinity : parseDuration(retry.maxDelay));
  return retry.jitter ? delay * random() : delay;
}
