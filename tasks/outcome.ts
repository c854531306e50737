import { MillraceError } from "../graph/errors.ts";
import { OTHERWISE, type GraphNode, type SwitchNode } from "../graph/graph.ts";
import { controlName, followControls, type Lineage } from "../graph/lineage.ts";
import { formatIndex } from "../graph/task-index.ts";
import {
  packList,
  packPages,
  packValue,
  unpackValue,
  type PackedValue,
  type PackedPages,
} from "../store/artifacts/pack.ts";
import type { Manifest, ValueRef } from "../store/artifacts/manifest.ts";
import type { Control, ControlKey } from "../graph/control-value.ts";

/** Where encoded values are put and got: the synchronous face of a blob store. */
export interface Blobs {
  read(hash: string): Uint8Array;
  write(hash: string, bytes: readonly Uint8Array[]): void;
  /** Resolves once all that was written is stored: awaited before the ledger names it. A store that writes at once has none. */
  written?(): Promise<void>;
  /** Says what is likely to be read next, the first at once: a store that is far away gets them together. */
  ahead?(refs: readonly ValueRef[]): void;
}

/** What a task left, or a run began with. */
export interface Made {
  readonly lineage: Lineage;
  /** The step; undefined for what a run begins with. */
  readonly after: string | undefined;
  readonly index: readonly number[];
  /** What the task itself began with. */
  readonly before: Manifest;
  readonly values: Readonly<Record<string, unknown>>;
}

/**
 * Packs what a task left as artifacts, with what the machine will ask once `after` has finished at `index`: every foreach's
 * width, switch's case and loop's condition up to the next steps. A list that a foreach goes over next is encoded once for
 * both. Throws MillraceError where a value is no artifact, or is not what is asked of it.
 */
export function packOutcome(made: Made, blobs: Blobs): { own: Manifest; controls: Control[] } {
  const lists = new Map<string, ReturnType<typeof packList>>();
  const controls = controlsAfter(made, lists, blobs);
  return { own: packValues(made.values, lists, blobs), controls };
}

/** Packs values as artifacts; each one's error names the artifact and the path inside it. */
export function packArtifacts(values: Readonly<Record<string, unknown>>, blobs: Blobs): Manifest {
  return packValues(values, new Map(), blobs);
}

/** `packed`: those that have been packed already, by name. */
function packValues(values: Made["values"], packed: ReadonlyMap<string, PackedValue>, blobs: Blobs): Manifest {
  const manifest: Record<string, ValueRef> = {};
  for (const name of Object.keys(values)) {
    const { ref, blob } = packed.get(name) ?? namingArtifact(name, () => packValue(values[name], name));
    if (blob) blobs.write(blob.hash, blob.bytes);
    manifest[name] = ref;
  }
  return manifest;
}

function namingArtifact<T>(artifact: string, pack: () => T): T {
  try {
    return pack();
  } catch (error) {
    if (!(error instanceof MillraceError)) throw error;
    throw new MillraceError(error.code, error.detail, { where: { artifact, ...error.where }, hint: error.hint });
  }
}

/** The lists that were packed meanwhile are put into `lists`. */
function controlsAfter(made: Made, lists: Map<string, ReturnType<typeof packList>>, blobs: Blobs): Control[] {
  const { lineage, after, index, values } = made;
  const controls: Control[] = [];
  const known: KnownArtifacts = { before: made.before, values, blobs };
  const value = (name: string, asker: string) => readControlled(known, name, asker);
  followControls(
    lineage,
    { step: after, index },
    {
      foreach(node, at) {
        const list = listOf(value(node.over, FOREACH), node.over);
        let pages: PackedPages;
        if (Object.hasOwn(values, node.over)) {
          const packed = lists.get(node.over) ?? namingArtifact(node.over, () => packList(list, node.over));
          lists.set(node.over, packed);
          ({ pages } = packed);
        } else pages = packPages(list, node.over);
        controls.push({ node: controlName(node), index: formatIndex(at), value: foreachControl(pages, blobs) });
      },
      switch(node, at) {
        const taken = caseOf(node, value(node.on, `the switch on it`));
        controls.push({ node: node.id, index: formatIndex(at), value: { type: "switch", case: taken.label } });
        return taken.body;
      },
      loop(node, at) {
        const more = value(node.while, `the loop`);
        if (typeof more !== "boolean") {
          throw new MillraceError(
            "loop.notBoolean",
            `the loop goes on while this is true, but it is ${describe(more)}`,
            {
              where: { artifact: node.while },
              hint: "Return true or false for it.",
            },
          );
        }
        const again = more && at.at(-1)! + 1 < node.max;
        controls.push({
          node: node.id,
          index: formatIndex(at),
          value: { type: "loop", again, ...(more && !again && { bound: true }) },
        });
        return again;
      },
    },
  );
  return controls;
}

const FOREACH = "the foreach over it";

/** What control values are read from: the values just made need not be read back. */
interface KnownArtifacts extends Pick<Made, "before" | "values"> {
  readonly blobs: Blobs;
}

/** The value of one control node asked on its own, and what it is written down as. */
export function controlAt(
  lineage: Lineage,
  { node: name, index }: ControlKey,
  { manifest, blobs }: { readonly manifest: Manifest; readonly blobs: Blobs },
): Control {
  const { node } = lineage.controls.get(name)!;
  const artifacts = { before: manifest, values: {}, blobs };
  if (node.type === "foreach") {
    const list = listOf(readControlled(artifacts, node.over, FOREACH), node.over);
    return { node: name, index, value: foreachControl(packPages(list, node.over), blobs) };
  }
  if (node.type === "switch") {
    return {
      node: name,
      index,
      value: {
        type: "switch",
        case: caseOf(node, readControlled(artifacts, node.on, "the switch on it")).label,
      },
    };
  }
  throw new Error(`${name}: a loop's condition is always written by the task before`);
}

function readControlled({ before, values, blobs }: KnownArtifacts, name: string, asker: string): unknown {
  if (Object.hasOwn(values, name)) return values[name];
  const ref = before[name];
  if (!ref) {
    throw new MillraceError("artifact.missing", `${asker} needs it, but no step before has left it`, {
      where: { artifact: name },
      hint: `Return { ${name} } from a step before.`,
    });
  }
  return unpackValue(ref, blobs.read);
}

function listOf(list: unknown, artifact: string): Iterable<unknown> {
  if (isIterable(list)) return list;
  throw new MillraceError("foreach.notIterable", `a foreach goes over a list, but this is ${describe(list)}`, {
    where: { artifact },
    hint: "Make it an array, a Set or another iterable.",
  });
}

function foreachControl({ width, pageSize, pages }: PackedPages, blobs: Blobs): Control["value"] {
  for (const page of pages) blobs.write(page.hash, page.bytes);
  return { type: "foreach", width, pageSize, pages: pages.map((page) => page.hash) };
}

function caseOf(node: SwitchNode, value: unknown): { label: string; body: readonly GraphNode[] } {
  const text = typeof value === "boolean" || typeof value === "string" ? String(value) : undefined;
  const found = node.cases.find((one) => one.value === text);
  if (found) return { label: found.value, body: found.body };
  if (node.otherwise) return { label: OTHERWISE, body: node.otherwise };
  throw new MillraceError(
    "switch.noCase",
    `the switch on it has no case for ${describe(value)}; it has ${node.cases.map((c) => JSON.stringify(c.value)).join(", ")}`,
    {
      where: { artifact: node.on },
      hint: "Add the case, or an otherwise.",
    },
  );
}

function isIterable(value: unknown): value is Iterable<unknown> {
  return typeof value === "object" && value !== null && Symbol.iterator in value;
}

function describe(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.length > 60 ? `${value.slice(0, 57)}...` : value);
  if (value === null || typeof value !== "object") return typeof value === "function" ? "a function" : String(value);
  return Array.isArray(value) ? "an array" : "an object";
}
