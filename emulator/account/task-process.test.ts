import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Booted } from "../../runtime/container/container.ts";
import { exitCodeOf, startTaskProcess } from "./task-process.ts";

let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), "millrace-process-"))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Starts a process whose runtime does what `body` says with what it was started with, `booted`. */
function start(body: string) {
  const runtime = join(folder, "runtime.cjs");
  writeFileSync(runtime, `exports.runContainer = (booted) => {${body}};`);
  const logFile = join(folder, "logs", "one.log");
  const lines: string[] = [];
  const booted = { step: "fit", index: "3" } as Booted;
  const one = startTaskProcess({
    runtime,
    booted,
    env: { UNIT: "metre" },
    logFile,
    onLine: (line) => lines.push(line),
  });
  return { one, lines, logFile };
}

describe("a task's process", () => {
  test("is told its task, has its environment, and its output is told and kept", async () => {
    const { one, lines, logFile } = start(
      `console.log(booted.step + " " + booted.index); process.stdout.write(process.env.UNIT); process.exitCode = 3`,
    );
    expect(await one.ended).toEqual({ code: 3, signal: null });
    expect(lines).toEqual(["fit 3", "metre"]);
    expect(readFileSync(logFile, "utf8")).toBe("fit 3\nmetre");
  });

  test("that prints nothing leaves no file", async () => {
    const { one, logFile } = start("");
    expect(await one.ended).toEqual({ code: 0, signal: null });
    expect(() => readFileSync(logFile)).toThrow("ENOENT");
  });

  test("is told to end by SIGTERM, and Ctrl-C does nothing to it", async () => {
    const { one, lines } = start(
      `process.on("SIGTERM", () => process.exit(9)); setInterval(() => {}, 1000); console.log("ready")`,
    );
    while (lines.length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    process.kill(one.pid, "SIGINT");
    one.stop();
    expect(await one.ended).toEqual({ code: 9, signal: null });
  });

  test.each([
    ["SIGKILL", 137],
    ["SIGSEGV", 139],
    ["SIGTERM", 143],
  ] as const)("that %s ended says so; a shell's exit code for it is %i", async (signal, code) => {
    const { one } = start(`process.kill(process.pid, "${signal}"); setInterval(() => {}, 1000)`);
    const ending = await one.ended;
    expect(ending).toEqual({ code: null, signal });
    expect(exitCodeOf(ending)).toBe(code);
  });
});
