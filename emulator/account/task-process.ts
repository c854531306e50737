import { spawn } from "node:child_process";
import { createWriteStream, mkdirSync, rmSync } from "node:fs";
import { constants } from "node:os";
import { dirname } from "node:path";
import type { Readable, Writable } from "node:stream";
import { PRIVATE_FILE, PRIVATE_FOLDER } from "../../store/home/home-folder.ts";
import type { Booted } from "../../runtime/container/container.ts";
import { OutputLines } from "../output-lines.ts";
import type { WorkerEnding } from "../worker-process.ts";

/**
 * Ctrl-C reaches every process of a terminal, but whether a task ends is the engine's to say; a task whose engine is gone is
 * told to end, since nobody waits for it.
 */
const PROGRAM = `for (const signal of ["SIGINT", "SIGHUP"]) process.on(signal, () => {});
process.on("disconnect", () => process.kill(process.pid, "SIGTERM"));
process.channel.unref();
require(process.argv[1]).runContainer(JSON.parse(require("fs").readFileSync(0, "utf8")));`;

export interface TaskProcess {
  readonly pid: number;
  readonly ended: Promise<WorkerEnding>;
  /** Tells the task to end, and ends it where it does not within a few seconds. */
  stop(): void;
}

export interface TaskProcessStart {
  /** The built runtime (container.cjs). */
  readonly runtime: string;
  readonly booted: Booted;
  readonly env: Readonly<Record<string, string>>;
  /** The file that its output goes to besides `onLine`; gone again where there was none. */
  readonly logFile: string;
  readonly onLine: (line: string) => void;
}

const GRACE_MILLISECONDS = 5_000;

/** Carries out an attempt in a process of this machine as a container would, with the same runtime. */
export function startTaskProcess({ runtime, booted, env, logFile, onLine }: TaskProcessStart): TaskProcess {
  const child = spawn(process.execPath, ["-e", PROGRAM, runtime], {
    env: { ...process.env, ...env },
    stdio: ["pipe", "pipe", "pipe", "ipc"],
  });
  const [stdin, stdout, stderr] = child.stdio as [Writable, Readable, Readable, null, null];
  // The token of the attempt is in it: neither an argument nor an environment is the place for that.
  stdin.on("error", () => {});
  stdin.end(JSON.stringify(booted));
  mkdirSync(dirname(logFile), PRIVATE_FOLDER);
  const file = createWriteStream(logFile, { flags: PRIVATE_FILE.flag, mode: PRIVATE_FILE.mode });
  // What the task printed is emitted all the same.
  file.on("error", () => {});
  for (const stream of [stdout, stderr]) {
    const lines = new OutputLines(onLine);
    stream.on("data", (chunk: Buffer) => {
      file.write(chunk);
      lines.write(chunk);
    });
    stream.on("end", () => lines.end());
  }
  let timer: NodeJS.Timeout | undefined;
  const ended = new Promise<WorkerEnding>((resolve) => {
    child.once("error", () => resolve({ code: 127, signal: null }));
    child.once("close", (code, signal) => {
      clearTimeout(timer);
      const isEmpty = file.bytesWritten + file.writableLength === 0;
      file.end(() => {
        if (isEmpty) rmSync(logFile, { force: true });
        resolve({ code, signal });
      });
    });
  });
  return {
    pid: child.pid ?? 0,
    ended,
    stop() {
      child.kill("SIGTERM");
      timer ??= setTimeout(() => child.kill("SIGKILL"), GRACE_MILLISECONDS);
    },
  };
}

/** As a shell has it: the exit code; 128 and the signal's number where a signal ended it. */
export function exitCodeOf({ code, signal }: WorkerEnding): number {
  return code ?? 128 + constants.signals[signal!];
}
