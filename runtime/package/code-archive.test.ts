import { expect, test } from "vitest";
import { packArchive } from "./code-archive.ts";

test("a code archive has the same bytes for the same files", () => {
  const files = { "a.mjs": "export {}", "b.map": "{}" };
  expect(packArchive(files)).toEqual(packArchive({ ...files }));
});
