import { createHash } from "node:crypto";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test, vi } from "vitest";
import { childProgram } from "../child.ts";
import { localBlobConformance } from "../conformance.ts";
import { openFileBlobs } from "./file-blobs.ts";

const root = mkdtempSync(join(tmpdir(), "millrace-blobs-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const folder = () => join(mkdtempSync(join(root, "store-")), "blobs");
const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

function fileOf(store: string, text: string): string {
  const hash = sha256(text);
  return join(store, hash.slice(0, 2), hash.slice(2));
}

describe("blobs as files", () => {
  localBlobConformance(() => openFileBlobs(folder()));

  test("a blob is there for the next process", () => {
    const store = folder();
    openFileBlobs(store).writeSync(sha256("kept"), [Buffer.from("kept")]);
    expect(Buffer.from(openFileBlobs(store).readSync(sha256("kept"))).toString()).toBe("kept");
  });

  test("opening a store makes no folder; writing does", () => {
    const store = folder();
    const blobs = openFileBlobs(store);
    expect(() => statSync(store)).toThrow("ENOENT");
    blobs.writeSync(sha256("a"), [Buffer.from("a")]);
    expect(statSync(fileOf(store, "a")).size).toBe(1);
  });

  test("a blob whose file was changed is told as damaged", () => {
    const store = folder();
    const blobs = openFileBlobs(store);
    blobs.writeSync(sha256("whole"), [Buffer.from("whole")]);
    writeFileSync(fileOf(store, "whole"), "wh0le");
    expect(() => blobs.readSync(sha256("whole"))).toThrow(expect.objectContaining({ code: "blob.damaged" }));
  });

  test("a blob that a power cut left short is whole again once it is written again", () => {
    const store = folder();
    const blobs = openFileBlobs(store);
    blobs.writeSync(sha256("whole"), [Buffer.from("whole")]);
    writeFileSync(fileOf(store, "whole"), "");
    blobs.writeSync(sha256("whole"), [Buffer.from("whole")]);
    expect(Buffer.from(blobs.readSync(sha256("whole"))).toString()).toBe("whole");
  });

  test("writing leaves no unfinished file behind", () => {
    const store = folder();
    openFileBlobs(store).writeSync(sha256("a"), [Buffer.from("a")]);
    expect(readdirSync(join(store, "unfinished"))).toEqual([]);
  });

  test("files that a killed process left unfinished are cleared away once they are old, others are left alone", () => {
    const store = folder();
    const unfinished = join(store, "unfinished");
    mkdirSync(unfinished, { recursive: true });
    for (const name of ["old", "new"]) writeFileSync(join(unfinished, name), "half");
    utimesSync(join(unfinished, "old"), new Date(0), new Date(0));
    openFileBlobs(store).writeSync(sha256("a"), [Buffer.from("a")]);
    expect(readdirSync(unfinished)).toEqual(["new"]);
  });

  test.runIf(process.getuid?.() !== 0)(
    "a folder without the right to write is told as read-only, and can be read",
    () => {
      const store = folder();
      const blobs = openFileBlobs(store);
      blobs.writeSync(sha256("a"), [Buffer.from("a")]);
      for (const name of [...readdirSync(store).map((entry) => join(store, entry)), store]) chmodSync(name, 0o555);
      expect(() => blobs.writeSync(sha256("b"), [Buffer.from("b")])).toThrow(
        expect.objectContaining({
          code: "store.readOnly",
          message: expect.stringContaining(store) as string,
        }),
      );
      expect(Buffer.from(blobs.readSync(sha256("a"))).toString()).toBe("a");
      for (const name of [store, ...readdirSync(store).map((entry) => join(store, entry))]) chmodSync(name, 0o755);
    },
  );

  test.each([
    ["ENOSPC", "store.full"],
    ["EDQUOT", "store.full"],
    ["EROFS", "store.readOnly"],
    ["EACCES", "store.readOnly"],
  ])("the system's %s is told as %s, with a hint", async (system, code) => {
    vi.resetModules();
    vi.doMock("node:fs", async (original) => ({
      ...(await original<typeof import("node:fs")>()),
      writevSync: () => {
        throw Object.assign(new Error(system), { code: system });
      },
    }));
    const store = folder();
    const { openFileBlobs: openFailing } = await import("./file-blobs.ts");
    vi.doUnmock("node:fs");
    expect(() => openFailing(store).writeSync(sha256("a"), [Buffer.from("a")])).toThrow(
      expect.objectContaining({ code, hint: expect.stringContaining("MILLRACE_HOME") as string }),
    );
    expect(readdirSync(join(store, "unfinished"))).toEqual([]);
  });

  test("many processes may write the same blobs at once", async () => {
    const store = folder();
    const run = await childProgram(
      import.meta.dirname,
      `
        import { openFileBlobs } from "./file-blobs.ts";
        import { createHash } from "node:crypto";
        const blobs = openFileBlobs(${JSON.stringify(store)});
        for (let i = 0; i < 300; i++) {
          const bytes = Buffer.alloc(1000 + i, i);
          const hash = createHash("sha256").update(bytes).digest("hex");
          blobs.writeSync(hash, [bytes]);
          blobs.readSync(hash);
        }
      `,
    );
    await Promise.all([run(), run(), run(), run()]);
    expect(readdirSync(store, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())).toHaveLength(
      300,
    );
  });
});
