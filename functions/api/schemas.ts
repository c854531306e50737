import { z } from "zod";
import type { Graph } from "../../graph/graph.ts";
import type { Control, ControlValue } from "../../graph/control-value.ts";
import type { TaskError } from "../../graph/task-error.ts";
import type { Manifest } from "../../store/artifacts/manifest.ts";
import type { Upload } from "../../store/blobs/signer.ts";
import type { LogRange, Owner } from "../../store/ledger/ledger.ts";

/**
 * What the questions and answers of several routes are made of. What is asked has a greatest size everywhere, and nothing
 * unknown is let in.
 */

export const optional = z.exactOptional;
export const text = (most: number) => z.string().min(1).max(most);
export const countSchema = z.int().min(0);
export const time = countSchema.describe("Milliseconds since the epoch");

/** An array that nobody writes to, as its type. */
export const list = <T extends z.ZodType>(array: z.ZodArray<T>) =>
  array as unknown as z.ZodType<readonly z.output<T>[]>;
export const page = <T extends z.ZodType>(item: T) =>
  z.strictObject({ items: z.array(item), cursor: optional(z.string()) });

const name = z.string().regex(/^[A-Za-z0-9_-]{1,60}$/);
export const flowName = name.describe("A flow's name");
export const stepName = name.describe("A step's name");
export const taskIndexSchema = z
  .string()
  .max(200)
  .regex(/^\d{1,9}(\.\d{1,9})*$/);
export const nodeNameSchema = z
  .string()
  .regex(/^[A-Za-z0-9_.-]{1,80}$/)
  .describe("A split's join, or a switch's or loop's id");

/** Of the `{…}` in paths, by their names. */
export const pathParts = {
  flow: flowName,
  run: z
    .string()
    .regex(/^[1-9]\d{0,14}$/)
    .transform(Number),
  step: stepName,
  index: taskIndexSchema,
  node: nodeNameSchema,
};

/** The SHA-256 of a blob's bytes. */
export const hash = z.string().regex(/^[0-9a-f]{64}$/);
export const tags = list(z.array(text(128)).max(40));
/** As the person's own machine names them; a namespace is made of it. */
export const user = z.string().regex(/^[^\s/:#]{1,64}$/);
export const owner: z.ZodType<Owner> = z.strictObject({ host: text(255), pid: countSchema });

/** Its shape is a JSON Schema of its own, which registration applies (graph/schema.ts). */
export const graph = z.record(z.string(), z.unknown()) as unknown as z.ZodType<Graph>;

const artifactName = text(200).refine((name) => name !== "__proto__");
const size = z
  .int()
  .min(0)
  .max(2 ** 43);
const inline = z
  .string()
  .max(2000)
  .regex(/^[A-Za-z0-9+/=]*$/);
const valueRef = z.union([
  z.strictObject({ inline, size }),
  z.strictObject({ blob: hash, size, at: optional(countSchema), head: optional(inline.max(64)) }),
]);
export const manifest: z.ZodType<Manifest> = z
  .record(artifactName, valueRef)
  .refine((one) => Object.keys(one).length <= 2000, "a task has at most 2,000 artifacts");

export const taskErrorSchema: z.ZodType<TaskError> = z.strictObject({
  name: z.string().max(200),
  message: z.string().max(65_536),
  source: optional(z.string().max(1000)),
  stack: optional(z.string().max(65_536)),
});

export const controlValueSchema: z.ZodType<ControlValue> = z.discriminatedUnion("type", [
  z.strictObject({
    type: z.literal("foreach"),
    width: countSchema,
    pages: z.array(hash).max(4000),
    pageSize: countSchema,
  }),
  z.strictObject({ type: z.literal("switch"), case: z.string().max(1000) }),
  z.strictObject({ type: z.literal("loop"), again: z.boolean(), bound: optional(z.literal(true)) }),
]);
const control: z.ZodType<Control> = z.strictObject({
  node: nodeNameSchema,
  index: taskIndexSchema,
  value: controlValueSchema,
});
export const controls = list(z.array(control).max(100));

export const log: z.ZodType<LogRange> = z.strictObject({ stream: text(600), from: countSchema, to: countSchema });
export const endStatus = z.enum(["succeeded", "failed", "stopped"]);
export const status = z.enum(["running", "succeeded", "failed", "stopped"]);
export const upload: z.ZodType<Upload> = z.strictObject({ url: z.url(), headers: z.record(z.string(), z.string()) });

export const limit = optional(z.coerce.number().int().min(1).max(1000));
export const cursor = optional(z.string().max(2000));

/** Whether what was asked is still there to be gone on with: who hears false stops. */
export const alive = z.strictObject({ alive: z.boolean() });
