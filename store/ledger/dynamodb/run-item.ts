import { runItemKey } from "./keys.ts";
import { readText, writeText, type DynamoStore } from "./store.ts";
import { keyItem, type TableItem } from "./table.ts";
import type { Manifest } from "../../artifacts/manifest.ts";
import type { Owner, Run, RunPrincipals, Status } from "../ledger.ts";
import type { TaskError } from "../../../graph/task-error.ts";

export async function runItem(store: DynamoStore, run: Run, secret: string | undefined): Promise<TableItem> {
  return {
    ...keyItem(runItemKey(run)),
    flow: { S: run.flow },
    run: { N: String(run.run) },
    namespace: { S: run.namespace },
    user: { S: run.user },
    tags: { S: JSON.stringify(run.tags) },
    createdAt: { N: String(run.createdAt) },
    codePackage: { S: run.codePackage },
    graph: { S: run.graph },
    parameters: await writeText(store, JSON.stringify(run.parameters)),
    ...(run.owner && { owner: { S: JSON.stringify(run.owner) } }),
    ...(run.principals && { principals: { S: JSON.stringify(run.principals) } }),
    status: { S: run.status },
    heartbeatAt: { N: String(run.heartbeatAt) },
    ...(secret !== undefined && { secret: { S: secret } }),
  };
}

export async function runOf(store: DynamoStore, item: TableItem): Promise<Run> {
  const text = (name: string) => item[name]!.S!;
  const number = (name: string) => Number(item[name]!.N);
  return {
    flow: text("flow"),
    run: number("run"),
    namespace: text("namespace"),
    user: text("user"),
    tags: JSON.parse(text("tags")) as string[],
    createdAt: number("createdAt"),
    codePackage: text("codePackage"),
    graph: text("graph"),
    parameters: JSON.parse(await readText(store, item["parameters"]!)) as Manifest,
    ...(item["owner"] && { owner: JSON.parse(text("owner")) as Owner }),
    ...(item["principals"] && { principals: JSON.parse(text("principals")) as RunPrincipals }),
    status: text("status") as Status,
    ...(item["finishedAt"] && { finishedAt: number("finishedAt") }),
    ...(item["error"] && { error: JSON.parse(text("error")) as TaskError }),
    heartbeatAt: number("heartbeatAt"),
  };
}
