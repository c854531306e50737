import { inspect } from "node:util";
import { toJson } from "../store/artifacts/json.ts";
import type { Manifest, ValueRef } from "../store/artifacts/manifest.ts";
import { bytesOf, unpackValue, type ReadBlob } from "../store/artifacts/pack.ts";
import type { Attempt } from "../store/ledger/ledger.ts";
import { didYouMean } from "../graph/did-you-mean.ts";
import { printable, printableJson, printableLines } from "../graph/printable.ts";
import { MillraceError } from "../graph/errors.ts";
import { formatBytes, formatTaskError } from "./output/words.ts";
import { findRun, parsePathspec, pathspecOf, tasksOf } from "./pathspec.ts";
import type { JsonFlag } from "./flags.ts";
import { reading } from "./reading.ts";

/** A value whose encoding takes more shows as its size, unless it is asked for by name. */
const LARGE_BYTES = 1024;

/** An artifact on its way to a person: its value, or how large it is. */
type Shown = { readonly value: unknown } | { readonly size: number };

/** Prints the artifacts of the tasks that a pathspec names; with names, those alone. */
export function dump(text: string, names: readonly string[], { json }: JsonFlag): Promise<number> {
  const pathspec = parsePathspec(text);
  return reading(async ({ runs, readBlob }, out) => {
    const run = await findRun(runs, pathspec);
    const seen = new Set<string>();
    for await (const task of tasksOf(runs, run, pathspec)) {
      for (const name of Object.keys(task.manifest ?? {})) seen.add(name);
      const artifacts = pick(task.manifest ?? {}, names).map(
        ([name, ref]) => [name, show(ref, names.length > 0, readBlob)] as const,
      );
      const place = pathspecOf(run, task);
      out.write(
        json
          ? `${jsonLine(place, task, artifacts)}\n`
          : `${describe(place, task, { artifacts, isWhole: names.length > 0 })}\n`,
      );
      await out.drained();
      if (!out.isRead) return;
    }
    const unknown = names.find((name) => !seen.has(name));
    if (unknown !== undefined) throw unknownArtifact(text, unknown, [...seen]);
  });
}

function pick(manifest: Manifest, names: readonly string[]): [string, ValueRef][] {
  const all = Object.entries(manifest);
  return names.length === 0 ? all : all.filter(([name]) => names.includes(name));
}

function show(ref: ValueRef, isNamed: boolean, read: ReadBlob): Shown {
  // An element of a list does not know its size; what holds it does.
  const size = "at" in ref && ref.at !== undefined ? bytesOf(ref, read).length : ref.size;
  return isNamed || size <= LARGE_BYTES ? { value: unpackValue(ref, read) } : { size };
}

type Artifacts = readonly (readonly [name: string, shown: Shown])[];

function jsonLine(pathspec: string, { status }: Attempt, artifacts: Artifacts): string {
  const values = artifacts.map(
    ([name, shown]) => [name, "value" in shown ? toJson(shown.value) : { $type: "large", size: shown.size }] as const,
  );
  return printableJson({ pathspec, status, artifacts: Object.fromEntries(values) });
}

function describe(
  pathspec: string,
  { status, error }: Attempt,
  { artifacts, isWhole }: { readonly artifacts: Artifacts; readonly isWhole: boolean },
): string {
  const width = Math.max(0, ...artifacts.map(([name]) => name.length));
  const lines = artifacts.map(([name, shown]) => {
    const text =
      "value" in shown ? inspectValue(shown.value, isWhole) : `(${formatBytes(shown.size)}; name it to see it)`;
    return `  ${printable(name).padEnd(width)}  ${text.replaceAll("\n", `\n${" ".repeat(width + 4)}`)}`;
  });
  return [`${pathspec}  ${status}${error ? `  ${formatTaskError(error)}` : ""}`, ...lines].join("\n");
}

function inspectValue(value: unknown, whole: boolean): string {
  const limits = whole
    ? { depth: Infinity, maxArrayLength: 1000, maxStringLength: Infinity }
    : { depth: 4, maxArrayLength: 20, maxStringLength: 500 };
  const text = inspect(value, { ...limits, breakLength: 100 });
  if (!process.stdout.isTTY || !process.stdout.hasColors()) return printableLines(text);
  // What it paints is its own; what commands stand in the text besides, such as in an error's stack, are the task's.
  return printableLines(text) === text
    ? inspect(value, { ...limits, breakLength: 100, colors: true })
    : printableLines(text);
}

function unknownArtifact(pathspec: string, name: string, seen: readonly string[]): MillraceError {
  const list = seen.length > 0 ? `There are ${seen.join(", ")}.` : "There are none.";
  return new MillraceError("artifact.unknown", `no task of ${pathspec} has it`, {
    where: { artifact: name },
    hint: didYouMean(name, seen) ?? list,
  });
}
