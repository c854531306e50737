import { describe, expect, test } from "vitest";
import { aRun, created, everyPage, fresh } from "./conformance-fixtures.ts";
import type { Ledger, NewRun, Run, RunQuery, Status } from "./ledger.ts";

export function runsConformance(the: () => Ledger): void {
  describe("creating", () => {
    test("keeps who did what to it", async () => {
      const run = await the().createRun(aRun({ principals: { made: "arn:ann" } }));
      expect(run.principals).toEqual({ made: "arn:ann" });
      await the().updateRun(run, { tags: ["odd"], principals: { tagged: "arn:bob" } });
      await the().updateRun(run, { status: "stopped", principals: { stopped: "arn:dora" } }, "running");
      const principals = { made: "arn:ann", tagged: "arn:bob", stopped: "arn:dora" };
      expect(await the().readRun(run)).toMatchObject({ principals });
      expect((await the().listRuns({ flow: run.flow })).items).toMatchObject([{ principals }]);
    });

    test("runs of a flow are numbered from 1, each flow for itself", async () => {
      const [one, other] = [fresh("Flow"), fresh("Flow")];
      const runs = [];
      for (const flow of [one, one, other, one]) runs.push(await the().createRun(aRun({ flow })));
      expect(numbers(runs)).toEqual([1, 2, 1, 3]);
    });

    test("two callers at once never get the same number", async () => {
      const flow = fresh("Flow");
      const runs = await Promise.all(Array.from({ length: 20 }, () => the().createRun(aRun({ flow }))));
      expect(numbers(runs).toSorted((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, at) => at + 1));
    });

    test("a new run is running, was last alive when it was made, and reads back as it was answered", async () => {
      const wanted = aRun({
        tags: ["nightly", "größe 😀", 'it\'s "quoted"; --'],
        parameters: {
          top: { inline: "BQ==", size: 1 },
          rows: { blob: "ab".repeat(32), size: 9e9, at: 3 },
        },
        owner: { host: "laptop", pid: 4242 },
      });
      const run = await the().createRun(wanted);
      expect(run).toEqual({ ...wanted, run: 1, status: "running", heartbeatAt: wanted.createdAt });
      expect(await the().readRun(run)).toEqual(run);
    });

    test("a run's secret is told to who asks for it, and by nothing else", async () => {
      const [secret, tag] = [fresh("secret"), fresh("tag")];
      const { flow, namespace, ...rest } = aRun({ namespace: fresh("user:"), tags: [tag], secret });
      const run = await the().createRun({ flow, namespace, ...rest });
      expect(await the().readRunAndSecret(run)).toEqual({ run, secret });
      const told = [
        run,
        await the().readRun(run),
        await the().updateRun(run, { heartbeatAt: 1_700_000_009_000 }),
        ...[{ flow }, { tag }, { namespace }].map((query) => the().listRuns(query)),
        the().listFlows({ namespace }),
      ];
      expect(JSON.stringify(await Promise.all(told))).not.toContain(secret);
      // Nor is it lost by a change.
      expect((await the().readRunAndSecret(run))?.secret).toBe(secret);
    });

    test("a run that was created without a secret has none", async () => {
      const run = await the().createRun(aRun());
      expect(await the().readRunAndSecret(run)).toEqual({ run });
    });

    test("control values are written with the run", async () => {
      const value = { type: "foreach", width: 2, pages: ["ab".repeat(32)], pageSize: 500 } as const;
      const run = await created(the(), { controls: [{ node: "merge", index: "0", value }] });
      expect(await the().readControls(run, [{ node: "merge", index: "0" }])).toEqual([value]);
    });

    test("a tag that is given twice counts once", async () => {
      const tag = fresh("tag");
      const run = await the().createRun(aRun({ tags: [tag, tag] }));
      expect(run.tags).toEqual([tag]);
      expect((await the().listRuns({ tag })).items).toEqual([run]);
    });

    test("what no one created cannot be read", async () => {
      const { flow } = await created(the());
      expect(await the().readRun({ flow, run: 2 })).toBeUndefined();
      expect(await the().readRunAndSecret({ flow, run: 2 })).toBeUndefined();
      expect(await the().readRun({ flow: fresh("Flow"), run: 1 })).toBeUndefined();
    });
  });

  describe("changing", () => {
    test("a change touches what it names and nothing else", async () => {
      const run = await the().createRun(aRun({ tags: ["a"] }));
      const changed = await the().updateRun(run, { heartbeatAt: 1_700_000_009_000 });
      expect(changed).toEqual({ ...run, heartbeatAt: 1_700_000_009_000 });
      expect(await the().readRun(run)).toEqual(changed);
    });

    test("a run's end is kept, with its error", async () => {
      const run = await the().createRun(aRun());
      const end = {
        status: "failed",
        finishedAt: 1_700_000_001_000,
        error: { name: "TypeError", message: "no\0!" },
      } as const;
      expect(await the().updateRun(run, end)).toEqual({ ...run, ...end });
      expect(await the().readRun(run)).toEqual({ ...run, ...end });
    });

    test.each<[change: Status, from: Status | undefined, before: Status, allowed: boolean]>([
      ["succeeded", "running", "running", true],
      ["succeeded", undefined, "running", true],
      ["succeeded", "running", "stopped", false],
      ["failed", "succeeded", "running", false],
      ["running", undefined, "succeeded", false],
      ["running", "failed", "failed", false],
      ["running", "running", "running", true],
    ])("to %s, from %s, where it is %s: %s", async (status, from, before, allowed) => {
      const run = await created(the());
      if (before !== "running") await the().updateRun(run, { status: before });
      const answer = await the().updateRun(run, { status }, from);
      expect(answer?.status).toBe(allowed ? status : undefined);
      expect((await the().readRun(run))?.status).toBe(allowed ? status : before);
    });

    test("of two that end a run at once, one wins", async () => {
      const run = await created(the());
      const answers = await Promise.all(
        (["succeeded", "stopped"] as const).map((status) => the().updateRun(run, { status }, "running")),
      );
      const winners = answers.filter((answer) => answer !== undefined);
      expect(winners).toHaveLength(1);
      expect(await the().readRun(run)).toEqual(winners[0]);
    });

    test("a run goes on until it has ended, and one that nobody created does not", async () => {
      const run = await created(the());
      expect(await the().isRunning(run)).toBe(true);
      await the().updateRun(run, { status: "stopped" });
      expect(await the().isRunning(run)).toBe(false);
      expect(await the().isRunning({ ...run, run: 2 })).toBe(false);
    });

    test("a run that is not there cannot be changed", async () => {
      expect(await the().updateRun({ flow: fresh("Flow"), run: 1 }, { status: "failed" })).toBeUndefined();
    });

    test("new tags replace the old ones, where runs are looked for too", async () => {
      const [old, kept, added] = [fresh("old"), fresh("kept"), fresh("added")];
      const run = await the().createRun(aRun({ tags: [old, kept] }));
      const changed = await the().updateRun(run, { tags: [kept, added] });
      expect(changed?.tags).toEqual([kept, added]);
      const found = await Promise.all([old, kept, added].map((tag) => the().listRuns({ tag })));
      expect(found.map(({ items }) => items)).toEqual([[], [changed], [changed]]);
    });
  });

  describe("listing", () => {
    test("a flow's runs come newest first, in pages that miss none and repeat none", async () => {
      const flow = fresh("Flow");
      for (let at = 0; at < 12; at += 1) await created(the(), { flow });
      const { items, pages } = await everyPage((cursor) =>
        the().listRuns({ flow, limit: 5, ...(cursor ? { cursor } : {}) }),
      );
      expect(numbers(items)).toEqual([12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1]);
      expect(pages).toBe(3);
    });

    test("the last page has no cursor, full or not", async () => {
      const flow = fresh("Flow");
      for (let at = 0; at < 4; at += 1) await created(the(), { flow });
      const first = await the().listRuns({ flow, limit: 2 });
      expect(await the().listRuns({ flow, limit: 2, cursor: first.cursor! })).not.toHaveProperty("cursor");
      expect(await the().listRuns({ flow })).not.toHaveProperty("cursor");
    });

    test("a run that begins while someone turns the pages does not shift them", async () => {
      const flow = fresh("Flow");
      for (let at = 0; at < 4; at += 1) await created(the(), { flow });
      const { cursor } = await the().listRuns({ flow, limit: 2 });
      await created(the(), { flow });
      expect(numbers((await the().listRuns({ flow, limit: 2, cursor: cursor! })).items)).toEqual([2, 1]);
    });

    test("within a flow the greater number is newer, whatever the clocks said", async () => {
      const flow = fresh("Flow");
      await created(the(), { flow, createdAt: 1_700_000_002_000 });
      await created(the(), { flow, createdAt: 1_700_000_001_000 });
      expect(numbers((await the().listRuns({ flow })).items)).toEqual([2, 1]);
    });

    test("runs of several flows come by their time, and page through those of one moment", async () => {
      const namespace = fresh("user:");
      const flows = [fresh("A"), fresh("B"), fresh("C")];
      for (const [at, flow] of flows.entries()) {
        await created(the(), { flow, namespace, createdAt: 1_700_000_000_000 + at });
        await created(the(), { flow, namespace, createdAt: 1_700_000_000_005 });
      }
      const { items } = await everyPage((cursor) =>
        the().listRuns({ namespace, limit: 2, ...(cursor ? { cursor } : {}) }),
      );
      expect(items.map(({ createdAt }) => createdAt % 10)).toEqual([5, 5, 5, 2, 1, 0]);
      expect(new Set(items.map(({ flow, run }) => `${flow}/${run}`)).size).toBe(6);
    });

    test("with nothing asked for, all runs are there, newest first", async () => {
      const newest = await the().createRun(aRun({ createdAt: (Date.now() + 1e10 + Math.random() * 1e6) | 0 }));
      const { items } = await the().listRuns({ limit: 1 });
      expect(items[0]!.createdAt).toBeGreaterThanOrEqual(newest.createdAt);
    });

    test("an empty list is a page with no items", async () => {
      expect(await the().listRuns({ flow: fresh("Flow") })).toEqual({ items: [] });
      expect(await the().listRuns({ tag: fresh("tag") })).toEqual({ items: [] });
    });

    test("a cursor that no list gave out is refused", async () => {
      for (const cursor of ["", "nonsense", "e30", "WzEsMiwzLDRd"]) {
        await expect(the().listRuns({ flow: "F", cursor })).rejects.toMatchObject({
          code: "cursor.invalid",
        });
        await expect(the().listRuns({ cursor })).rejects.toMatchObject({ code: "cursor.invalid" });
      }
    });

    const parts = ["flow", "namespace", "tag", "status"] as const;
    const subsets = Array.from({ length: 16 }, (_, set) => parts.filter((_part, at) => set & (1 << at)));
    test.each(subsets.slice(1).map((subset) => [subset.join(" and "), subset] as const))(
      "runs are found by %s",
      async (_title, subset) => {
        const wanted = {
          flow: fresh("Flow"),
          namespace: fresh("user:"),
          tag: fresh("tag"),
          status: "succeeded" as Status,
        };
        const other = {
          flow: fresh("Flow"),
          namespace: fresh("user:"),
          tag: fresh("tag"),
          status: "stopped" as Status,
        };
        // Far in the future, so that the runs of other tests that succeeded do not come between.
        const createdAt = Date.now() + 2e12 + made();
        for (let set = 0; set < 16; set += 1) {
          const pick = <Part extends (typeof parts)[number]>(part: Part) =>
            (set & (1 << parts.indexOf(part)) ? other : wanted)[part];
          const run = await created(the(), {
            flow: pick("flow"),
            namespace: pick("namespace"),
            tags: ["any", pick("tag")],
            createdAt,
          });
          await the().updateRun(run, { status: pick("status") });
        }
        const query: RunQuery = Object.fromEntries(subset.map((part) => [part, wanted[part]]));
        const { items } = await everyPage(async (cursor) => {
          const page = await the().listRuns({ ...query, limit: 3, ...(cursor ? { cursor } : {}) });
          return page.items.every((run) => run.createdAt === createdAt) ? page : { items: page.items };
        });
        const mine = items.filter((run) => run.createdAt === createdAt);
        expect(mine).toHaveLength(16 / 2 ** subset.length);
        for (const run of mine) expect(matches(run, query)).toBe(true);
      },
    );
  });

  describe("flows", () => {
    test("each flow is listed by name with its newest run, of the namespace where one is given", async () => {
      const [mine, production] = [fresh("user:"), fresh("production:")];
      const [b, a] = [fresh("B"), fresh("A")];
      await created(the(), { flow: b, namespace: mine });
      const newestOfB = await the().createRun(aRun({ flow: b, namespace: mine }));
      const newestOfA = await the().createRun(aRun({ flow: a, namespace: mine }));
      const deployed = await the().createRun(aRun({ flow: a, namespace: production }));
      expect((await the().listFlows({ namespace: mine })).items).toEqual([
        { flow: a, newest: newestOfA },
        { flow: b, newest: newestOfB },
      ]);
      expect((await the().listFlows({ namespace: production })).items).toEqual([{ flow: a, newest: deployed }]);
      const { items } = await everyPage((cursor) => the().listFlows(cursor ? { cursor } : {}));
      expect(items.filter(({ flow }) => flow === a || flow === b)).toEqual([
        { flow: a, newest: deployed },
        { flow: b, newest: newestOfB },
      ]);
    });

    test("they come in pages", async () => {
      const namespace = fresh("user:");
      const flows = Array.from({ length: 5 }, (_, at) => fresh(`Flow${at}`));
      for (const flow of flows) await created(the(), { flow, namespace });
      const { items, pages } = await everyPage((cursor) =>
        the().listFlows({ namespace, limit: 2, ...(cursor ? { cursor } : {}) }),
      );
      expect(items.map(({ flow }) => flow)).toEqual(flows);
      expect(pages).toBe(3);
    });

    test("a namespace without runs has none", async () => {
      expect(await the().listFlows({ namespace: fresh("user:") })).toEqual({ items: [] });
    });
  });
}

let moments = 0;
function made(): number {
  moments += 1;
  return moments;
}

function matches(run: NewRun & { status: Status }, { flow, namespace, tag, status }: RunQuery): boolean {
  return (
    (flow ?? run.flow) === run.flow &&
    (namespace ?? run.namespace) === run.namespace &&
    (tag === undefined || run.tags.includes(tag)) &&
    (status ?? run.status) === run.status
  );
}

function numbers(runs: readonly Run[]): number[] {
  return runs.map(({ run }) => run);
}
