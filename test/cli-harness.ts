import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const repository = join(import.meta.dirname, "..");
const bin = join(repository, "dist", "bin.cjs");

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A folder with flow files in it, and the built command line run there. */
export interface Place {
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
  write(files: Readonly<Record<string, string>>): void;
  millrace(...args: string[]): Promise<Ended>;
  start(...args: string[]): { readonly child: ChildProcess; readonly ended: Promise<Ended> };
  /** The objects of a command's lines of JSON. */
  objects(...args: string[]): Promise<Record<string, any>[]>;
  /** The same folder with more, or less, in the commands' environment. */
  with(env: Readonly<Record<string, string | undefined>>): Place;
  remove(): void;
}

export function makePlace(): Place {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "millrace-cli-")));
  symlinkSync(join(repository, "node_modules"), join(folder, "node_modules"));
  const { MILLRACE_HOME: _, ...env } = process.env;
  return placeIn(folder, env);
}

/** Commands with the environment of a place, in another folder. */
export function placeBeside(place: Place, folder: string): Place {
  return placeIn(folder, place.env);
}

function placeIn(folder: string, env: NodeJS.ProcessEnv): Place {
  const start: Place["start"] = (...args) => {
    const child = spawn(process.execPath, [bin, ...args], {
      cwd: folder,
      env: { ...env, NO_COLOR: "1" },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => stderr.push(chunk));
    const ended = new Promise<Ended>((resolve) =>
      child.on("close", (code, signal) =>
        resolve({
          code,
          signal,
          stdout: Buffer.concat(stdout).toString(),
          stderr: Buffer.concat(stderr).toString(),
        }),
      ),
    );
    return { child, ended };
  };
  const millrace: Place["millrace"] = (...args) => start(...args).ended;
  return {
    folder,
    env,
    start,
    millrace,
    write(files) {
      for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    },
    async objects(...args) {
      const { stdout, stderr, code } = await millrace(...args);
      if (stdout === "" && code !== 0) throw new Error(stderr);
      return stdout
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line));
    },
    with: (more) => placeIn(folder, { ...env, ...more }),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** A flow file whose default export is a flow of that name and chain. */
export function flowFile(name: string, chain: string, options = "{}"): string {
  return `import { flow } from "millrace";\nimport { z } from "zod";\nexport default flow(${JSON.stringify(name)}, ${options})${chain};\nvoid z;\n`;
}
