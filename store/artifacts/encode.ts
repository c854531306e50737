import { types } from "node:util";
import { MillraceError } from "../../graph/errors.ts";
import { isIrregular } from "./irregular.ts";
import { pathStep, refuse } from "./refuse.ts";
import { cut, type Segments } from "./segments.ts";
import { errorTypes, MAJOR, TAG, typedArrayOf, typedArrayTag } from "./tags.ts";
import { CborWriter, SPARE_BYTES } from "./writer.ts";

/**
 * The value as CBOR (RFC 8949), in segments that stand one after the other. Whatever structuredClone carries comes back
 * as it went in, identity and cycles included, at any depth. Large binary values are views on the caller's memory and
 * are not copied, so the segments must be used before it changes.
 *
 * `name` is what the value is called in an error's path, or makes that up when it is needed. Throws MillraceError
 * `artifact.unsupported` for what is not data: functions, symbols, promises, instances of classes, a getter that throws.
 */
export function encodeValue(value: unknown, name: string | (() => string) = "value"): Uint8Array[] {
  return withSpare((buffer) => {
    const first = new Encoder(new CborWriter(buffer), name);
    first.encode(value);
    return finished(first, { value, name, buffer });
  });
}

/** A list's encoding, the same as encodeValue's, and the encoding of each of its items on its own. */
export interface EncodedList {
  readonly whole: Uint8Array[];
  readonly items: readonly Segments[];
}

/**
 * The list as CBOR, and each of its items as CBOR on its own. An array's and a Set's items are views on the whole, encoded
 * once; but where anything is referred to twice, or the list is of another kind, each item is encoded once more.
 * Throws as encodeValue does.
 */
export function encodeList(list: Iterable<unknown>, name = "value"): EncodedList {
  const { whole, bounds } = withSpare((buffer) => {
    const first = new Encoder(new CborWriter(buffer), name);
    const bounds = first.encodeItems(list);
    const whole = finished(first, { value: list, name, buffer });
    return { whole, bounds: first.repeated.size === 0 && !Object.hasOwn(list, Symbol.iterator) ? bounds : undefined };
  });
  return { whole, items: bounds ? cut(whole, bounds) : encodeEach(list, name) };
}

/** Each item as CBOR on its own: an object that two of them share is two once they are read. */
export function encodeEach(items: Iterable<unknown>, name = "value"): Segments[] {
  return Array.from(items, (item, i) => encodeValue(item, () => name + pathStep(i)));
}

/** What was encoded; only now is it known what is referred to twice: it is marked where it first stands, so all is written again. */
function finished(
  first: Encoder,
  { value, name, buffer }: { value: unknown; name: string | (() => string); buffer: Buffer },
): Uint8Array[] {
  if (first.repeated.size === 0) return first.out.finish();
  const second = new Encoder(new CborWriter(buffer), name, first.repeated);
  second.encode(value);
  return second.out.finish();
}

function withSpare<T>(work: (buffer: Buffer) => T): T {
  const buffer = spare ?? Buffer.allocUnsafeSlow(SPARE_BYTES);
  spare = undefined;
  try {
    return work(buffer);
  } finally {
    spare = buffer;
  }
}

/** Taken while in use: a getter of the author's may call encodeValue itself. */
let spare: Buffer | undefined;

/** A container half written: what is still to come of it, and where it stands. */
interface Frame {
  readonly kind: "array" | "object" | "map" | "set";
  /** The elements, or `source`'s keys in the order they are written. */
  readonly items: readonly unknown[];
  readonly source: Record<string, unknown> | undefined;
  /** As many as the encoding says there are, whatever a getter does to the list meanwhile. */
  readonly count: number;
  next: number;
}

class Encoder {
  readonly out: CborWriter;
  readonly repeated = new Set<object>();
  private readonly seen = new Set<object>();
  /** In the second pass: what is repeated, with its number once it has been written. */
  private readonly shared: Map<object, number> | undefined;
  private sharedCount = 0;

  private readonly frames: Frame[] = [];
  private readonly name: string | (() => string);

  constructor(out: CborWriter, name: string | (() => string), repeated?: ReadonlySet<object>) {
    this.out = out;
    this.name = name;
    if (repeated) this.shared = new Map(Array.from(repeated, (object) => [object, -1]));
  }

  encode(root: unknown): void {
    this.item(root);
    this.drain(0);
  }

  /**
   * Writes a list; answers where its first item begins and each of them ends, or nothing where it is no array or Set, or
   * one with more to it than its items.
   */
  encodeItems(list: object): number[] | undefined {
    this.item(list);
    const [root] = this.frames;
    const hasItemsAlone = root?.kind === "array" || root?.kind === "set";
    const bounds = [this.out.size];
    while (hasItemsAlone && root.next < root.count) {
      this.item(this.read(root, root.next++));
      this.drain(1);
      bounds.push(this.out.size);
    }
    this.drain(0);
    return hasItemsAlone ? bounds : undefined;
  }

  /** Writes what is half written, but for so many containers that hold the rest. */
  private drain(most: number): void {
    const { frames } = this;
    // A loop and a list of frames rather than recursion: a list linked 100,000 deep must not exhaust the stack.
    while (frames.length > most) {
      const depth = frames.length;
      const frame = frames[depth - 1]!;
      const { items, source } = frame;
      while (frames.length === depth) {
        if (frame.next === frame.count) {
          frames.pop();
        } else if (source === undefined) {
          this.item(this.read(frame, frame.next++));
        } else {
          this.out.text(items[frame.next++] as string);
          this.item(this.read(frame, frame.next - 1));
        }
      }
    }
  }

  private read(frame: Frame, at: number): unknown {
    try {
      return frame.source === undefined ? frame.items[at] : frame.source[frame.items[at] as string];
    } catch (error) {
      frame.next = at + 1;
      throw unreadable(error, this.path());
    }
  }

  /** A proxy of the author's may throw at anything. */
  private readOf<T>(value: object, read: (value: object) => T): T {
    try {
      return read(value);
    } catch (error) {
      throw unreadable(error, this.path());
    }
  }

  private item(value: unknown): void {
    switch (typeof value) {
      case "string":
        return this.out.text(value);
      case "number":
        return this.out.number(value);
      case "boolean":
        return this.out.byte(value ? 0xf5 : 0xf4);
      case "undefined":
        return this.out.byte(0xf7);
      case "bigint":
        return this.out.bigint(value);
      case "object":
        return value === null ? this.out.byte(0xf6) : this.object(value);
      default:
        throw refuse(value, this.path());
    }
  }

  private object(value: object): void {
    if (this.isReference(value)) return;
    const prototype = this.readOf(value, Object.getPrototypeOf);
    if (prototype === Object.prototype || prototype === null) return this.plain(value);
    const type = builtIns.get(prototype as object) ?? foreignBuiltIn(prototype as object);
    if (type === "Array" && Array.isArray(value)) return this.array(value);
    if (type === "Object" && Object.prototype.toString.call(value) === "[object Object]") return this.plain(value);
    if (type === "Date" && types.isDate(value)) return this.date(value);
    if (type === "Map" && types.isMap(value)) {
      const items = [...value].flat(1);
      this.out.head(MAJOR.tag, TAG.map);
      this.out.head(MAJOR.map, items.length / 2);
      return this.push("map", items);
    }
    if (type === "Set" && types.isSet(value)) {
      this.out.head(MAJOR.tag, TAG.set);
      this.out.head(MAJOR.array, value.size);
      return this.push("set", [...value]);
    }
    if (type === "Buffer" && types.isUint8Array(value)) return this.out.bytes(value);
    if (ArrayBuffer.isView(value)) return this.view(value, type);
    if (type === "ArrayBuffer" && types.isArrayBuffer(value)) {
      this.out.generic("ArrayBuffer", 1);
      return this.out.bytes(new Uint8Array(value));
    }
    if (type === "RegExp" && types.isRegExp(value)) {
      this.out.generic("RegExp", 2);
      this.out.text(value.source);
      return this.out.text(value.flags);
    }
    if (type !== undefined && errorTypes.has(type) && types.isNativeError(value)) return this.error(value, type);
    if (type !== undefined && types.isBoxedPrimitive(value) && !types.isSymbolObject(value)) {
      this.out.generic("Object", 1);
      return this.item(value.valueOf());
    }
    throw refuse(value, this.path());
  }

  private plain(value: object): void {
    const keys = this.readOf(value, Object.keys);
    this.out.head(MAJOR.map, keys.length);
    if (keys.length > 0) this.push("object", keys, value);
  }

  private array(value: readonly unknown[]): void {
    if (isIrregular(value)) {
      this.out.generic("Array", 2);
      this.out.number(value.length);
      return this.plain(value);
    }
    this.out.head(MAJOR.array, value.length);
    if (value.length > 0) this.push("array", value);
  }

  /** Its own properties, those first that are not enumerable: `message` and `stack`, mostly `cause`. */
  private error(value: Error, type: string): void {
    const enumerable = Object.keys(value);
    const hidden = ["name", "message", "stack", "cause", "errors"].filter(
      (key) => Object.hasOwn(value, key) && !enumerable.includes(key),
    );
    this.out.generic(type, 2);
    this.out.number(hidden.length);
    const keys = [...hidden, ...enumerable];
    this.out.head(MAJOR.map, keys.length);
    this.push("object", keys, value);
  }

  private date(value: Date): void {
    this.out.head(MAJOR.tag, TAG.date);
    this.out.number(value.getTime() / 1000);
  }

  private view(value: ArrayBufferView, type: string | undefined): void {
    const tag = typedArrayTag.get(type ?? "");
    if (tag !== undefined && types.isTypedArray(value)) this.out.head(MAJOR.tag, tag);
    else if (type === "DataView" && types.isDataView(value)) this.out.generic("DataView", 1);
    else throw refuse(value, this.path());
    this.out.bytes(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
  }

  /** Whether the object has been written before, and is now a reference to that. */
  private isReference(value: object): boolean {
    if (this.shared === undefined) {
      const { size } = this.seen;
      if (this.seen.add(value).size > size) return false;
      this.repeated.add(value);
      return true;
    }
    const number = this.shared.get(value);
    if (number === undefined) return false;
    if (number === -1) {
      this.shared.set(value, this.sharedCount++);
      this.out.head(MAJOR.tag, TAG.shared);
      return false;
    }
    this.out.head(MAJOR.tag, TAG.reference);
    this.out.head(MAJOR.unsigned, number);
    return true;
  }

  private push(kind: Frame["kind"], items: readonly unknown[], source?: object): void {
    this.frames.push({
      kind,
      items,
      source: source as Record<string, unknown> | undefined,
      count: items.length,
      next: 0,
    });
  }

  /** Where the item is that is being written. */
  private path(): string {
    let path = typeof this.name === "string" ? this.name : this.name();
    for (const { kind, items, source, next } of this.frames) {
      const at = next - 1;
      if (source !== undefined) path += pathStep(Array.isArray(source) ? arrayKey(items[at]) : (items[at] as string));
      else if (kind === "array") path += pathStep(at);
      else if (kind === "set") path = `[...${path}][${at}]`;
      else if (at % 2 === 0) path = `[...${path}.keys()][${at / 2}]`;
      else path += typeof items[at - 1] === "object" ? `.values()[${(at - 1) / 2}]` : `.get(${keyText(items[at - 1])})`;
    }
    return path;
  }
}

const builtIns = new Map<object, string>(
  [Array, Map, Set, Date, RegExp, ArrayBuffer, DataView, Number, String, Boolean, BigInt, Buffer]
    .map((type): { name: string; prototype: object } => type)
    .concat(...typedArrayOf.values(), ...errorTypes.values())
    .map((type) => [type.prototype, type.name]),
);

/** The name of another realm's built-in (vm contexts, as test runners use): its constructor is native there too. */
function foreignBuiltIn(prototype: object): string | undefined {
  const type: unknown = Object.getOwnPropertyDescriptor(prototype, "constructor")?.value;
  if (typeof type !== "function" || type.prototype !== prototype) return undefined;
  return Function.prototype.toString.call(type).endsWith("{ [native code] }") ? type.name : undefined;
}

function unreadable(error: unknown, path: string): MillraceError {
  return new MillraceError("artifact.unsupported", `${path} cannot be read: ${String(error)}`, {
    hint: "An artifact holds plain data: return values rather than getters.",
    cause: error,
  });
}

function arrayKey(key: unknown): string | number {
  return /^\d+$/.test(key as string) ? Number(key) : (key as string);
}

function keyText(key: unknown): string {
  return typeof key === "string" ? JSON.stringify(key) : String(key);
}
