import { CreateTableCommand, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { isSkipped, startAccount } from "../../../test/aws/account.ts";
import { clientOf } from "../../../test/aws/stack.ts";
import { LEDGER_TABLE } from "../../ledger/dynamodb/table.ts";
import { openDynamoRegistry } from "./dynamodb-registry.ts";
import { registryConformance } from "../registry-conformance.ts";

const account = await startAccount();

describe.skipIf(isSkipped(account))("the registry in DynamoDB", () => {
  if (isSkipped(account)) return;
  const client = clientOf(account);
  const open = () => openDynamoRegistry("ledger", client);

  beforeAll(async () => {
    await new DynamoDBClient(client).send(new CreateTableCommand({ TableName: "ledger", ...LEDGER_TABLE }));
  });
  afterEach(() => account.rig("DELETE", "faults"));
  afterAll(() => account.stop());

  registryConformance(open);

  test("a name that was taken by a write whose answer was lost is taken, not pending", async () => {
    await account.rig("POST", "faults", { target: "aws", match: "dynamodb:UpdateItem$", after: true, status: 500 });
    expect(await open().claim({ flow: "Lost", name: "event", at: 1_000 }, 0)).toEqual({ state: "taken" });
  });

  test("a table that is not there is told as such", async () => {
    const other = openDynamoRegistry("no-such-table", client);
    await expect(other.read("F")).rejects.toMatchObject({ code: "account.missing" });
  });
});
