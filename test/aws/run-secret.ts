import { DynamoDBClient, GetItemCommand } from "@aws-sdk/client-dynamodb";
import type { RunKey } from "../../graph/run-name.ts";
import { startProof } from "../../statemachines/contract/start-proof.ts";
import { runItemKey } from "../../store/ledger/dynamodb/keys.ts";
import { keyItem } from "../../store/ledger/dynamodb/table.ts";
import type { Account } from "./account.ts";
import { clientOf } from "./stack.ts";

/** A run's secret, which only those read who may read the table itself: here the account's administrator. */
export async function secretOf(account: Account, table: string, run: RunKey): Promise<string> {
  const dynamo = new DynamoDBClient(clientOf(account));
  const { Item } = await dynamo.send(new GetItemCommand({ TableName: table, Key: keyItem(runItemKey(run)) }));
  return Item!["secret"]!.S!;
}

/** What the run's machine gives to a task. */
export async function proofOf(
  account: Account,
  table: string,
  { step, index = "0", ...run }: RunKey & { readonly step: string; readonly index?: string },
): Promise<string> {
  return startProof(await secretOf(account, table, run), step, index);
}
