import * as fc from "fast-check";

/** A JSON Schema as zod writes it. */
type Schema = Readonly<Record<string, unknown>>;

const anything = fc.jsonValue({ maxDepth: 4 }) as fc.Arbitrary<unknown>;
/** What is the wrong size, sign or kind everywhere, or the name of something that every object has. */
const odd = fc.constantFrom<unknown>(
  null,
  -1,
  0.5,
  2 ** 53,
  1e308,
  "",
  "__proto__",
  "constructor",
  "\u0000",
  "\ud800",
  {},
  [],
);

/** Values that fit a schema, and as often values that fit but for one place of them. */
export function likeSchema(schema: Schema): fc.Arbitrary<unknown> {
  const fitting = fits(schema, schema, 0);
  const spoiled = fc.tuple(fitting, fc.nat({ max: 30 }), fc.oneof(anything, odd)).map(([value, at, other]) => {
    let left = at;
    const spoil = (one: unknown): unknown => {
      if (left-- === 0) return other;
      if (Array.isArray(one)) return one.map(spoil);
      if (typeof one !== "object" || one === null) return one;
      return Object.fromEntries(Object.entries(one).map(([key, inner]) => [key, spoil(inner)]));
    };
    return spoil(value);
  });
  return fc.oneof(fitting, spoiled, anything);
}

function fits(schema: Schema, root: Schema, depth: number): fc.Arbitrary<unknown> {
  const inner = (one: unknown) => fits(one as Schema, root, depth + 1);
  const { $ref, const: constant, enum: values, anyOf, oneOf, allOf, type } = schema;
  if (depth > 12) return fc.constant(null);
  if (typeof $ref === "string") return inner(resolve(root, $ref));
  if ("const" in schema) return fc.constant(constant);
  if (Array.isArray(values)) return fc.constantFrom(...(values as unknown[]));
  const alternatives = anyOf ?? oneOf;
  if (Array.isArray(alternatives)) return fc.oneof(...alternatives.map(inner));
  if (Array.isArray(allOf)) return inner(allOf[0]);
  switch (type) {
    case "string":
      return text(schema);
    case "integer":
    case "number":
      return fc.integer({
        min: Number(schema["minimum"] ?? 0),
        max: Math.min(Number(schema["maximum"] ?? 99), 2 ** 31),
      });
    case "boolean":
      return fc.boolean();
    case "null":
      return fc.constant(null);
    case "array":
      return fc.array(schema["items"] ? inner(schema["items"]) : anything, { maxLength: 3 });
    case "object":
      return object(schema, inner);
    default:
      return anything;
  }
}

function object(schema: Schema, inner: (one: unknown) => fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  const {
    properties,
    required = [],
    additionalProperties,
  } = schema as {
    readonly properties?: Schema;
    readonly required?: string[];
    readonly additionalProperties?: unknown;
  };
  if (properties) {
    const fields = Object.fromEntries(Object.entries(properties).map(([name, one]) => [name, inner(one)]));
    return fc.record(fields, { requiredKeys: required });
  }
  return fc.dictionary(fc.string({ maxLength: 8 }), additionalProperties ? inner(additionalProperties) : anything, {
    maxKeys: 3,
  });
}

function text({ pattern, minLength, maxLength }: Schema): fc.Arbitrary<string> {
  if (typeof pattern === "string") return fc.stringMatching(new RegExp(pattern));
  const least = Number(minLength ?? 0);
  return fc.string({ minLength: least, maxLength: Math.min(Number(maxLength ?? 20), least + 20) });
}

function resolve(root: Schema, ref: string): unknown {
  const keys = ref.replace(/^#\/?/, "").split("/").filter(Boolean);
  return keys.reduce<unknown>((one, key) => (one as Record<string, unknown>)[key], root);
}
