import { types } from "node:util";
import { MillraceError } from "../../graph/errors.ts";

/** What an artifact cannot hold, told with the place where it stands, such as `model.layers[3].fit`. */
export function refuse(value: unknown, path: string): MillraceError {
  const [what, hint] = describe(value, /([\p{ID_Start}$_][\p{ID_Continue}$]*)$/u.exec(path)?.[1] ?? "value");
  return new MillraceError("artifact.unsupported", `${path} ${what}`, { hint });
}

function describe(value: unknown, name: string): [what: string, hint: string] {
  if (typeof value === "symbol") return ["is a symbol", "An artifact holds plain data: return a string in its place."];
  if (typeof value === "function") {
    const what = /^class\b/.test(Function.prototype.toString.call(value)) ? "is a class" : "is a function";
    return [
      what,
      "An artifact holds plain data: return what the function gives, and define the function where it is used.",
    ];
  }
  const type = typeName(value);
  const what = `is ${/^[aeiou]/i.test(type) ? "an" : "a"} ${type}`;
  if (types.isPromise(value)) return ["is a promise", "Await it before returning it."];
  if (types.isWeakMap(value) || types.isWeakSet(value)) {
    return [what, `An artifact cannot hold what is weakly held: return a ${type.replace("Weak", "")}.`];
  }
  if (types.isSharedArrayBuffer(value))
    return ["is shared memory", `Return a copy of it, e.g. new Uint8Array(${name}).slice().`];
  if (isIterator(value)) return [what, `Return what it gives, e.g. [...${name}].`];
  if (isStream(value))
    return [what, "An artifact cannot hold an open stream or socket: read it to its end and return what it gave."];
  if (types.isNativeError(value)) {
    return [
      `is an instance of ${type}`,
      `An artifact holds plain data: return what matters of it, e.g. ${name}.message.`,
    ];
  }
  return [`is an instance of ${type}`, `An artifact holds plain data: return its fields, e.g. { ...${name} }.`];
}

function typeName(value: unknown): string {
  try {
    const name: unknown = (value as object).constructor?.name;
    if (typeof name === "string" && name !== "" && name !== "Object") return name;
  } catch {
    // A getter of the author's threw; the tag below is enough to say what it is.
  }
  return Object.prototype.toString.call(value).slice(8, -1);
}

function isIterator(value: unknown): boolean {
  return types.isGeneratorObject(value) || types.isMapIterator(value) || types.isSetIterator(value);
}

function isStream(value: unknown): boolean {
  const stream = value as {
    pipe?: unknown;
    write?: unknown;
    getReader?: unknown;
    getWriter?: unknown;
  };
  return [stream.pipe, stream.write, stream.getReader, stream.getWriter].some((method) => typeof method === "function");
}

/** A step of a path: `.name` where the key is one, `["a key"]` where it is not, `[3]` for an index. */
export function pathStep(key: string | number): string {
  if (typeof key === "number") return `[${key}]`;
  return /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
}
