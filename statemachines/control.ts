import type { JsonObject } from "../graph/graph.ts";
import { controlName, type ControlNode } from "../graph/lineage.ts";
import { addState, choiceName, field, taskIndexExpression, type Block } from "./block.ts";
import { INTEGRATIONS } from "./contract/contract.ts";
import { controlKeyExpression } from "./contract/control-item.ts";
import { isArrayJob } from "./array-job.ts";
import { lambdaRetry, readRetry } from "./contract/retries.ts";

/** How the machine takes each field out of the ledger's item. */
const ITEM_FIELDS: Readonly<Record<string, string>> = {
  width: "States.StringToJson($.Item.width.N)",
  items: "States.StringToJson($.Item.items.S)",
  chunks: "States.StringToJson($.Item.chunks.S)",
  case: "$.Item.case.S",
  again: "$.Item.again.BOOL",
};

/** Which of a control value's fields the machine looks at. */
export function controlFieldsOf(node: ControlNode): readonly string[] {
  if (node.type === "switch") return ["case"];
  if (node.type === "loop") return ["again"];
  return isArrayJob(node) ? ["width", "chunks"] : ["width", "items"];
}

/** A selector that takes the fields of an object as they are. */
export function pickFields(path: string, fields: readonly string[]): JsonObject {
  return Object.fromEntries(fields.map((name) => [`${name}.$`, `${path}.${name}`]));
}

/** Adds the state that gets a node's control value into `$.c`; the node's Choice comes after it. */
export function addControlRead(block: Block, name: string, node: ControlNode): void {
  const { resources, lineage } = block.flow;
  const id = controlName(node);
  const fields = controlFieldsOf(node);
  const index = taskIndexExpression(block);
  const common = { ResultPath: "$.c", Next: choiceName(node) + block.copy };
  if (lineage.controls.get(id)!.known === "asked") {
    addState(
      block,
      { name, node },
      {
        Type: "Task",
        Resource: INTEGRATIONS.invoke,
        Parameters: {
          FunctionName: resources.bookkeeping,
          Payload: { action: "control", "run.$": "$.run", node: id, ...field("index", index) },
        },
        Retry: lambdaRetry,
        ResultSelector: pickFields("$.Payload", fields),
        ...common,
      },
    );
    return;
  }
  addState(
    block,
    { name, node },
    {
      Type: "Task",
      Resource: INTEGRATIONS.read,
      Parameters: {
        TableName: resources.table,
        ConsistentRead: true,
        Key: { pk: { "S.$": controlKeyExpression(id) }, sk: field("S", index) },
      },
      Retry: readRetry,
      ResultSelector: Object.fromEntries(fields.map((one) => [`${one}.$`, ITEM_FIELDS[one]!])),
      ...common,
    },
  );
}
