/**
 * What a finished task leaves: every artifact that a later step sees, by name, each as a reference to its value.
 * It starts from the manifest of the task before, so that one read of the ledger is enough to find any of them.
 */
export type Manifest = Readonly<Record<string, ValueRef>>;

/**
 * Where a value is. `size` is the number of its encoded bytes before compression.
 * - inline: the encoded value itself, base64;
 * - blob: the SHA-256 of the blob that holds the encoded value;
 * - blob with `head`: the encoded value is `head` (base64, a few bytes) and then the blob, which is one large array's own
 *   memory and nothing else, so that it is read into place;
 * - blob with `at`: the value is that element of the encoded array in the blob (a page of a foreach's items); its `size`
 *   is 0, for the page alone knows it.
 */
export type ValueRef =
  | { readonly inline: string; readonly size: number }
  | { readonly blob: string; readonly size: number; readonly at?: number; readonly head?: string };

/** Values whose encoding is at most this many bytes ride in the manifest itself. */
export const INLINE_BYTES = 1024;
