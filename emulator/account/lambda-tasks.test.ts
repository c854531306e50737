import { expect, test } from "vitest";
import type { Attempt } from "../../store/ledger/ledger.ts";
import type { Json } from "../../graph/graph.ts";
import { TaskFailure } from "../../engine/asl/errors.ts";
import type { TaskEvent } from "../../engine/world.ts";
import { LambdaTasks } from "./lambda-tasks.ts";

const request = { run: "Stats/1", step: "fit", index: "0", attempts: 2, proof: "shown" };
const never = new AbortController().signal;

/** A runner function that does what the list says, one entry a call. */
function runner(answers: readonly (Json | TaskFailure)[], said: Partial<Attempt>[] = [], isCaught = false) {
  const told: TaskEvent[] = [];
  const left = [...answers];
  const tasks = new LambdaTasks({
    functions: {
      invoke: async () => {
        const log = "START RequestId: 1\nepoch 1\nREPORT RequestId: 1\n";
        const answer = left.shift()!;
        if (!(answer instanceof TaskFailure)) return { text: JSON.stringify(answer), log, hasFailed: false };
        if (answer.error.startsWith("Lambda."))
          throw Object.assign(new Error(answer.cause), {
            name: answer.error.slice("Lambda.".length),
            $fault: "server",
          });
        const text = JSON.stringify({ errorType: answer.error, ...(JSON.parse(answer.cause) as object) });
        return { text, log, hasFailed: true };
      },
      close: () => {},
    },
    emit: (event) => told.push(event),
    readAttempts: async () => said as Attempt[],
    isCaught: () => isCaught,
  });
  return { told, run: () => tasks.run("runner", request, never) };
}
const threw = (message: string) => new TaskFailure("TypeError", JSON.stringify({ errorMessage: message }));

test("a step on Lambda is told with what it printed, without what Lambda says itself", async () => {
  const { run, told } = runner([{ control: { case: "a" } }]);
  expect(await run()).toEqual({ control: { case: "a" } });
  expect(told).toMatchObject([
    { type: "task.started", attempt: 1 },
    { type: "task.output", text: "epoch 1" },
    { type: "task.finished", status: "succeeded" },
  ]);
});

test("one that fails is tried again by the machine, and has failed for good after the last", async () => {
  const { run, told } = runner([threw("first"), threw("second")]);
  await expect(run()).rejects.toThrow("first");
  await expect(run()).rejects.toThrow("second");
  const ends = told.filter((event) => event.type === "task.finished");
  expect(ends.map(({ retryInSeconds }) => retryInSeconds)).toEqual([0, undefined]);
  expect(ends.at(-1)).toMatchObject({ attempt: 2, error: { name: "TypeError", message: "second" } });
});

test("what the task said of itself comes before what Lambda says", async () => {
  const error = { name: "RangeError", message: "too wide", source: "fit.ts:3:1" };
  const { run, told } = runner([threw("something")], [{ status: "failed", error }]);
  await expect(run()).rejects.toThrow("something");
  expect(told.at(-1)).toMatchObject({ error });
});

test("that Lambda is busy costs no try of the step's", async () => {
  const busy = new TaskFailure("Lambda.TooManyRequestsException", "Rate Exceeded.");
  const { run, told } = runner([busy, busy, {}]);
  await expect(run()).rejects.toThrow("Rate Exceeded");
  await expect(run()).rejects.toThrow("Rate Exceeded");
  await run();
  expect(told.filter(({ type }) => type === "task.started")).toHaveLength(1);
  expect(told.at(-1)).toMatchObject({ type: "task.finished", attempt: 1, status: "succeeded" });
});

test("a failure that is caught is told as such", async () => {
  const error = { name: "RangeError", message: "too wide" };
  const { run, told } = runner([{}], [{ status: "failed", caught: true, error }], true);
  await run();
  expect(told.at(-1)).toMatchObject({ status: "failed", caught: true, error });
});
