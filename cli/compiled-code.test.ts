import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { loadCompiled } from "./compiled-code.ts";

let folder: string;
let program: string;
let kept: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "millrace-compiled-"));
  program = join(folder, "program.cjs");
  kept = join(folder, "compiled");
  writeFileSync(program, `exports.answer = () => 42;`);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

interface Program {
  answer(): number;
}
const load = () => loadCompiled<Program>(program, kept);
const keptFile = () => join(kept, readdirSync(kept)[0]!);

/** Loads and calls the program as a process does, and says whether what was kept was of use to it. */
function start(): { answer: number; wasOfUse: boolean } {
  const { exports, keep } = load();
  const answer = exports.answer();
  const before = statSync(keptFile()).ino;
  keep();
  return { answer, wasOfUse: statSync(keptFile()).ino === before };
}

function keepOnce(): void {
  const { exports, keep } = load();
  exports.answer();
  keep();
}

test("a program is what require would load, the first time and from what was kept", () => {
  writeFileSync(
    program,
    `exports.answer = () => [require("node:path").basename(__filename), module.exports === exports];`,
  );
  expect(load().exports.answer()).toEqual(["program.cjs", true]);
  keepOnce();
  expect(start()).toEqual({ answer: ["program.cjs", true], wasOfUse: true });
});

test("what is kept is for its user alone", () => {
  keepOnce();
  expect(statSync(keptFile()).mode & 0o777).toBe(0o600);
});

test("each version of Node has a file of its own", () => {
  keepOnce();
  expect(readdirSync(kept)).toEqual([`program-${process.version}-${process.arch}.bin`]);
});

const spoilt: [string, (file: string) => void][] = [
  ["one byte is another", (file) => flip(file, statSync(file).size >> 1)],
  ["its last byte is missing", (file) => writeFileSync(file, readFileSync(file).subarray(0, -1))],
  ["it is empty", (file) => writeFileSync(file, "")],
  ["others may write it", (file) => chmodSync(file, 0o666)],
];

test.each(spoilt)("a kept file is not used where %s, and is replaced", (_, spoil) => {
  keepOnce();
  spoil(keptFile());
  expect(start()).toEqual({ answer: 42, wasOfUse: false });
  expect(start()).toEqual({ answer: 42, wasOfUse: true });
});

test("a program of the same length that says something else is not taken for the one that was kept", () => {
  keepOnce();
  writeFileSync(program, `exports.answer = () => 43;`);
  expect(start()).toEqual({ answer: 43, wasOfUse: false });
});

test("where nothing can be kept the program runs all the same", () => {
  writeFileSync(kept, "a file stands where the folder would");
  const { exports, keep } = load();
  keep();
  expect(exports.answer()).toBe(42);
});

function flip(file: string, at: number): void {
  const bytes = readFileSync(file);
  bytes[at]! ^= 1;
  writeFileSync(file, bytes);
}
