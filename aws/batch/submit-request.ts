import type { SubmitJobRequest } from "@aws-sdk/client-batch";
import type { JsonObject } from "../../graph/graph.ts";

/** The Parameters of a state `batch:submitJob`, as the SDK spells them. */
export function submitRequest(parameters: JsonObject): SubmitJobRequest {
  return lowerCased(parameters) as unknown as SubmitJobRequest;
}

function lowerCased(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(lowerCased);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) => [name[0]!.toLowerCase() + name.slice(1), lowerCased(one)]),
  );
}
