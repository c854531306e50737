import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { enableCompileCache } from "./compile-cache.ts";

let folder: string;
let asked: (string | undefined)[];
/** A Node that keeps compiled code. */
const node = { enableCompileCache: (place?: string) => void asked.push(place) };

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "millrace-cache-"));
  asked = [];
});
afterEach(() => rmSync(folder, { recursive: true }));

describe("attack: another user at the compiled code", () => {
  test("it is kept in a folder of this user's own, not where everybody's temporary files are", () => {
    enableCompileCache(node, { XDG_CACHE_HOME: folder });
    expect(asked).toEqual([join(folder, "millrace")]);
    expect(statSync(join(folder, "millrace")).mode & 0o777).toBe(0o700);
  });

  test("where others may write it is not kept", () => {
    mkdirSync(join(folder, "millrace"));
    chmodSync(join(folder, "millrace"), 0o777);
    enableCompileCache(node, { XDG_CACHE_HOME: folder });
    expect(asked).toEqual([]);
  });

  test("the user's own word on the place counts", () => {
    enableCompileCache(node, { XDG_CACHE_HOME: folder, NODE_COMPILE_CACHE: join(folder, "told") });
    expect(asked).toEqual([undefined]);
  });
});
