import { MAJOR, TAG } from "./tags.ts";

/** What is written first goes into memory that is used again and again, so that small values cost only what they are. */
export const SPARE_BYTES = 64 * 1024;
const CHUNK_BYTES = 1024 * 1024;
/** From here on bytes are a segment of their own and are not copied. */
const VIEW_BYTES = 8 * 1024;

/** Writes CBOR items one after the other, into segments: those that are small into common memory, large bytes as they are. */
export class CborWriter {
  private readonly segments: Uint8Array[] = [];
  private buffer: Buffer;
  private owned = false;
  private start = 0;
  private pos = 0;
  /** Bytes that are in segments. */
  private flushed = 0;

  /** `spare` is at least SPARE_BYTES and may be used for something else once `finish` has answered. */
  constructor(spare: Buffer) {
    this.buffer = spare;
  }

  /** How many bytes have been written. */
  get size(): number {
    return this.flushed + this.pos - this.start;
  }

  finish(): Uint8Array[] {
    this.flush();
    return this.segments;
  }

  /** Begins an item that has a type's name and so many parts more. */
  generic(type: string, parts: number): void {
    this.head(MAJOR.tag, TAG.object);
    this.head(MAJOR.array, parts + 1);
    this.text(type);
  }

  byte(value: number): void {
    this.room(1);
    this.buffer[this.pos++] = value;
  }

  /** The first bytes of an item: what it is and its number, length or count. */
  head(major: number, n: number): void {
    this.room(9);
    const { buffer, pos } = this;
    if (n < 24) {
      buffer[pos] = major | n;
      this.pos = pos + 1;
    } else if (n < 0x100) {
      buffer[pos] = major | 24;
      buffer[pos + 1] = n;
      this.pos = pos + 2;
    } else if (n < 0x10000) {
      buffer[pos] = major | 25;
      buffer[pos + 1] = n >>> 8;
      buffer[pos + 2] = n;
      this.pos = pos + 3;
    } else if (n < 0x100000000) {
      buffer[pos] = major | 26;
      this.pos = buffer.writeUInt32BE(n, pos + 1);
    } else {
      buffer[pos] = major | 27;
      buffer.writeUInt32BE(Math.floor(n / 0x100000000), pos + 1);
      this.pos = buffer.writeUInt32BE(n % 0x100000000, pos + 5);
    }
  }

  number(n: number): void {
    if (Number.isSafeInteger(n) && (n !== 0 || 1 / n > 0))
      return n < 0 ? this.head(MAJOR.negative, -1 - n) : this.head(MAJOR.unsigned, n);
    this.room(9);
    const { buffer, pos } = this;
    if (Math.fround(n) === n) {
      buffer[pos] = 0xfa;
      this.pos = buffer.writeFloatBE(n, pos + 1);
    } else {
      buffer[pos] = 0xfb;
      this.pos = buffer.writeDoubleBE(n, pos + 1);
    }
  }

  bigint(n: bigint): void {
    const hex = (n < 0n ? -1n - n : n).toString(16);
    this.head(MAJOR.tag, n < 0n ? TAG.negativeBigint : TAG.bigint);
    this.bytes(Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, "hex"));
  }

  text(text: string): void {
    const { length } = text;
    if (length > 32) return this.longText(text);
    this.room(2 + 3 * length);
    const { buffer, pos } = this;
    const body = pos + (length < 24 ? 1 : 2);
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i);
      if (code > 0x7f) return this.longText(text);
      buffer[body + i] = code;
    }
    if (length < 24) {
      buffer[pos] = MAJOR.text | length;
    } else {
      buffer[pos] = MAJOR.text | 24;
      buffer[pos + 1] = length;
    }
    this.pos = body + length;
  }

  private longText(text: string): void {
    const length = Buffer.byteLength(text);
    // UTF-8 has no place for half a surrogate pair, and a string of JavaScript may hold one.
    if (length !== text.length && !(text as string & { isWellFormed(): boolean }).isWellFormed()) {
      this.generic("utf16", 1);
      return this.bytes(Buffer.from(text, "utf16le"));
    }
    this.head(MAJOR.text, length);
    if (length > SPARE_BYTES) return this.pieces(Buffer.from(text));
    this.room(length);
    this.pos += this.buffer.write(text, this.pos);
  }

  bytes(bytes: Uint8Array): void {
    this.head(MAJOR.bytes, bytes.length);
    if (bytes.length >= VIEW_BYTES) return this.segment(bytes);
    this.room(bytes.length);
    this.buffer.set(bytes, this.pos);
    this.pos += bytes.length;
  }

  /** What was made here goes on in pieces, so that who compresses takes it in turns; longer segments are the caller's. */
  private pieces(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at += CHUNK_BYTES) this.segment(bytes.subarray(at, at + CHUNK_BYTES));
  }

  private segment(bytes: Uint8Array): void {
    this.flush();
    this.segments.push(bytes);
    this.flushed += bytes.length;
  }

  private room(bytes: number): void {
    if (this.pos + bytes <= this.buffer.length) return;
    this.flush();
    this.buffer = Buffer.allocUnsafeSlow(CHUNK_BYTES);
    this.owned = true;
    this.start = 0;
    this.pos = 0;
  }

  private flush(): void {
    const { buffer, start, pos } = this;
    if (pos === start) return;
    const written = buffer.subarray(start, pos);
    this.segments.push(this.owned ? written : Buffer.from(written));
    this.flushed += written.length;
    this.start = pos;
  }
}
