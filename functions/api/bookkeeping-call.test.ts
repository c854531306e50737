import { expect, test } from "vitest";
import { flow } from "../../sdk/index.ts";
import { packPages } from "../../store/artifacts/pack.ts";
import { md5Of } from "../../store/blobs/hash.ts";
import { packArtifacts } from "../../tasks/outcome.ts";
import { answerMachine } from "./bookkeeping-call.ts";
import { noBlobs, openService } from "./fixtures.ts";

const sorted = flow("Stats")
  .step("start", () => ({ kinds: ["a", "b"] as ("a" | "b")[] }))
  .foreach("kinds", { as: "kind" }, (each) =>
    each.switch("kind", {
      a: (s) => s.step("first", { catch: true }, () => ({})),
      b: (s) => s.step("second", () => ({})),
    }),
  )
  .join("merge", () => ({}));

async function openRun() {
  const service = await openService();
  await service.deploy(sorted);
  await service.trigger("Stats");
  const { token, base } = await service.start(1, "start");
  const { pages, pageSize, width } = packPages(["a", "b"]);
  for (const { hash, bytes } of pages) await service.blobs.write(hash, bytes);
  const value = { type: "foreach", width, pageSize, pages: pages.map(({ hash }) => hash) };
  const own = packArtifacts({ kinds: ["a", "b"] }, noBlobs);
  const blobs = pages.map(({ hash, bytes }) => ({ hash, md5: md5Of(bytes) }));
  const report = { status: "succeeded", base, own, controls: [{ node: "merge", index: "0", value }], blobs };
  await service.call("POST /runs/Stats/1/tasks/finish", report, { token });
  return service;
}

test("a switch that a foreach's body begins with is answered from the child's own item", async () => {
  const { common } = await openRun();
  const ask = (index: string) => answerMachine(common, { action: "control", run: "Stats/1", node: "switch.1", index });
  expect(await ask("0")).toEqual({ case: "a" });
  expect(await ask("1")).toEqual({ case: "b" });
});

test("a task that died is recorded as caught, and its failure is what the flow goes on with", async () => {
  const { common, start, call } = await openRun();
  await start(1, "first", { index: "0" });
  const error = { name: "States.TaskFailed", message: "Host EC2 terminated" };
  await answerMachine(common, { action: "recordFailure", run: "Stats/1", step: "first", index: "0", error });
  const { items } = await call<{ items: object[] }>("GET /flows/Stats/runs/1/steps/first/tasks");
  expect(items).toMatchObject([{ index: "0", status: "failed", caught: true }]);
});

test("the ledger names a page of items only once it is stored", async () => {
  const service = await openService();
  const rows = flow("Rows")
    .step("start", () => ({ rows: [[1, 2], [3]] }))
    .foreach("rows", { as: "row" }, (outer) =>
      outer.foreach("row", { as: "cell" }, (inner) => inner.step("square", () => ({}))).join("joinRow", () => ({})),
    )
    .join("end", () => ({}));
  await service.deploy(rows);
  await service.trigger("Rows");
  const started = await service.startOf({ flow: "Rows", run: 1, step: "start" });
  const { pages, pageSize, width } = packPages([[1, 2], [3]]);
  for (const { hash, bytes } of pages) await service.blobs.write(hash, bytes);
  const value = { type: "foreach", width, pageSize, pages: pages.map(({ hash }) => hash) };
  const own = packArtifacts({ rows: [[1, 2], [3]] }, noBlobs);
  const report = { status: "succeeded", base: started.base, own, controls: [{ node: "end", index: "0", value }] };
  const left = pages.map(({ hash, bytes }) => ({ hash, md5: md5Of(bytes) }));
  await service.call("POST /runs/Rows/1/tasks/finish", { ...report, blobs: left }, { token: started.token });

  const told: string[] = [];
  const { blobs, ledger } = service;
  const slow = {
    read: blobs.read,
    write: async (hash: string, bytes: readonly Uint8Array[]) => {
      await new Promise((resolve) => setImmediate(resolve));
      await blobs.write(hash, bytes);
      told.push("stored");
    },
  };
  const noting = new Proxy(ledger, {
    get: (target, name: keyof typeof ledger) => {
      if (name === "writeControls") told.push("named");
      return target[name];
    },
  });
  const books = { ...service.common, blobs: slow, ledger: noting };
  expect(await answerMachine(books, { action: "control", run: "Rows/1", node: "joinRow", index: "0" })).toMatchObject({
    width: 2,
  });
  expect(told).toEqual(["stored", "named"]);
});
