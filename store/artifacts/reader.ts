import { isUtf8 } from "node:buffer";
import { MillraceError } from "../../graph/errors.ts";
import { MAJOR } from "./tags.ts";

/**
 * Reads the parts of CBOR items one after the other. No length is believed that the bytes cannot hold. Everything throws
 * MillraceError `artifact.damaged`.
 */
export class CborReader {
  private readonly bytes: Buffer;
  private tail: Uint8Array | undefined;
  private pos = 0;

  /** `tail`: see decodeValue. */
  constructor(bytes: Uint8Array, tail: Uint8Array | undefined) {
    this.bytes = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.tail = tail;
  }

  get left(): number {
    return this.bytes.length - this.pos + (this.tail?.length ?? 0);
  }

  simple(initial: number): unknown {
    const { pos, bytes } = this;
    switch (initial) {
      case 0xf4:
        return false;
      case 0xf5:
        return true;
      case 0xf6:
        return null;
      case 0xf7:
        return undefined;
      case 0xfa:
        this.skip(4);
        return bytes.readFloatBE(pos);
      case 0xfb:
        this.skip(8);
        return bytes.readDoubleBE(pos);
      default:
        throw damaged(`byte ${initial} begins nothing known`);
    }
  }

  /** A string; one of at most `cached` ASCII characters is likely to have been met before. */
  text(length: number, cached: number): string {
    const { bytes, pos } = this;
    this.skip(length);
    if (length <= cached) {
      let hash = length;
      let any = 0;
      for (let i = pos; i < pos + length; i++) {
        const byte = bytes[i]!;
        any |= byte;
        hash = Math.imul(hash, 31) + byte;
      }
      if (any < 0x80) {
        const slot = (hash ^ (hash >>> 15)) & (MET - 1);
        const met = metStrings[slot]!;
        if (isAt(met, bytes, pos, length)) return met;
        return (metStrings[slot] = bytes.toString("latin1", pos, pos + length));
      }
    }
    const text = bytes.toString("utf8", pos, pos + length);
    if (text.includes("\ufffd") && !isUtf8(bytes.subarray(pos, pos + length))) throw damaged("a text is not UTF-8");
    return text;
  }

  bigint(): bigint {
    const length = this.expect(MAJOR.bytes);
    const from = this.pos;
    this.skip(length);
    return BigInt(`0x0${this.bytes.toString("hex", from, this.pos)}`);
  }

  /** The next bytes in memory of their own. */
  copy(length: number): ArrayBuffer {
    const { bytes, pos, tail } = this;
    if (tail !== undefined && pos === bytes.length && length === tail.length) {
      this.tail = undefined;
      const whole = tail.buffer instanceof ArrayBuffer && tail.buffer.byteLength === length;
      return (whole ? tail : new Uint8Array(tail)).buffer as ArrayBuffer;
    }
    this.skip(length);
    const copy = new ArrayBuffer(length);
    new Uint8Array(copy).set(bytes.subarray(pos, pos + length));
    return copy;
  }

  expect(major: number): number {
    const initial = this.byte();
    if ((initial & 0xe0) !== major) throw damaged(`byte ${initial} stands where it cannot`);
    return this.argument(initial);
  }

  argument(initial: number): number {
    const info = initial & 0x1f;
    if (info < 24) return info;
    const { bytes, pos } = this;
    switch (info) {
      case 24:
        return this.byte();
      case 25:
        this.skip(2);
        return bytes.readUInt16BE(pos);
      case 26:
        this.skip(4);
        return bytes.readUInt32BE(pos);
      case 27: {
        this.skip(8);
        const n = bytes.readUInt32BE(pos) * 0x100000000 + bytes.readUInt32BE(pos + 4);
        if (!Number.isSafeInteger(n)) throw damaged("a number is too large");
        return n;
      }
      default:
        throw damaged(`byte ${initial} begins nothing known`);
    }
  }

  byte(): number {
    const byte = this.bytes[this.pos++];
    if (byte === undefined) throw damaged("it ends too early");
    return byte;
  }

  private skip(length: number): void {
    if (length > this.bytes.length - this.pos) throw damaged("it ends too early");
    this.pos += length;
  }
}

/** Short strings that were read of late, each where its bytes' hash puts it: keys come again and again. */
const MET = 2048;
const metStrings: string[] = Array.from({ length: MET }, () => "");

// oxlint-disable-next-line eslint/max-params -- called for every property name that is read
function isAt(text: string, bytes: Uint8Array, pos: number, length: number): boolean {
  if (text.length !== length) return false;
  for (let i = 0; i < length; i++) if (text.charCodeAt(i) !== bytes[pos + i]) return false;
  return true;
}

export function damaged(what: string): MillraceError {
  return new MillraceError("artifact.damaged", `The stored value is damaged: ${what}`, {
    hint: "Run the step that made it again.",
  });
}
