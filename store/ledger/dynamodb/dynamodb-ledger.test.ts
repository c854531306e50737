import { CreateTableCommand, DynamoDBClient, GetItemCommand } from "@aws-sdk/client-dynamodb";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { isSkipped, startAccount } from "../../../test/aws/account.ts";
import { clientOf } from "../../../test/aws/stack.ts";
import { openMemoryBlobs } from "../../blobs/memory.ts";
import { controlItemKey } from "../../../statemachines/contract/control-item.ts";
import { ledgerConformance } from "../conformance.ts";
import { aRun, created, end, fresh, start } from "../conformance-fixtures.ts";
import { openDynamoLedger } from "./dynamodb-ledger.ts";
import { LEDGER_TABLE } from "./table.ts";

const account = await startAccount();

// The account takes minutes for the twenty thousand writes of a wide step, which DynamoDB does in seconds.
vi.setConfig({ testTimeout: 600_000 });
const hasTime = process.env["MILLRACE_TEST_AWS"] === "require";

describe.skipIf(isSkipped(account))("the DynamoDB ledger", () => {
  if (isSkipped(account)) return;
  const client = clientOf(account);
  const blobs = openMemoryBlobs();
  const table = new DynamoDBClient(client);
  const open = () => openDynamoLedger({ table: "ledger", blobs, client });

  beforeAll(async () => {
    await table.send(new CreateTableCommand({ TableName: "ledger", ...LEDGER_TABLE }));
  });
  beforeEach(({ task, skip }) => {
    if (task.name.startsWith("ten thousand")) skip(!hasTime, "it takes minutes here; npm run test:aws runs it");
  });
  afterEach(() => account.rig("DELETE", "faults"));
  afterAll(() => account.stop());

  ledgerConformance(async () => open());

  describe("besides", () => {
    const ledger = open();
    afterAll(() => ledger.close());

    /** How many requests of each kind the work makes. */
    const requestsOf = async (work: () => Promise<unknown>): Promise<Record<string, number>> => {
      await account.rig("DELETE", "stats");
      await work();
      const { aws = {} } = await account.stats();
      return Object.fromEntries(Object.entries(aws).map(([name, count]) => [name.replace("dynamodb:", ""), count]));
    };

    test("a task is two writes, and its inputs two reads", async () => {
      const value = { type: "foreach", width: 400, pages: ["ab".repeat(32)], pageSize: 500 } as const;
      const run = await created(ledger, { controls: [{ node: "merge", index: "0", value }] });
      await ledger.startAttempts(run, [start({ step: "load", index: "0" })]);
      await ledger.finishAttempts(run, [end({ step: "load", index: "0", manifest: {} })]);
      const made = await requestsOf(async () => {
        await ledger.startAttempts(run, [start({ index: "7" })]);
        await ledger.readTasks(run, [{ step: "load", index: "0" }]);
        await ledger.readControls(run, [{ node: "merge", index: "0" }]);
        await ledger.finishAttempts(run, [end({ index: "7", manifest: {} })]);
      });
      expect(made).toEqual({ PutItem: 1, BatchGetItem: 2, UpdateItem: 1 });
    });

    test("a task with control values is two writes as well", async () => {
      const run = await created(ledger);
      const controls = [{ node: "loop.1", index: "0", value: { type: "loop", again: true } }] as const;
      const made = await requestsOf(async () => {
        await ledger.startAttempts(run, [start()]);
        await ledger.finishAttempts(run, [end({ controls })]);
      });
      expect(made).toEqual({ PutItem: 1, TransactWriteItems: 1 });
    });

    test("a page of starts past a step's first 256 tasks is one write a task, and one for the step", async () => {
      const run = await created(ledger);
      const starts = Array.from({ length: 20 }, (_, at) => start({ index: String(300 + at) }));
      expect(await requestsOf(() => ledger.startAttempts(run, starts))).toEqual({ PutItem: 21 });
    });

    test.each([
      ["a narrow step's tasks", "0", { Query: 1, GetItem: 1 }],
      ["a wide step's tasks", "300", { Query: 17, GetItem: 1 }],
    ])("a page of %s is a bounded number of queries", async (_what, index, requests) => {
      const run = await created(ledger);
      await ledger.startAttempts(run, [start({ index })]);
      const other = open();
      expect(await requestsOf(() => other.listTasks(run, "compute"))).toEqual(requests);
      expect(await requestsOf(() => other.listTasks(run, "never"))).toEqual({ Query: 1, GetItem: 1 });
      await other.close();
    });

    test("a page of a flow's runs is one query, of a tag's one and the runs themselves", async () => {
      const [flow, tag] = [fresh("Flow"), fresh("tag")];
      for (let at = 0; at < 5; at += 1) await created(ledger, { flow, tags: [tag] });
      expect(await requestsOf(() => ledger.listRuns({ flow, limit: 3 }))).toEqual({ Query: 1 });
      expect(await requestsOf(() => ledger.listRuns({ tag, limit: 3 }))).toEqual({ Query: 1, BatchGetItem: 1 });
    });

    test("the state machine's getItem finds a control value", async () => {
      const run = await created(ledger);
      const control = {
        node: "merge",
        index: "3",
        value: { type: "foreach", width: 2, pages: [], pageSize: 500 },
      } as const;
      await ledger.writeControls(run, [control]);
      const { Item } = await table.send(
        new GetItemCommand({ TableName: "ledger", Key: { ...controlItemKey(run, control) } }),
      );
      expect(Item).toMatchObject({ width: { N: "2" }, items: { S: "[0,1]" }, chunks: { S: "[]" } });
    });

    test("what is too large for an item comes back all the same", async () => {
      const names = Array.from({ length: 1000 }, (_, at) => [
        `artifact ${at}`,
        { inline: "A".repeat(1000), size: 750 },
      ]);
      const manifest = Object.fromEntries(names) as Record<string, { inline: string; size: number }>;
      const value = {
        type: "foreach",
        width: 1_000_000,
        pages: Array.from({ length: 10_000 }, () => "ab".repeat(32)),
        pageSize: 100,
      } as const;
      const run = await ledger.createRun(
        aRun({ parameters: manifest, controls: [{ node: "merge", index: "0", value }] }),
      );
      await ledger.startAttempts(run, [start()]);
      await ledger.finishAttempts(run, [end({ manifest })]);
      expect((await ledger.readRun(run))?.parameters).toEqual(manifest);
      expect(await ledger.readControls(run, [{ node: "merge", index: "0" }])).toEqual([value]);
      expect((await ledger.listTasks(run, "compute")).items[0]?.manifest).toEqual(manifest);
    });

    test.each([
      ["a start", "PutItem", () => [{ state: "started", attempt: 1 }]],
      ["an end", "UpdateItem", () => ["accepted"]],
    ])("%s whose answer is lost is not done twice", async (_what, operation, answers) => {
      const run = await created(ledger);
      if (operation === "UpdateItem") await ledger.startAttempts(run, [start()]);
      await account.rig("POST", "faults", { target: "aws", match: `dynamodb:${operation}$`, after: true, status: 500 });
      const answer =
        operation === "PutItem"
          ? await ledger.startAttempts(run, [start()])
          : await ledger.finishAttempts(run, [end()]);
      expect(answer).toEqual(answers());
      expect(await ledger.listAttempts(run, start())).toHaveLength(1);
    });

    test("a table that is not there is told as such", async () => {
      const other = openDynamoLedger({ table: "no-such-table", blobs, client });
      await expect(other.readRun({ flow: "F", run: 1 })).rejects.toMatchObject({
        code: "account.missing",
        message: expect.stringContaining("no-such-table") as string,
      });
      await other.close();
    });
  });
});
