import { loadFlow } from "../emulator/load-flow.ts";
import { mistakesError } from "../graph/mistake.ts";
import { compile } from "../statemachines/compile.ts";
import { offlineResources } from "../statemachines/resources.ts";
import { lineageOf } from "../graph/lineage.ts";
import { MillraceError } from "../graph/errors.ts";
import { formatCount } from "./output/words.ts";
import type { JsonFlag } from "./flags.ts";

/** Finds every mistake in a flow without running it: 0 where there is none, else 2. With `--json`, a line a mistake. */
export async function check(target: string, { json }: JsonFlag): Promise<number> {
  const { graph, mistakes } = await loadFlow(target, {});
  if (json && mistakes.length > 0) {
    for (const mistake of mistakes) process.stdout.write(`${JSON.stringify({ flow: graph.name, ...mistake })}\n`);
    return 2;
  }
  if (mistakes.length > 0) throw mistakesError("graph.invalid", mistakes);
  try {
    compile(graph, offlineResources);
  } catch (error) {
    if (!(error instanceof MillraceError) || !json) throw error;
    const { code, detail: message, where, hint } = error;
    process.stdout.write(`${JSON.stringify({ flow: graph.name, code, message, where, hint })}\n`);
    return 2;
  }
  if (!json) process.stdout.write(`${graph.name}: ${formatCount(lineageOf(graph).steps.size, "step")}, no mistakes.\n`);
  return 0;
}
