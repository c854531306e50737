import { unpackValue } from "../functions/artifacts/pack.ts";
import type { Manifest } from "../functions/artifacts/manifest.ts";

/** Gets a blob's bytes without giving up the thread. */
export type ReadBlob = (hash: string) => Uint8Array;

/**
 * Artifacts as a handler sees them: plain properties, each loaded when it is first touched and the same value from then
 * on. Assigning to one changes it for this handler only.
 */
export function openArtifacts(read: ReadBlob, ...manifests: readonly Manifest[]): Record<string, unknown> {
  const opened: Record<string, unknown> = {};
  for (const manifest of manifests) {
    for (const name of Object.keys(manifest)) {
      Object.defineProperty(opened, name, {
        enumerable: true,
        configurable: true,
        get: () => settle(opened, name, unpackValue(manifest[name]!, read)),
        set(value: unknown) {
          settle(opened, name, value);
        },
      });
    }
  }
  return opened;
}

function settle(opened: object, name: string, value: unknown): unknown {
  Object.defineProperty(opened, name, { enumerable: true, configurable: true, writable: true, value });
  return value;
}

/** The branches of a foreach as its join sees them: in the order of the list, each opened when it is touched. */
export class ForeachBranches implements Iterable<Record<string, unknown>> {
  readonly #manifests: readonly Manifest[];
  readonly #read: ReadBlob;
  readonly #opened: Record<string, unknown>[] = [];

  constructor(manifests: readonly Manifest[], read: ReadBlob) {
    this.#manifests = manifests;
    this.#read = read;
  }

  get length(): number {
    return this.#manifests.length;
  }

  /** The branch at a position; from the end where it is negative. */
  at(position: number): Record<string, unknown> | undefined {
    const at = position < 0 ? this.length + position : position;
    const manifest = this.#manifests[at];
    return manifest && (this.#opened[at] ??= openArtifacts(this.#read, manifest));
  }

  map<X>(each: (branch: Record<string, unknown>, position: number) => X): X[] {
    return this.#manifests.map((_, position) => each(this.at(position)!, position));
  }

  /** One artifact of every branch; nothing else of them is loaded. */
  pluck(name: string): unknown[] {
    return this.#manifests.map((manifest) => {
      const ref = manifest[name];
      return ref === undefined ? undefined : unpackValue(ref, this.#read);
    });
  }

  *[Symbol.iterator](): Generator<Record<string, unknown>> {
    for (let position = 0; position < this.length; position++) yield this.at(position)!;
  }
}
