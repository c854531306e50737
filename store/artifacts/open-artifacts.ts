import { unpackValue, type ReadBlob } from "./pack.ts";
import type { Manifest, ValueRef } from "./manifest.ts";

/** How many branches are told of at once where one is read: enough to wait seldom, few enough to keep. */
const BRANCHES_AHEAD = 32;

/**
 * Artifacts as a handler sees them: plain properties, each loaded when it is first touched and the same value from then
 * on. Assigning to one changes it for this handler only.
 */
export function openArtifacts(read: ReadBlob, ...manifests: readonly Manifest[]): Record<string, unknown> {
  const opened: Record<string, unknown> = {};
  for (const manifest of manifests)
    for (const name of Object.keys(manifest)) addProperty(opened, name, () => unpackValue(manifest[name]!, read));
  return opened;
}

function addProperty(opened: object, name: string, load: () => unknown): void {
  const settle = (value: unknown) => {
    Object.defineProperty(opened, name, { enumerable: true, configurable: true, writable: true, value });
    return value;
  };
  Object.defineProperty(opened, name, { enumerable: true, configurable: true, get: () => settle(load()), set: settle });
}

/** Where branches are read from. */
export interface BranchReader {
  readonly read: ReadBlob;
  /** Told what is likely to be read next, the first at once: a store that is far away gets them together. */
  readonly ahead?: (refs: readonly ValueRef[]) => void;
}

/** The branches of a foreach as its join sees them: in the order of the list, each opened when it is touched. */
export class ForeachBranches implements Iterable<Record<string, unknown>> {
  readonly #manifests: readonly Manifest[];
  readonly #reader: BranchReader;
  readonly #opened: Record<string, unknown>[] = [];

  constructor(manifests: readonly Manifest[], reader: BranchReader) {
    this.#manifests = manifests;
    this.#reader = reader;
  }

  get length(): number {
    return this.#manifests.length;
  }

  /** The branch at a position; from the end where it is negative. */
  at(position: number): Record<string, unknown> | undefined {
    const at = position < 0 ? this.length + position : position;
    return this.#manifests[at] && (this.#opened[at] ??= this.#open(at));
  }

  map<X>(each: (branch: Record<string, unknown>, position: number) => X): X[] {
    return this.#manifests.map((_, position) => each(this.at(position)!, position));
  }

  /** One artifact of every branch; nothing else of them is loaded. */
  pluck(name: string): unknown[] {
    return this.#manifests.map((manifest, at) => (name in manifest ? this.#load(at, name) : undefined));
  }

  *[Symbol.iterator](): Generator<Record<string, unknown>> {
    for (let position = 0; position < this.length; position++) yield this.at(position)!;
  }

  #open(at: number): Record<string, unknown> {
    const opened = {};
    for (const name of Object.keys(this.#manifests[at]!)) addProperty(opened, name, () => this.#load(at, name));
    return opened;
  }

  /** Who reads an artifact of one branch is about to read it of those after it. */
  #load(at: number, name: string): unknown {
    const { read, ahead } = this.#reader;
    const ref = this.#manifests[at]![name]!;
    if (ahead && "blob" in ref)
      ahead(this.#manifests.slice(at, at + BRANCHES_AHEAD).flatMap((manifest) => manifest[name] ?? []));
    return unpackValue(ref, read);
  }
}
