import type { AnyFlow } from "../sdk/language/language.ts";
import { lineageOf } from "../graph/lineage.ts";
import type { ControlValue } from "../graph/control-value.ts";
import type { TaskKey } from "../graph/task-key.ts";
import { openMemoryBlobs } from "../store/blobs/memory.ts";
import { unpackValue } from "../store/artifacts/pack.ts";
import type { Manifest } from "../store/artifacts/manifest.ts";
import type { Attempt, AttemptEnd, AttemptStart, Ledger } from "../store/ledger/ledger.ts";
import type { RunScope } from "./inputs.ts";
import { packArtifacts, type Blobs } from "./outcome.ts";

/** Artifacts as they are kept, in memory. */
export function memoryBlobs() {
  const store = openMemoryBlobs();
  const blobs: Blobs = { read: store.readSync, write: store.writeSync };
  return {
    blobs,
    pack: (values: Readonly<Record<string, unknown>>) => packArtifacts(values, blobs),
    unpack: (manifest: Manifest) =>
      Object.fromEntries(Object.entries(manifest).map(([name, ref]) => [name, unpackValue(ref, blobs.read)])),
  };
}

const nameOf = ({ step, index }: TaskKey) => `${step}/${index}`;

/** A ledger of one run that holds what it is given; each question that it was asked is noted, as are the ends. */
export function fakeLedger(
  tasks: Readonly<Record<string, Partial<Attempt>>> = {},
  controls: Readonly<Record<string, ControlValue>> = {},
) {
  const asked: string[] = [];
  const ended: AttemptEnd[] = [];
  const held = new Map(Object.entries(tasks));
  const values = new Map(Object.entries(controls));
  const attemptOf = (key: TaskKey): Attempt | undefined => {
    const task = held.get(nameOf(key));
    return task && { ...key, attempt: 1, status: "succeeded", by: "job#1", startedAt: 1, ...task };
  };
  const methods: Partial<Ledger> = {
    async readTasks(_, keys) {
      asked.push(`tasks ${keys.map(nameOf).join()}`);
      return keys.map(attemptOf);
    },
    async lastTask(_, step, under) {
      asked.push(`last ${step} under "${under}"`);
      const below = [...held.keys()].filter((name) => name.startsWith(under === "" ? `${step}/` : `${step}/${under}.`));
      const last = below.toSorted().at(-1);
      return last === undefined ? undefined : attemptOf({ step, index: last.split("/")[1]! });
    },
    async readControls(_, keys) {
      asked.push(`controls ${keys.map(({ node, index }) => `${node}/${index}`).join()}`);
      return keys.map(({ node, index }) => values.get(`${node}/${index}`));
    },
    async writeControls(_, written) {
      for (const { node, index, value } of written) values.set(`${node}/${index}`, value);
    },
    async startAttempts(_, starts: readonly AttemptStart[]) {
      asked.push(`start ${starts.map(nameOf).join()}`);
      return starts.map((start) => {
        const attempt = attemptOf(start);
        if (attempt && (attempt.status === "succeeded" || attempt.caught)) return { state: "done", attempt };
        return { state: "started", attempt: (attempt?.attempt ?? 0) + 1 };
      });
    },
    async finishAttempts(_, ends) {
      ended.push(...ends);
      return ends.map(() => "accepted" as const);
    },
  };
  const ledger = new Proxy(methods as Ledger, {
    get(target, name: keyof Ledger) {
      if (target[name]) return target[name];
      throw new Error(`nobody should ask ${name}`);
    },
  });
  return { ledger, asked, ended, values };
}

export function scopeOf(flow: AnyFlow, ledger: Ledger, parameters: Manifest = {}): RunScope {
  return { ledger, key: { flow: flow.name, run: 7 }, lineage: lineageOf(flow.graph), parameters };
}

/** A control value of a foreach of so many items, one a page. */
export function widthOf(width: number): ControlValue & { type: "foreach" } {
  return { type: "foreach", width, pageSize: 1, pages: Array.from({ length: width }, (_, i) => `page-${i}`) };
}
