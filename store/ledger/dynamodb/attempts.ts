import type { TransactWriteItem } from "@aws-sdk/client-dynamodb";
import { randomUUID } from "node:crypto";
import { attemptOfItem, headOf, outcomeAttributes, runningItem, type Outcome } from "./attempt-item.ts";
import { controlWrites } from "./controls.ts";
import { isDone, isNear, pastAttemptKey, taskKey } from "./keys.ts";
import { checkRun, markFar, type DynamoStore } from "./store.ts";
import { runningTasks } from "./steps.ts";
import { inParallel, keyItem, type TableItem, type WrittenItem } from "./table.ts";
import type { AttemptEnd, AttemptStart, AttemptStarted } from "../ledger.ts";
import type { AttemptKey, TaskKey } from "../../../graph/task-key.ts";
import type { RunKey } from "../../../graph/run-name.ts";
import type { TaskError } from "../../../graph/task-error.ts";

/** One write an attempt: where the task has none, the first is simply put there. */
export async function startAttempts(
  store: DynamoStore,
  run: RunKey,
  starts: readonly AttemptStart[],
): Promise<AttemptStarted[]> {
  await checkRun(store, run);
  return eachTaskInTurn(starts, (start) => startAttempt(store, run, start));
}

async function startAttempt(store: DynamoStore, run: RunKey, start: AttemptStart): Promise<AttemptStarted> {
  const { table } = store;
  const { by, at: startedAt } = start;
  const key = taskKey(run, start);
  if (!isNear(start.index)) await markFar(store, run, start.step);
  let attempt = 1;
  let written = await table.put(runningItem(key, { attempt, by, startedAt }), { text: "attribute_not_exists(pk)" });
  while (!written.isWritten) {
    const task = standing(written);
    const head = headOf(task);
    if (isDone(head)) return { state: "done", attempt: await attemptOfItem(store, task) };
    // Also where a request was sent twice because its first answer was lost.
    if (head.status === "running" && head.by === by) return { state: "started", attempt: head.attempt };
    attempt = head.attempt + 1;
    written = await replace(store, run, { start, task });
  }
  return { state: "started", attempt };
}

/** Keeps the attempt and puts the next one in its place: both or neither, or a late end would be lost between the two. */
async function replace(
  { table, ...rest }: DynamoStore,
  run: RunKey,
  { start, task }: { readonly start: AttemptStart; readonly task: TableItem },
): Promise<WrittenItem> {
  const { step, index, at, by } = start;
  const { attempt, status, begunAt } = headOf(task);
  const key = taskKey(run, { step, index });
  const next = attempt + 1;
  const error = { name: "Superseded", message: `Attempt ${next} of the task began while this one was running` };
  const end =
    status === "running"
      ? {
          status: { S: "failed" },
          finishedAt: { N: String(at) },
          ...(await outcomeAttributes({ table, ...rest }, { error })),
        }
      : {};
  const past = { ...task, ...end, ...keyItem(pastAttemptKey(run, { step, index, attempt })) };
  return table.writeTogether([
    {
      Put: {
        TableName: table.name,
        Item: runningItem(key, { attempt: next, by, startedAt: at }, begunAt),
        ConditionExpression: "attempt = :attempt and #status = :status",
        ExpressionAttributeNames: { "#status": "status" },
        ExpressionAttributeValues: { ":attempt": { N: String(attempt) }, ":status": { S: status } },
        ReturnValuesOnConditionCheckFailure: "ALL_OLD",
      },
    },
    { Put: { TableName: table.name, Item: past } },
  ]);
}

/** One write an attempt; where control values come with it, one transaction. */
export function finishAttempts(
  store: DynamoStore,
  run: RunKey,
  ends: readonly AttemptEnd[],
): Promise<("accepted" | "refused")[]> {
  return eachTaskInTurn(ends, async (end) => ((await finishAttempt(store, run, end)) ? "accepted" : "refused"));
}

async function finishAttempt(store: DynamoStore, run: RunKey, end: AttemptEnd): Promise<boolean> {
  const { table } = store;
  const key = taskKey(run, end);
  const finish = await finishing(store, end);
  if (!end.controls?.length) {
    const written = await table.update(key, finish, STILL_RUNNING);
    // The request may have been sent twice because its first answer was lost.
    return written.isWritten || written.existing?.["endedBy"]?.S === finish.values[":endedBy"]!.S;
  }
  const update: TransactWriteItem = {
    Update: {
      TableName: table.name,
      Key: keyItem(key),
      UpdateExpression: finish.text,
      ConditionExpression: STILL_RUNNING,
      ExpressionAttributeNames: finish.names,
      ExpressionAttributeValues: finish.values,
    },
  };
  return (await table.writeTogether([update, ...(await controlWrites(store, run, end.controls))])).isWritten;
}

const STILL_RUNNING = "attempt = :attempt and #status = :running";

type End = Outcome & Pick<AttemptEnd, "attempt" | "at" | "status">;

async function finishing(store: DynamoStore, end: End) {
  const left = await outcomeAttributes(store, end);
  const set = { status: { S: end.status }, finishedAt: { N: String(end.at) }, endedBy: { S: randomUUID() }, ...left };
  return {
    text: `set ${Object.keys(set)
      .map((name) => `#${name} = :${name}`)
      .join()}`,
    names: Object.fromEntries(Object.keys(set).map((name) => [`#${name}`, name])),
    values: {
      ...Object.fromEntries(Object.entries(set).map(([name, value]) => [`:${name}`, value])),
      ":attempt": { N: String(end.attempt) },
      ":running": { S: "running" },
    } as TableItem,
  };
}

export function heartbeat(
  { table }: DynamoStore,
  run: RunKey,
  { attempts, at }: { readonly attempts: readonly AttemptKey[]; readonly at: number },
): Promise<boolean[]> {
  return inParallel(attempts, async (attempt) => {
    const update = {
      text: "set heartbeatAt = :at",
      names: { "#status": "status" },
      values: { ":at": { N: String(at) }, ":attempt": { N: String(attempt.attempt) }, ":running": { S: "running" } },
    };
    const isLater = "(attribute_not_exists(heartbeatAt) or heartbeatAt < :at)";
    const written = await table.update(taskKey(run, attempt), update, `${STILL_RUNNING} and ${isLater}`);
    if (written.isWritten) return true;
    const head = written.existing && headOf(written.existing);
    return head?.attempt === attempt.attempt && head.status === "running";
  });
}

export async function endRunningAttempts(
  store: DynamoStore,
  run: RunKey,
  end: { status: "failed" | "stopped"; at: number; error: TaskError },
): Promise<number> {
  let count = 0;
  for await (const tasks of runningTasks(store, run)) {
    const ended = await inParallel(tasks, async ({ key, attempt }) => {
      const written = await store.table.update(key, await finishing(store, { ...end, attempt }), STILL_RUNNING);
      return written.isWritten;
    });
    count += ended.filter(Boolean).length;
  }
  return count;
}

/** A page's tasks side by side, but what concerns one task in the page's order. */
async function eachTaskInTurn<In extends TaskKey, Out>(
  page: readonly In[],
  work: (one: In) => Promise<Out>,
): Promise<Out[]> {
  const places = new Map<string, number[]>();
  for (const [place, { step, index }] of page.entries()) {
    const name = `${step}/${index}`;
    places.set(name, [...(places.get(name) ?? []), place]);
  }
  const answers = Array.from<Out>({ length: page.length });
  await inParallel([...places.values()], async (turns) => {
    for (const place of turns) answers[place] = await work(page[place]!);
  });
  return answers;
}

function standing(written: Extract<WrittenItem, { isWritten: false }>): TableItem {
  if (written.existing) return written.existing;
  throw new Error("DynamoDB refused a write and did not say what stood in its way");
}
