import { CborReader, damaged } from "./reader.ts";
import { errorTypes, MAJOR, TAG, typedArrayOf } from "./tags.ts";

/**
 * The value that encodeValue wrote. It shares no memory with `bytes`.
 *
 * `tail` is for a value that ends in one large run of bytes which were read apart from what comes before them: it
 * becomes the value's own memory, not copied, where it is the whole of its ArrayBuffer.
 *
 * Throws MillraceError `artifact.damaged` for bytes that are not one whole value.
 */
export function decodeValue(bytes: Uint8Array, tail?: Uint8Array): unknown {
  return new Decoder(bytes, tail).decode();
}

/** A container half read. What it holds is put in as soon as it exists, its own content later. */
interface Frame {
  readonly kind: "array" | "object" | "error" | "set" | "map";
  readonly target: object;
  /** How many elements, or pairs, are still to come. */
  left: number;
  /** How many of an error's properties that come next are not enumerable. */
  hidden: number;
  /** A Map's key that waits for its value. */
  key: unknown;
  hasKey: boolean;
}

class Decoder {
  private readonly in: CborReader;
  private readonly frames: Frame[] = [];
  private readonly shared: unknown[] = [];
  private sharedCount = 0;
  /** The number under which the next object is shared, or -1. */
  private share = -1;
  private inScalar = false;

  constructor(bytes: Uint8Array, tail: Uint8Array | undefined) {
    this.in = new CborReader(bytes, tail);
  }

  decode(): unknown {
    const { frames } = this;
    const root = this.item();
    while (frames.length > 0) {
      const depth = frames.length;
      const frame = frames[depth - 1]!;
      while (frames.length === depth && frame.left > 0) this.fill(frame);
      if (frames.length === depth) frames.pop();
    }
    if (this.in.left > 0) throw damaged("it goes on after its end");
    return root;
  }

  private fill(frame: Frame): void {
    switch (frame.kind) {
      case "array":
        frame.left--;
        (frame.target as unknown[]).push(this.item());
        return;
      case "object": {
        frame.left--;
        const key = this.key();
        // Assigning it would set the prototype.
        if (key === "__proto__") define(frame.target, key, { value: this.item(), enumerable: true });
        else (frame.target as Record<string, unknown>)[key] = this.item();
        return;
      }
      case "error":
        frame.left--;
        define(frame.target, this.key(), { value: this.item(), enumerable: frame.hidden-- <= 0 });
        return;
      case "set":
        frame.left--;
        (frame.target as Set<unknown>).add(this.item());
        return;
      case "map":
        if (frame.hasKey) {
          frame.left--;
          frame.hasKey = false;
          (frame.target as Map<unknown, unknown>).set(frame.key, this.item());
        } else {
          frame.hasKey = true;
          frame.key = this.item();
        }
    }
  }

  /** The next item; a container comes back empty and its frame is on the list. */
  private item(): unknown {
    for (;;) {
      const initial = this.in.byte();
      switch (initial & 0xe0) {
        case MAJOR.unsigned:
          return this.in.argument(initial);
        case MAJOR.negative:
          return -1 - this.in.argument(initial);
        case MAJOR.bytes:
          return this.own(Buffer.from(this.in.copy(this.in.argument(initial))));
        case MAJOR.text:
          return this.in.text(this.in.argument(initial), 16);
        case MAJOR.array:
          return this.open("array", [], this.in.argument(initial));
        case MAJOR.map:
          return this.open("object", {}, this.in.argument(initial));
        case MAJOR.tag: {
          const tag = this.in.argument(initial);
          if (tag !== TAG.shared) return this.tagged(tag);
          if (this.share !== -1) throw damaged("it is shared twice over");
          this.share = this.sharedCount++;
          break;
        }
        default:
          return this.in.simple(initial);
      }
    }
  }

  private tagged(tag: number): unknown {
    switch (tag) {
      case TAG.reference: {
        const index = this.in.expect(MAJOR.unsigned);
        if (!(index in this.shared)) throw damaged("it refers to what is not there");
        return this.shared[index];
      }
      case TAG.object:
        return this.generic();
      case TAG.date: {
        const seconds = this.scalar();
        if (typeof seconds !== "number") throw damaged("a date is not a number");
        // At the far end of dates a double still tells milliseconds apart, but only if whole seconds are set aside first.
        const whole = Math.floor(seconds);
        return this.own(new Date(whole * 1000 + Math.round((seconds - whole) * 1000)));
      }
      case TAG.bigint:
        return this.in.bigint();
      case TAG.negativeBigint:
        return -1n - this.in.bigint();
      case TAG.map:
        return this.open("map", new Map(), this.in.expect(MAJOR.map));
      case TAG.set:
        return this.open("set", new Set(), this.in.expect(MAJOR.array));
      default: {
        const type = typedArrayOf.get(tag);
        if (type === undefined) throw damaged(`tag ${tag} is not known`);
        const length = this.in.expect(MAJOR.bytes);
        if (length % type.BYTES_PER_ELEMENT !== 0) throw damaged(`${length} bytes are no ${type.name}`);
        return this.own(new type(this.in.copy(length)));
      }
    }
  }

  /** Tag 27: a type's name and what it is made of. */
  private generic(): unknown {
    const parts = this.in.expect(MAJOR.array);
    const type = this.in.text(this.in.expect(MAJOR.text), 32);
    if (parts !== (twoParts.has(type) || errorTypes.has(type) ? 3 : 2)) throw damaged(`${type} has ${parts} parts`);
    switch (type) {
      case "Array": {
        const target: unknown[] = [];
        const length = this.in.expect(MAJOR.unsigned);
        if (length > 0xffffffff) throw damaged("an array is too long");
        target.length = length;
        return this.open("object", target, this.in.expect(MAJOR.map));
      }
      case "RegExp": {
        const source = this.in.text(this.in.expect(MAJOR.text), 32);
        const flags = this.in.text(this.in.expect(MAJOR.text), 32);
        try {
          return this.own(new RegExp(source, flags));
        } catch (error) {
          throw damaged(String(error));
        }
      }
      case "ArrayBuffer":
        return this.own(this.in.copy(this.in.expect(MAJOR.bytes)));
      case "DataView":
        return this.own(new DataView(this.in.copy(this.in.expect(MAJOR.bytes))));
      case "Object":
        return this.own(Object(this.scalar()));
      case "utf16":
        return Buffer.from(this.in.copy(this.in.expect(MAJOR.bytes))).toString("utf16le");
      default: {
        const error = errorTypes.get(type);
        if (error === undefined) throw damaged(`type ${JSON.stringify(type)} is not known`);
        const hidden = this.in.expect(MAJOR.unsigned);
        // A real error of its kind, with no property but those that are written.
        const target = Reflect.construct(Error, [], error as Function) as Error;
        delete target.stack;
        return this.open("error", target, this.in.expect(MAJOR.map), hidden);
      }
    }
  }

  // oxlint-disable-next-line eslint/max-params -- called for every list, object and map that is read
  private open(kind: Frame["kind"], target: object, left: number, hidden = 0): object {
    // Every item is a byte at least, so no count that the bytes cannot hold is believed.
    if (left > this.in.left) throw damaged("it ends too early");
    if (left > 0) this.frames.push({ kind, target, left, hidden, key: undefined, hasKey: false });
    return this.own(target);
  }

  private own<T>(value: T): T {
    if (this.share !== -1) {
      this.shared[this.share] = value;
      this.share = -1;
    }
    return value;
  }

  private key(): string {
    const initial = this.in.byte();
    if ((initial & 0xe0) === MAJOR.text) return this.in.text(this.in.argument(initial), 32);
    const key = (initial & 0xe0) === MAJOR.tag && this.in.argument(initial) === TAG.object ? this.generic() : undefined;
    if (typeof key !== "string") throw damaged("a key is not text");
    return key;
  }

  /** An item that holds no other, as dates and boxed primitives are made of. */
  private scalar(): unknown {
    const { share } = this;
    this.share = -1;
    if (this.inScalar) throw damaged("a scalar holds another");
    this.inScalar = true;
    const value = this.item();
    this.inScalar = false;
    if (typeof value === "object" && value !== null) throw damaged("a scalar holds an object");
    this.share = share;
    return value;
  }
}

const twoParts: ReadonlySet<string> = new Set(["Array", "RegExp"]);

function define(target: object, key: string, property: { value: unknown; enumerable: boolean }): void {
  Object.defineProperty(target, key, { ...property, configurable: true, writable: true });
}
