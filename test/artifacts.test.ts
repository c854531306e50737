import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { flowFile, workspace } from "./support/workspace.ts";

/** A flow file whose second step compares what it gets with the values made anew. */
const oddValues = `import { deepStrictEqual } from "node:assert/strict";
import { flow } from "millrace";

function make() {
  const shared = { n: 1 };
  const cycle: Record<string, unknown> = { name: "cycle" };
  cycle.self = cycle;
  cycle.list = [cycle, shared, shared];
  return {
    nothing: undefined, notANumber: NaN, minusZero: -0, infinite: [Infinity, -Infinity],
    big: 2n ** 200n, small: -5n, date: new Date(1234567890123), 
    map: new Map<unknown, unknown>([["a", new Set([1, "x"])], [{ key: true }, null]]),
    floats: new Float64Array([0.1, -0, NaN]), bytes: new Uint8Array([0, 255]), words: new BigInt64Array([-1n]),
    buffer: new Uint8Array([1, 2, 3]).buffer, pattern: /x+/giu, holes: [1, , 3], error: new RangeError("kept"),
    odd: JSON.parse('{"__proto__": {"polluted": true}, "": 0, "\u{1F600}": "\\ud800"}'),
    shared: [shared, shared], cycle,
  };
}

export default flow("Odd")
  .step("make", () => ({ ...make(), never: new Date(NaN) }))
  .step("compare", (artifacts) => {
    for (const [name, value] of Object.entries(make())) deepStrictEqual((artifacts as Record<string, unknown>)[name], value, name);
    const { shared, cycle, never } = artifacts;
    return { isNever: never instanceof Date && Number.isNaN(never.getTime()), isShared: shared[0] === shared[1], isCyclic: cycle.self === cycle && (cycle.list as unknown[])[1] === (cycle.list as unknown[])[2] };
  });
`;

test("whatever structuredClone carries comes back as it went in, identity and cycles included", async () => {
  const place = workspace({ "odd.ts": oddValues });
  const { events } = await place.run("odd.ts");
  expect(events.at(-1)).toMatchObject({ status: "succeeded" });
  const [compared] = await place.dump(
    "Odd/1/compare",
    "isShared",
    "isCyclic",
    "isNever",
    "minusZero",
    "big",
    "date",
    "floats",
    "map",
  );
  expect(compared!.artifacts).toEqual({
    isShared: true,
    isCyclic: true,
    isNever: true,
    minusZero: { $type: "number", value: "-0" },
    big: { $type: "bigint", value: String(2n ** 200n) },
    date: { $type: "Date", value: "2009-02-13T23:31:30.123Z" },
    floats: {
      $type: "Float64Array",
      value: [0.1, { $type: "number", value: "-0" }, { $type: "number", value: "NaN" }],
    },
    map: expect.objectContaining({ $type: "Map" }),
  });
});

test(
  "an artifact of 512 MB takes no more memory than about three times its size, in any process",
  { timeout: 120_000 },
  async () => {
    const megabytes = 512;
    const place = workspace({
      "large.ts": flowFile(`flow("Large")
      .step("make", () => ({ large: new Float64Array(${megabytes} * 1024 * 128).fill(1.5), rss: 0 }))
      .step("sum", ({ large }) => ({ sum: large[0]! + large.at(-1)!, length: large.length, peak: process.resourceUsage().maxRSS / 1024 }))`),
    });
    const { events } = await place.run("large.ts");
    expect(events.at(-1)).toMatchObject({ status: "succeeded" });
    const [task] = await place.dump("Large/1/sum", "sum", "length", "peak");
    expect(task!.artifacts).toMatchObject({ sum: 3, length: megabytes * 1024 * 128 });
    // The one process that made it and then read it back: both copies, and what Node itself takes.
    expect(task!.artifacts["peak"]).toBeLessThan(3.2 * megabytes);
  },
);

function mountTiny(folder: string): boolean {
  try {
    mkdirSync(folder, { recursive: true });
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=2m,mode=0700", "tmpfs", folder], { stdio: "ignore" });
    onTestFinished(() => void execFileSync("umount", ["-l", folder], { stdio: "ignore" }));
    return true;
  } catch {
    return false;
  }
}

test("a full disk fails the run with what to do about it, and no stack", async ({ skip }) => {
  const place = workspace({
    "full.ts": flowFile(
      `flow("Full").step("a", () => ({ large: new Uint8Array(8_000_000).map((_, i) => i * i * 31) })).step("b", () => {})`,
    ),
  });
  const home = join(place.folder, "tiny");
  skip(!mountTiny(home), "no file system can be mounted here");
  const ended = await place.millrace(["run", "full.ts"], { MILLRACE_HOME: home });
  expect([1, 2]).toContain(ended.code);
  expect(ended.stdout + ended.stderr).toMatch(/no room|full/i);
  expect(ended.stdout + ended.stderr).not.toMatch(/^\s+at .*dist/m);
});
