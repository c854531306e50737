/**
 * The CBOR tags (IANA's registry) that say what JSON has no word for.
 */
export const TAG = {
  /** RFC 8949: seconds since the epoch, whole or not; NaN is an invalid date. */
  date: 1,
  /** RFC 8949: a big integer's magnitude as big-endian bytes; for the negative one it is -1 minus that. */
  bigint: 2,
  negativeBigint: 3,
  /** RFC 8949: bytes that are CBOR themselves. */
  embedded: 24,
  /** http://cbor.schmorp.de/generic-object: an array of a type's name and what it is made of. */
  object: 27,
  /** http://cbor.schmorp.de/value-sharing: a value that others refer to, counted from 0; and a reference to one. */
  shared: 28,
  reference: 29,
  set: 258,
  map: 259,
} as const;

/** The upper three bits of an item's first byte (RFC 8949, section 3.1). */
export const MAJOR = {
  unsigned: 0x00,
  negative: 0x20,
  bytes: 0x40,
  text: 0x60,
  array: 0x80,
  map: 0xa0,
  tag: 0xc0,
} as const;

interface BuiltIn {
  readonly name: string;
  readonly prototype: object;
}

interface TypedArrayType extends BuiltIn {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBuffer): ArrayBufferView;
}

/** RFC 8746, little-endian where an element is wider than a byte. A plain byte string is a Buffer. */
export const typedArrayOf: ReadonlyMap<number, TypedArrayType> = new Map<number, TypedArrayType>([
  [64, Uint8Array],
  [68, Uint8ClampedArray],
  [69, Uint16Array],
  [70, Uint32Array],
  [71, BigUint64Array],
  [72, Int8Array],
  [77, Int16Array],
  [78, Int32Array],
  [79, BigInt64Array],
  [85, Float32Array],
  [86, Float64Array],
]);

export const typedArrayTag: ReadonlyMap<string, number> = new Map(
  Array.from(typedArrayOf, ([tag, type]) => [type.name, tag]),
);

const errors: readonly BuiltIn[] = [
  Error,
  EvalError,
  RangeError,
  ReferenceError,
  SyntaxError,
  TypeError,
  URIError,
  AggregateError,
];

/** The language's own errors; each comes back as the same kind. */
export const errorTypes: ReadonlyMap<string, BuiltIn> = new Map(errors.map((type) => [type.name, type]));
