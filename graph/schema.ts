import type { JsonObject } from "./graph.ts";

const name = { type: "string", pattern: "^[A-Za-z0-9_-]{1,60}$" };
const artifact = { type: "string", pattern: "^[A-Za-z_][A-Za-z0-9_]{0,59}$" };
const text = { type: "string", minLength: 1 };
const count = { type: "integer", minimum: 1 };
const texts = { type: "object", additionalProperties: { type: "string" } };
const body = { type: "array", items: { $ref: "#/$defs/node" } };
const step = { $ref: "#/$defs/step" };

/** An object with these properties and no other. */
function record(properties: JsonObject, optional: JsonObject = {}): JsonObject {
  return {
    type: "object",
    properties: { ...properties, ...optional },
    required: Object.keys(properties),
    additionalProperties: false,
  };
}

const retry = record(
  { attempts: { type: "integer", minimum: 0, maximum: 9 } },
  {
    backoff: text,
    rate: { type: "number", minimum: 1 },
    maxDelay: text,
    jitter: { type: "boolean" },
  },
);

const schedule = record(
  {},
  {
    ...Object.fromEntries(["cron", "rate", "at", "timezone", "startAt", "endAt", "jitter"].map((key) => [key, text])),
    input: { type: "object" },
  },
);
const schedules = { anyOf: [text, schedule, { type: "array", items: { anyOf: [text, schedule] } }] };

/** JSON Schema (draft 2020-12) of a `Graph`: its shape. What goes beyond shape is `checkGraph`'s. */
export const graphSchema: JsonObject = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  title: "Millrace flow graph",
  ...record(
    {
      version: { const: 1 },
      name,
      parameters: { type: "object", additionalProperties: { $ref: "#/$defs/parameter" } },
      body,
    },
    { description: { type: "string" }, schedule: schedules },
  ),
  $defs: {
    parameter: record(
      { required: { type: "boolean" } },
      { description: { type: "string" }, schema: { type: "object" } },
    ),
    node: {
      anyOf: ["step", "foreach", "branch", "switch", "loop"].map((type) => ({
        $ref: `#/$defs/${type}`,
      })),
    },
    step: record({ type: { const: "step" }, name, options: { $ref: "#/$defs/options" } }),
    foreach: record(
      { type: { const: "foreach" }, over: artifact, as: artifact, body, join: step },
      { concurrency: count },
    ),
    branch: record({
      type: { const: "branch" },
      branches: { type: "array", minItems: 1, items: record({ name, body }) },
      join: step,
    }),
    switch: record(
      {
        type: { const: "switch" },
        id: { type: "string", pattern: "^switch\\.[1-9][0-9]*$" },
        on: artifact,
        cases: { type: "array", minItems: 1, items: record({ value: { type: "string" }, body }) },
      },
      { otherwise: body },
    ),
    loop: record({
      type: { const: "loop" },
      id: { type: "string", pattern: "^loop\\.[1-9][0-9]*$" },
      while: artifact,
      max: { ...count, maximum: 100_000 },
      body,
    }),
    options: record(
      {},
      {
        retry: { anyOf: [{ type: "integer", minimum: 0, maximum: 9 }, retry] },
        timeout: text,
        catch: { type: "boolean" },
        compute: { enum: ["local", "lambda", "batch"] },
        cpu: { type: "number", exclusiveMinimum: 0 },
        memory: text,
        gpu: count,
        image: text,
        env: texts,
        secrets: texts,
      },
    ),
  },
};
