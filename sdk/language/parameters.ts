import type { StandardJSONSchemaV1, StandardSchemaV1 } from "@standard-schema/spec";
import type { Definition } from "./definition.ts";
import { flagOf } from "../../graph/flags.ts";
import type { GraphParameter, JsonObject } from "../../graph/graph.ts";
import { mistakesError, quote } from "../../graph/mistake.ts";
import type { Mistake } from "../../graph/mistake.ts";
import { nearest } from "../../graph/nearest.ts";

/** What can be said of parameters as data: whether they must be given, and what their validators say of themselves. */
export function graphParameters(
  schemas: Readonly<Record<string, StandardSchemaV1>>,
): Readonly<Record<string, GraphParameter>> {
  return Object.fromEntries(
    Object.entries(schemas).map(([name, validator]) => {
      const schema = jsonSchemaOf(validator);
      const description = schema?.["description"] ?? Reflect.get(validator, "description");
      const parameter: GraphParameter = {
        required: isRequired(validator, schema),
        ...(typeof description === "string" && { description }),
        ...(schema && { schema }),
      };
      return [name, parameter];
    }),
  );
}

/**
 * Validates what a caller gives a flow and fills in defaults: the artifacts that a run begins with.
 *
 * @throws MillraceError `parameter.invalid`, which lists every problem: an unknown name, a missing value, one that the
 * validator refuses.
 */
export async function parseParameters(
  definition: Pick<Definition, "parameters"> & { readonly graph: { readonly name: string } },
  values: Readonly<Record<string, unknown>>,
): Promise<Record<string, unknown>> {
  const flow = definition.graph.name;
  const names = Object.keys(definition.parameters);
  const mistakes: Mistake[] = [];
  const note = (parameter: string, message: string, hint: string) =>
    mistakes.push({ code: "parameter.invalid", message, where: { flow, parameter }, hint });

  for (const name of Object.keys(values)) {
    if (!Object.hasOwn(definition.parameters, name))
      note(name, "the flow has no such parameter", hintOfUnknown(name, names));
  }
  const accepted: [string, unknown][] = [];
  for (const [name, schema] of Object.entries(definition.parameters)) {
    const value = Object.hasOwn(values, name) ? values[name] : undefined;
    const { issues, ...valid } = await schema["~standard"].validate(value);
    if (!issues) accepted.push([name, "value" in valid ? valid.value : undefined]);
    else if (value === undefined) note(name, "it is required", `Give it with --${flagOf(name)} VALUE.`);
    else note(name, issues.map(formatIssue).join("; "), `It was given as ${quote(value)}.`);
  }
  if (mistakes.length > 0) throw mistakesError("parameter.invalid", mistakes);
  return Object.fromEntries(accepted);
}

/**
 * Turns the text of a command line into a value for a parameter: of a flag given once, several times, or bare (`true`).
 * The parameter's JSON Schema tells which readings come into question; without one they are the text itself and the
 * text as JSON. The first reading that the validator accepts is taken; if it accepts none, the likeliest, so that its
 * complaint makes sense.
 */
export async function coerceText(
  schema: StandardSchemaV1,
  jsonSchema: JsonObject | undefined,
  text: string | readonly string[] | true,
): Promise<unknown> {
  if (text === true) return true;
  const readings = typeof text === "string" ? readText(text, jsonSchema) : readTexts(text, jsonSchema);
  for (const reading of readings) {
    const { issues } = await schema["~standard"].validate(reading);
    if (!issues) return reading;
  }
  return readings[0];
}

/** What one text may mean, the likeliest first. Never empty. */
function readText(text: string, schema: JsonObject | undefined): unknown[] {
  const types = typesOf(schema);
  const json = parseJson(text);
  if (types.size === 0) return json === undefined ? [text] : [text, json];
  const readings: unknown[] = json !== undefined && types.has(typeOf(json)) ? [json] : [];
  const number = Number(text);
  if (types.has("number") && text.trim() !== "" && Number.isFinite(number) && !losesDigits(text)) readings.push(number);
  if (types.has("array") && !Array.isArray(json)) readings.push(...readTexts([text], schema));
  if (types.has("string") || readings.length === 0) readings.push(text);
  return readings;
}

/** What a repeated flag may mean: a list, each element read by itself. */
function readTexts(texts: readonly string[], schema: JsonObject | undefined): unknown[][] {
  const likeliest = texts.map((text, at) => readText(text, elementSchema(schema, at))[0]);
  return typesOf(schema).size > 0 ? [likeliest] : [likeliest, texts.map((text) => parseJson(text) ?? text)];
}

function elementSchema(schema: JsonObject | undefined, at: number): JsonObject | undefined {
  for (const one of alternatives(schema)) {
    const places = one["prefixItems"];
    const element = (Array.isArray(places) ? places[at] : undefined) ?? one["items"];
    if (isObject(element)) return element;
  }
  return undefined;
}

/** The JSON types that a schema admits, whole numbers as "number"; none where it does not say. */
function typesOf(schema: JsonObject | undefined): Set<string> {
  const types = new Set<string>();
  for (const { type, const: constant, enum: values } of alternatives(schema)) {
    if (typeof type === "string") types.add(type);
    else if (Array.isArray(type)) for (const one of type) types.add(String(one));
    else if (constant !== undefined) types.add(typeOf(constant));
    else if (Array.isArray(values)) for (const value of values) types.add(typeOf(value));
    else return new Set();
  }
  if (types.delete("integer")) types.add("number");
  return types;
}

/** A schema, or those of which it admits any. */
function alternatives(schema: JsonObject | undefined): JsonObject[] {
  if (!schema) return [];
  const any = schema["anyOf"] ?? schema["oneOf"];
  return Array.isArray(any) ? any.filter(isObject).flatMap(alternatives) : [schema];
}

function typeOf(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "array" : typeof value;
}

/** Whether a whole number has more digits than a number holds. */
function losesDigits(text: string): boolean {
  return /^[+-]?\d+$/.test(text.trim()) && !Number.isSafeInteger(Number(text));
}

/** The value of a JSON text, but not of a number that would lose digits; undefined if it is none. */
function parseJson(text: string): unknown {
  if (losesDigits(text)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What a validator says of its input as JSON Schema, if it can (Standard JSON Schema 1). */
function jsonSchemaOf(validator: StandardSchemaV1): JsonObject | undefined {
  const props: Partial<StandardJSONSchemaV1.Props> = validator["~standard"];
  try {
    const { $schema: _, ...schema } = props.jsonSchema?.input({ target: "draft-2020-12" }) ?? {};
    return props.jsonSchema && JSON.parse(JSON.stringify(schema));
  } catch {
    // By the standard a validator throws for what JSON Schema cannot say, such as a date.
    return undefined;
  }
}

function isRequired(validator: StandardSchemaV1, schema: JsonObject | undefined): boolean {
  if (schema && Object.hasOwn(schema, "default")) return false;
  try {
    const result = validator["~standard"].validate(undefined);
    if (!(result instanceof Promise)) return result.issues !== undefined;
    result.catch(() => {});
  } catch {
    // Some validators throw where they would have to wait; a run's own validation will show it.
  }
  return true;
}

function formatIssue({ message, path = [] }: StandardSchemaV1.Issue): string {
  const keys = path.map((part) => String(typeof part === "object" ? part.key : part));
  return keys.length > 0 ? `${keys.join(".")}: ${message}` : message;
}

function hintOfUnknown(name: string, names: readonly string[]): string {
  const meant = nearest(name, names);
  if (meant) return `Did you mean ${meant} (--${flagOf(meant)})?`;
  return names.length > 0 ? `There are ${names.join(", ")}.` : "It takes none.";
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
