import { createHash, randomBytes } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
  type Stats,
} from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, extname, join, relative, resolve } from "node:path";
import { MillraceError } from "../../graph/errors.ts";
import type { Bundle } from "./bundle.ts";
import {
  checkHomeFolder,
  createHomeFolder,
  homeError,
  PRIVATE_FILE,
  PRIVATE_FOLDER,
} from "../../store/home/home-folder.ts";
import { writeWhole } from "../../store/home/write-whole.ts";
import { didYouMean } from "../../graph/did-you-mean.ts";
import { version } from "./version.ts";

/** What a task runs, here or in an account: one ES module that holds a flow file and everything it imports. */
export interface CodePackage {
  /** The SHA-256 of the bundle's bytes, 64 hex digits. */
  readonly hash: string;
  /** The package's folder in the store; what is derived from the bundle may be kept in it too. */
  readonly dir: string;
  /** The bundle itself, `flow.mjs` in that folder, with its source map beside it, and often `flow.cjs`: bundle.ts says when. */
  readonly bundle: string;
  /** Packages that no bundle can hold (compiled addons); the folder links to them where they are installed. */
  readonly externals: readonly string[];
  /** How many files went in. */
  readonly inputs: number;
  /** Whether it was bundled just now. */
  readonly fresh: boolean;
}

/**
 * Bundles a flow file into the store, once: as long as no input has changed, the package of last time is answered
 * without esbuild even being loaded. Any number of processes may do so at the same moment.
 * Throws MillraceError `flow.missing`, `flow.syntax`, `flow.import`, `store.unwritable`.
 */
export async function buildCodePackage(file: string, options: { readonly home: string }): Promise<CodePackage> {
  const path = resolve(file);
  const code = join(resolve(options.home), "code");
  // What is kept there is run.
  if (existsSync(options.home)) checkHomeFolder(options.home);
  const entryFile = join(code, `${sha256(`${path}\0${version}`).slice(0, 32)}.json`);
  const known = readEntry(entryFile, code);
  if (known) return known;
  checkFile(path);
  try {
    createHomeFolder(options.home);
    mkdirSync(code, PRIVATE_FOLDER);
  } catch (error) {
    throw homeError(options.home, error);
  }
  const began = Date.now();
  const { bundle, realFile } = await import("./bundle.ts");
  const real = realFile(path);
  const made = await bundle(real, join(realFile(code), "package", "flow.mjs"));
  const hash = sha256(made.code);
  try {
    const externals = Object.keys(made.externals).toSorted();
    const inputs = [...made.inputs, ...alsoDecisive(real)].map(inputOf);
    const bundled = Date.now();
    const changing = inputs.some(({ mtimeMs }) => mtimeMs >= began && mtimeMs <= bundled);
    // The CommonJS, made a moment later, could be of other sources then.
    publish(join(code, hash), changing ? { ...made, commonJs: undefined } : made);
    if (!changing) writeWhole(entryFile, JSON.stringify({ hash, externals, inputs } satisfies Entry));
    return packageIn(code, { hash, externals, inputs }, true);
  } catch (error) {
    throw homeError(options.home, error);
  }
}

// ---- the cache: which package a file became, and from which inputs

interface Entry {
  readonly hash: string;
  readonly externals: readonly string[];
  readonly inputs: readonly Input[];
}

interface Input {
  readonly path: string;
  readonly size: number;
  readonly mtimeMs: number;
  readonly sha256: string;
}

function packageIn(code: string, { hash, externals, inputs }: Entry, fresh: boolean): CodePackage {
  const dir = join(code, hash);
  return { hash, dir, bundle: join(dir, "flow.mjs"), externals, inputs: inputs.length, fresh };
}

/** The package of last time, where every input is what it was. */
function readEntry(entryFile: string, code: string): CodePackage | undefined {
  let entry: Entry;
  try {
    entry = JSON.parse(readFileSync(entryFile, "utf8")) as Entry;
  } catch {
    return undefined;
  }
  let touched = false;
  const inputs: Input[] = [];
  for (const input of entry.inputs) {
    const now = statSync(input.path, { throwIfNoEntry: false });
    if (!now || now.size !== input.size) return undefined;
    if (now.mtimeMs === input.mtimeMs) {
      inputs.push(input);
      continue;
    }
    const renewed = inputOf(input.path);
    if (renewed.sha256 !== input.sha256) return undefined;
    inputs.push(renewed);
    touched = true;
  }
  const found = packageIn(code, entry, false);
  if (!existsSync(found.bundle) || !entry.externals.every((name) => existsSync(join(found.dir, "node_modules", name))))
    return undefined;
  if (touched) remember(entryFile, { ...entry, inputs });
  return found;
}

/** Spares the next run reading the inputs again; a store that cannot be written is no reason to fail here. */
function remember(entryFile: string, entry: Entry): void {
  try {
    writeWhole(entryFile, JSON.stringify(entry));
  } catch {
    // The next run compares the contents once more.
  }
}

function inputOf(path: string): Input {
  const { size, mtimeMs } = statSync(path);
  return { path, size, mtimeMs, sha256: sha256(readFileSync(path)) };
}

/** What decides about the bundle without being in it: the nearest tsconfig.json, and which esbuild it was. */
function alsoDecisive(file: string): string[] {
  const files = [createRequire(import.meta.url).resolve("esbuild/package.json")];
  for (let folder = dirname(file); ; folder = dirname(folder)) {
    const config = join(folder, "tsconfig.json");
    if (existsSync(config)) return [...files, config];
    if (folder === dirname(folder)) return files;
  }
}

// ---- the store

/** Puts the package in its place whole, or finds that another process has done so already. */
function publish(dir: string, { code, map, commonJs, externals }: Bundle): void {
  const making = temporary(dir);
  mkdirSync(making, PRIVATE_FOLDER);
  try {
    writeFileSync(join(making, "flow.mjs"), code, PRIVATE_FILE);
    writeFileSync(join(making, "flow.mjs.map"), map, PRIVATE_FILE);
    if (commonJs) {
      writeFileSync(join(making, "flow.cjs"), commonJs.code, PRIVATE_FILE);
      writeFileSync(join(making, "flow.cjs.map"), commonJs.map, PRIVATE_FILE);
    }
    for (const [name, root] of Object.entries(externals)) {
      const link = join(making, "node_modules", name);
      mkdirSync(dirname(link), PRIVATE_FOLDER);
      symlinkSync(root, link, "junction");
    }
    rename(making, dir);
  } finally {
    rmSync(making, { recursive: true, force: true });
  }
  // The same bytes may have come from sources elsewhere since: errors are to show these.
  renew(join(dir, "flow.mjs.map"), map);
  if (commonJs && existsSync(join(dir, "flow.cjs"))) renew(join(dir, "flow.cjs.map"), commonJs.map);
}

function renew(file: string, text: string): void {
  if (readFileSync(file, "utf8") !== text) writeWhole(file, text);
}

function rename(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if (!existsSync(join(to, "flow.mjs"))) throw error;
  }
}

function temporary(path: string): string {
  return join(dirname(path), `.${basename(path).slice(0, 16)}-${process.pid}-${randomBytes(4).toString("hex")}`);
}

function sha256(bytes: string | Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

// ---- mistakes

function checkFile(path: string): void {
  const found = statOf(path);
  const shown = relative(process.cwd(), path) || ".";
  if (found?.isFile()) return;
  if (found) {
    const files = flowFiles(path);
    const hint = files.length > 0 ? `Name a file in it, such as ${join(shown, files[0]!)}.` : "Name the flow's file.";
    throw new MillraceError("flow.missing", `${shown} is a folder, not a flow file`, { hint });
  }
  const folder = dirname(path);
  const files = flowFiles(folder);
  const sameStem = files.filter((name) => basename(name, extname(name)) === basename(path, extname(path)));
  const near = sameStem.length > 0 ? `Did you mean "${sameStem[0]}"?` : didYouMean(basename(path), files);
  const empty = existsSync(folder) ? undefined : `There is no folder ${relative(process.cwd(), folder)}.`;
  throw new MillraceError("flow.missing", `there is no file ${shown}`, { hint: near ?? empty });
}

/** Undefined where nothing is there, or nothing can be: a name may be too long for the file system. */
function statOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENAMETOOLONG") return undefined;
    throw error;
  }
}

function flowFiles(folder: string): string[] {
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return [];
  return readdirSync(folder).filter((name) => /\.[cm]?[jt]sx?$/.test(name) && !name.endsWith(".d.ts"));
}
