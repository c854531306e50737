import { describe, expect, test } from "vitest";
import type { Json } from "../../../graph/graph.ts";
import type { TaskState } from "../../../statemachines/asl.ts";
import { interpret } from "../interpreter.ts";
import type { TaskContext } from "../interpreter.ts";
import { virtualClock } from "../virtual-clock.ts";

const clock = virtualClock();

function run(state: Partial<TaskState>, call: (task: TaskContext, input: Json) => Promise<Json>, input: Json = {}) {
  const task: TaskState = { Type: "Task", Resource: "arn:do", ...state, End: true };
  return interpret({ StartAt: "Do", States: { Do: task, Hint: { Type: "Pass", End: true } } }, input, {
    integrations: (_, given, context) => call(context, given),
    clock,
  });
}

const never = () => new Promise<never>(() => {});
const silence = new AbortController().signal;

test("a task is called with its resource, its input and its state's name", async () => {
  const calls: unknown[] = [];
  await interpret(
    { StartAt: "Do", States: { Do: { Type: "Task", Resource: "arn:do", End: true } } },
    { a: 1 },
    {
      integrations: async (resource, input, { state }) => {
        calls.push([resource, input, state]);
        return null;
      },
    },
  );
  expect(calls).toEqual([["arn:do", { a: 1 }, "Do"]]);
});

test("credentials are a template too", async () => {
  let credentials: Json | undefined;
  await run({ Credentials: { "RoleArn.$": "$.role" } }, async (task) => ((credentials = task.credentials), null), {
    role: "arn:r",
  });
  expect(credentials).toEqual({ RoleArn: "arn:r" });
});

describe("a task that takes longer than its TimeoutSeconds", () => {
  test.each([{ TimeoutSeconds: 5 }, { TimeoutSecondsPath: "$.limit" }])(
    "fails with States.Timeout (%j)",
    async (limits) => {
      expect(await run(limits, never, { limit: 5 })).toMatchObject({
        status: "FAILED",
        error: "States.Timeout",
      });
    },
  );

  test("is told by its signal", async () => {
    let signal: AbortSignal | undefined;
    await run({ TimeoutSeconds: 5 }, (task) => ((signal = task.signal), never()));
    expect(signal?.aborted).toBe(true);
  });

  test("can be caught", async () => {
    const result = await run(
      {
        TimeoutSeconds: 5,
        Catch: [{ ErrorEquals: ["States.Timeout"], ResultPath: null, Next: "Hint" }],
      },
      never,
    );
    expect(result).toMatchObject({ status: "SUCCEEDED" });
  });
});

test("a task within its TimeoutSeconds succeeds", async () => {
  const result = await run({ TimeoutSeconds: 5 }, async () => (await clock.sleep(4_999, silence), "done"));
  expect(result).toMatchObject({ output: "done" });
});

test("a task that is silent for HeartbeatSeconds fails with States.Timeout", async () => {
  expect(await run({ HeartbeatSeconds: 5, TimeoutSeconds: 60 }, never)).toMatchObject({
    error: "States.Timeout",
  });
});

test("a task that gives a sign of life in time goes on", async () => {
  const result = await run({ HeartbeatSeconds: 5 }, async (task) => {
    for (let round = 0; round < 5; round += 1) {
      await clock.sleep(4_000, silence);
      task.heartbeat();
    }
    return "done";
  });
  expect(result).toMatchObject({ output: "done" });
});

test("a limit that is no number fails the execution", async () => {
  expect(await run({ TimeoutSecondsPath: "$.limit" }, never, { limit: "5" })).toMatchObject({
    error: "States.Runtime",
  });
});

test("a task that answers nothing answers null", async () => {
  expect(await run({}, async () => undefined as unknown as Json)).toMatchObject({
    status: "SUCCEEDED",
    output: null,
  });
});

test("an integration's own bug comes out with its stack", async () => {
  const bug = new TypeError("not a function");
  await expect(run({ Catch: [{ ErrorEquals: ["States.ALL"], Next: "Hint" }] }, () => Promise.reject(bug))).rejects.toBe(
    bug,
  );
});
