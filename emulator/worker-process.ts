import type { ChildProcess } from "node:child_process";
import { closeSync, existsSync, fstatSync, mkdirSync, openSync, readSync, unlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { createHomeFolder, PRIVATE_FILE, PRIVATE_FOLDER } from "../store/home/home-folder.ts";
import { newLogStream } from "./log-stream.ts";
import type { FromWorker, ToWorker } from "../runtime/worker/protocol.ts";

/** Why a worker process ended. */
export interface WorkerEnding {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/**
 * One worker process and the file that its output goes to: a stream of the store's logs. Its messages come in the order
 * in which it said them, all of them before its ending.
 */
export class WorkerProcess {
  readonly pid: number;
  /** The log stream's name, as LogRange has it. */
  readonly stream: string;
  onMessage: (message: FromWorker) => void = () => {};
  onEnd: (ending: WorkerEnding) => void = () => {};
  #child: ChildProcess;
  #log: number;
  #logFile: string;
  #ended = false;
  #isDisposed = false;

  constructor(home: string) {
    this.stream = newLogStream();
    this.#logFile = join(home, "logs", this.stream);
    createHomeFolder(home);
    mkdirSync(dirname(this.#logFile), PRIVATE_FOLDER);
    this.#log = openSync(this.#logFile, "ax+", PRIVATE_FILE.mode);
    // Loaded here, since `--help` starts no process and can do without.
    const { fork } = process.getBuiltinModule("node:child_process");
    this.#child = fork(workerModule(), [], {
      stdio: ["ignore", this.#log, this.#log, "ipc", "pipe"],
      execArgv: [],
      serialization: "json",
    });
    this.pid = this.#child.pid ?? 0;
    const results = this.#child.stdio[4] as NodeJS.ReadableStream;
    let rest: Buffer[] = [];
    results.on("data", (chunk: Buffer) => {
      const newline = chunk.lastIndexOf(10);
      if (newline < 0) return void rest.push(chunk);
      const whole = Buffer.concat([...rest, chunk.subarray(0, newline)]);
      rest = newline + 1 < chunk.length ? [chunk.subarray(newline + 1)] : [];
      for (const line of whole.toString("utf8").split("\n")) this.onMessage(JSON.parse(line) as FromWorker);
    });
    this.#child.on("error", () => {});
    this.#child.on("close", (code, signal) => {
      this.#ended = true;
      this.onEnd({ code, signal });
    });
  }

  send(message: ToWorker): void {
    if (this.#child.connected) this.#child.send(message, () => {});
  }

  kill(): void {
    this.#child.kill("SIGKILL");
  }

  /** Lets go of it: with nobody to talk to it ends by itself, unless a task holds it. */
  close(): void {
    if (this.#child.connected) this.#child.disconnect();
    this.dispose();
  }

  /** Lets the program that started it end while it is still there. */
  unref(): void {
    this.#child.unref();
    this.#child.channel?.unref();
    (this.#child.stdio[4] as { unref?: () => void }).unref?.();
  }

  ref(): void {
    this.#child.ref();
    this.#child.channel?.ref();
    (this.#child.stdio[4] as { ref?: () => void }).ref?.();
  }

  get logSize(): number {
    return fstatSync(this.#log).size;
  }

  /** The bytes that stand at a place of its log. */
  readLog(from: number, to: number): Buffer {
    const bytes = Buffer.allocUnsafe(to - from);
    let at = 0;
    while (at < bytes.length) {
      const read = readSync(this.#log, bytes, at, bytes.length - at, from + at);
      if (read === 0) break;
      at += read;
    }
    return bytes.subarray(0, at);
  }

  /** Gives the log file back; one that stayed empty is removed. */
  dispose(): void {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    const empty = this.logSize === 0;
    closeSync(this.#log);
    if (empty) unlinkSync(this.#logFile);
  }

  get ended(): boolean {
    return this.#ended;
  }
}

/** The worker's program stands beside the module that starts it, whether as a chunk of dist/ or at its root. */
function workerModule(): string {
  const candidates = ["./worker.cjs", "../worker.cjs", "../dist/worker.cjs"].map((path) =>
    fileURLToPath(new URL(path, import.meta.url)),
  );
  const found = candidates.find((path) => existsSync(path));
  if (!found) throw new Error(`the worker's program is not at ${candidates.join(", ")}: build the package`);
  return found;
}
