import { existsSync, statSync } from "node:fs";
import { findHome } from "../store/home/find-home.ts";
import { WorkerProcess } from "./worker-process.ts";

interface Warm {
  home: string;
  worker: WorkerProcess;
}

const warmKey: unique symbol = Symbol.for("millrace.warmWorker") as never;
/** Held by the process and not by this module, of which the program's start and the rest of it each have a copy. */
const held = globalThis as { [warmKey]?: Warm | undefined };

/**
 * Starts a worker process at once, while the program is still reading what to do: Node takes longer to start than a flow
 * of two steps to run. `runFlow` takes it over; one that is not taken ends with the program. Answers the folder of the
 * store, where there is a file to run.
 */
export function prewarm(args: readonly string[]): string | undefined {
  if (args.includes("--help") || args.includes("-h")) return undefined;
  const file = args
    .filter((arg) => !arg.startsWith("-"))
    .map((arg) => arg.replace(/#[^#/\\]*$/, ""))
    .find((path) => existsSync(path) && statSync(path).isFile());
  if (!file) return undefined;
  const home = findHome(file);
  try {
    const worker = new WorkerProcess(home);
    worker.unref();
    held[warmKey] = { home, worker };
    process.once("exit", () => held[warmKey]?.worker.kill());
  } catch {
    // Whatever is wrong is said where the run begins; until then nothing of the store is used.
    return undefined;
  }
  return home;
}

/** The worker that was started ahead for this home, if there is one; the caller owns it now. */
export function takeWarmWorker(home: string): WorkerProcess | undefined {
  const warm = held[warmKey];
  if (warm?.home !== home || warm.worker.ended) return undefined;
  const { worker } = warm;
  held[warmKey] = undefined;
  worker.ref();
  return worker;
}
