import type { Run } from "../store/ledger/ledger.ts";
import type { RunKey } from "../graph/run-name.ts";
import type { Json, JsonObject } from "../graph/graph.ts";
import { MillraceError } from "../graph/errors.ts";
import type { Client } from "./client/client.ts";
import { userName } from "./client/user-name.ts";

export interface TriggerRequest {
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly tags?: readonly string[] | undefined;
}

/** Starts a deployed flow. Throws MillraceError `parameter.invalid`, `flow.notDeployed`. */
export async function triggerFlow(client: Client, flow: string, request: TriggerRequest): Promise<RunKey> {
  const parameters = jsonParameters(flow, request.parameters);
  const { run } = await client.triggerRun(flow, { parameters, tags: [...(request.tags ?? [])], user: userName() });
  return { flow, run };
}

const SHORTEST_MILLISECONDS = 250;
const LONGEST_MILLISECONDS = 5_000;

/** Resolves once the run has ended. Throws what `signal` was aborted with. */
export async function runEnd(
  client: Client,
  run: RunKey,
  signal?: AbortSignal,
): Promise<Run & { readonly status: "succeeded" | "failed" | "stopped" }> {
  for (let wait = SHORTEST_MILLISECONDS; ; wait = Math.min(wait * 1.5, LONGEST_MILLISECONDS)) {
    signal?.throwIfAborted();
    const found = await client.runs.readRun(run);
    if (!found) throw new MillraceError("run.unknown", `there is no run ${run.flow}/${run.run}`);
    const { status } = found;
    if (status !== "running") return { ...found, status };
    await new Promise((resolve) => setTimeout(resolve, wait));
  }
}

/** Parameters travel to an account as JSON: what would change on the way is refused rather than changed. */
function jsonParameters(flow: string, parameters: Readonly<Record<string, unknown>>): JsonObject {
  const entries = Object.entries(parameters).filter(([, value]) => value !== undefined);
  for (const [parameter, value] of entries) {
    if (isJson(value)) continue;
    throw new MillraceError(
      "parameter.notJson",
      "JSON has no such value, and a run in an account is started with JSON",
      {
        where: { flow, parameter },
        hint: "Give it as text, a number, true, false, null, or arrays and plain objects of these.",
      },
    );
  }
  return Object.fromEntries(entries) as JsonObject;
}

function isJson(value: unknown): value is Json {
  if (value === null || typeof value === "string" || typeof value === "boolean") return true;
  if (typeof value === "number") return Number.isFinite(value) && !Object.is(value, -0);
  if (Array.isArray(value)) return value.every(isJson);
  if (typeof value !== "object" || Object.getPrototypeOf(value) !== Object.prototype) return false;
  return Object.values(value).every(isJson);
}
