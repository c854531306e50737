import type { Json } from "../../graph/graph.ts";
import { invalidMachine } from "./errors.ts";
import type { Expression } from "./execution.ts";
import { prepareIntrinsic } from "./intrinsic-call.ts";
import { notInInput, preparePath } from "./path.ts";

/**
 * A payload template (Parameters, ResultSelector, ItemSelector and so on): a field whose name ends in `.$` gets what
 * its path or intrinsic function answers, anything else stays as it is. Parts that never change are shared, not copied.
 */
export function prepareTemplate(template: Json): Expression {
  return prepareDynamic(template) ?? (() => template);
}

/** A path or a call of an intrinsic function, as the fields of a template and a Fail state's ErrorPath may have. */
export function prepareExpression(text: string, field: string): Expression {
  if (text.startsWith("$")) return preparePath(text, notInInput(field));
  if (text.startsWith("States.")) return prepareIntrinsic(text, field);
  throw invalidMachine(
    `The field '${field}' must be a path that starts with $ or an intrinsic function, not "${text}".`,
  );
}

/** Undefined for a part that is the same every time. */
function prepareDynamic(template: Json): Expression | undefined {
  if (Array.isArray(template)) return prepareArray(template as readonly Json[]);
  if (typeof template !== "object" || template === null) return undefined;
  let constant = true;
  const names = new Set<string>();
  const fields = Object.entries(template).map(([key, value]) => {
    const reads = key.endsWith(".$");
    const name = reads ? key.slice(0, -2) : key;
    if (names.has(name)) throw invalidMachine(`A template has both "${name}" and "${name}.$".`);
    names.add(name);
    if (reads && typeof value !== "string") throw invalidMachine(`The template's "${key}" must be a string.`);
    const read = reads ? prepareExpression(value as string, key) : prepareDynamic(value);
    constant &&= read === undefined;
    return [name, read ?? (() => value)] as const;
  });
  if (constant) return undefined;
  return (input, frame) => {
    const object: Record<string, Json> = {};
    for (const [name, read] of fields) {
      if (name === "__proto__") Object.defineProperty(object, name, { value: read(input, frame), enumerable: true });
      else object[name] = read(input, frame);
    }
    return object;
  };
}

function prepareArray(template: readonly Json[]): Expression | undefined {
  const items = template.map(prepareDynamic);
  if (items.every((item) => item === undefined)) return undefined;
  return (input, frame) => items.map((item, index) => (item === undefined ? template[index]! : item(input, frame)));
}
