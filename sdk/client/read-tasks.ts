import type { AnyFlow } from "../language/language.ts";
import type { Graph } from "../../graph/graph.ts";
import { MillraceError } from "../../graph/errors.ts";
import { readTaskResults, type FlowResult } from "./results.ts";
import type { Client } from "./client.ts";

/** What every task of a run in an account left: the manifests now, the values when they are touched. */
export async function readAccountTasks(
  client: Client,
  ended: Pick<FlowResult<AnyFlow>, "flow" | "run" | "status" | "error">,
): Promise<FlowResult<AnyFlow>> {
  const run = await client.runs.readRun(ended);
  if (!run) throw new MillraceError("run.unknown", `there is no run ${ended.flow}/${ended.run}`);
  await client.prepare();
  const graph = JSON.parse(Buffer.from(client.readBlob(run.graph)).toString("utf8")) as Graph;
  return readTaskResults({ ledger: client.runs, read: client.readBlob }, ended, graph);
}
