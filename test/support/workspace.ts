import { spawn, type ChildProcess } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";

/** What the flows import from: the packages that this one is developed with. */
const modules = fileURLToPath(new URL("../../node_modules", import.meta.url));
const program = fileURLToPath(new URL("../../dist/bin.cjs", import.meta.url));

export interface Finished {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A folder with flow files in it, and the built program to run on them; gone when the test is over. */
export interface Workspace {
  readonly folder: string;
  write(path: string, text: string): string;
  /** Starts the program and leaves it running. */
  start(args: readonly string[], env?: Record<string, string>): ChildProcess & { readonly finished: Promise<Finished> };
  millrace(args: readonly string[], env?: Record<string, string>): Promise<Finished>;
  /** Runs a flow's file; answers how it went and the events that it told. */
  run(file: string, ...args: string[]): Promise<Finished & { readonly events: RunLine[] }>;
  /** The tasks that a pathspec names, as `dump --json` prints them. */
  dump(...args: string[]): Promise<{ pathspec: string; status: string; artifacts: Record<string, unknown> }[]>;
}

export type RunLine = { readonly type: string } & Record<string, any>;

export function workspace(files: Record<string, string> = {}): Workspace {
  const folder = mkdtempSync(join(tmpdir(), "millrace-test-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  symlinkSync(modules, join(folder, "node_modules"), "dir");
  const start: Workspace["start"] = (args, env = {}) => {
    const child = spawn(process.execPath, [program, ...args], {
      cwd: folder,
      env: { ...process.env, MILLRACE_HOME: undefined, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => out.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => err.push(chunk));
    const finished = new Promise<Finished>((resolve) => {
      child.on("close", (code, signal) =>
        resolve({ code, signal, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() }),
      );
    });
    return Object.assign(child, { finished });
  };
  const millrace: Workspace["millrace"] = (args, env) => start(args, env).finished;
  const write: Workspace["write"] = (path, text) => {
    const file = join(folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    return file;
  };
  for (const [path, text] of Object.entries(files)) write(path, text);
  return {
    folder,
    write,
    start,
    millrace,
    async run(file, ...args) {
      const ended = await millrace(["run", file, "--json", ...args]);
      return { ...ended, events: jsonLines(ended.stdout) as RunLine[] };
    },
    async dump(...args) {
      const ended = await millrace(["dump", ...args, "--json"]);
      if (ended.code !== 0) throw new Error(`dump ${args.join(" ")}: ${ended.stderr}`);
      return jsonLines(ended.stdout) as never;
    },
  };
}

/** A flow's file: the import, and what comes after `export default`. */
export function flowFile(expression: string): string {
  return `import { flow } from "millrace";\nexport default ${expression};\n`;
}

export function jsonLines(text: string): unknown[] {
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as unknown);
}
