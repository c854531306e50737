import { spawnSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { flowFile, makePlace, type Place } from "./cli-harness.ts";

const NOBODY = 65534;
const isRoot = process.getuid?.() === 0;
const bin = join(import.meta.dirname, "../dist/bin.cjs");

let place: Place;
let home: string;

beforeEach(() => {
  place = makePlace();
  home = join(place.folder, ".millrace");
  place.write({
    "flow.ts": flowFile("Kept", `.step("start", () => { console.log("hello"); return { n: "x".repeat(50_000) }; })`),
  });
});
afterEach(() => place.remove());

/** Every file and folder below, with the rights that it gives to others than its owner. */
function openToOthers(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !lstatSync(path).isSymbolicLink() && (lstatSync(path).mode & 0o077) !== 0);
}

describe("attack: another user of this machine at the store", () => {
  test.each(["run", "emulate"])(
    "nothing that %s makes there can be read by others, whatever the umask",
    (command) => {
      const program = `umask 000; exec "$0" "$@"`;
      const told =
        command === "run"
          ? [process.execPath, bin, "run", "flow.ts"]
          : ["timeout", "--signal=INT", "4", process.execPath, bin, "emulate", "--port", "0"];
      spawnSync("sh", ["-c", program, ...told], { cwd: place.folder, env: place.env });
      expect(lstatSync(home).mode & 0o777).toBe(0o700);
      expect(readdirSync(home).length).toBeGreaterThan(command === "run" ? 4 : 0);
      expect(openToOthers(home)).toEqual([]);
    },
    30_000,
  );

  test.skipIf(!isRoot)(
    "a store that somebody else laid there beforehand is not used; only root can lay one so",
    async () => {
      mkdirSync(home);
      chownSync(home, NOBODY, NOBODY);
      for (const command of [["run", "flow.ts"], ["runs"], ["emulate", "--port", "0"]]) {
        const { code, stderr } = await place.millrace(...command);
        expect([code, stderr]).toEqual([2, expect.stringContaining(`${home} belongs to another user (uid ${NOBODY})`)]);
      }
      expect(readdirSync(home)).toEqual([]);
    },
    30_000,
  );

  test.skipIf(!isRoot)(
    "nor is one in which a ledger, or code, of somebody else lies; only root can lay one so",
    async () => {
      for (const name of ["ledger.sqlite", "code"]) {
        mkdirSync(home, { mode: 0o700 });
        const file = join(home, name);
        if (name === "code") mkdirSync(file);
        else writeFileSync(file, "");
        chownSync(file, NOBODY, NOBODY);
        const { code, stderr } = await place.millrace("run", "flow.ts");
        expect([code, stderr]).toEqual([2, expect.stringContaining(`${file} belongs to another user`)]);
        rmSync(home, { recursive: true });
      }
    },
    30_000,
  );

  test("a folder for everybody's files is no store, and others lose the right to write to one", async () => {
    mkdirSync(home);
    chmodSync(home, 0o1777);
    expect((await place.millrace("run", "flow.ts")).stderr).toContain("is a folder for everybody's files");
    chmodSync(home, 0o775);
    expect((await place.millrace("run", "flow.ts")).code).toBe(0);
    expect(lstatSync(home).mode & 0o777).toBe(0o755);
    expect(openToOthers(home)).toEqual([]);
  }, 30_000);

  test("a link in the place of the server's process id is not followed", async () => {
    mkdirSync(home, { mode: 0o700 });
    const victim = join(place.folder, "victim");
    writeFileSync(victim, "precious");
    symlinkSync(victim, join(home, "server.pid"));
    const server = place.start("emulate", "--port", "0");
    await new Promise<void>((resolve) => server.child.stdout!.once("data", () => resolve()));
    expect(readFileSync(victim, "utf8")).toBe("precious");
    expect(lstatSync(join(home, "server.pid")).isSymbolicLink()).toBe(false);
    server.child.kill("SIGINT");
    await server.ended;
  }, 30_000);
});
