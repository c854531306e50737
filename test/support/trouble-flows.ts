import { appendFileSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { flow } from "millrace";
import { z } from "zod";

/** Flows whose jobs meet what Batch does to jobs. `journal` is a file of the test's, where steps write that they ran. */
const params = { journal: z.string() };

/** Until it is killed. */
async function work(): Promise<void> {
  console.log("working");
  await sleep(120_000);
}

export const Hungry = flow("Hungry").step("eat", { memory: "4GiB" }, () => work());

export const HungryAndCaught = flow("HungryAndCaught")
  .step("eat", { memory: "4GiB", catch: true }, () => work())
  .step("end", ({ failure }) => ({ seen: failure }));

/** Interrupted twice, it must still have its one retry. */
export const Interrupted = flow("Interrupted", { params }).step(
  "ride",
  { retry: 1 },
  async ({ journal }, { attempt }) => {
    appendFileSync(journal, `ride ${attempt}\n`);
    if (attempt <= 2) await work();
    if (attempt === 3) throw new TypeError("its own fault");
    return { attempt };
  },
);

export const InterruptedChild = flow("InterruptedChild")
  .step("start", { compute: "lambda" }, () => ({ list: [10, 20] }))
  .foreach("list", { as: "item" }, (each) =>
    each.step("ride", { retry: 1 }, async ({ item }, { attempt }) => {
      if (item === 20 && attempt === 1) await work();
      if (item === 20 && attempt === 2) throw new TypeError("its own fault");
      return { attempt };
    }),
  )
  .join("end", (rides) => ({ attempts: rides.pluck("attempt") }));

/** A step whose own tries are used up is not tried again, whatever attempts its job has left. */
export const Stubborn = flow("Stubborn", { params }).step("try", { retry: 1 }, ({ journal }, { attempt }) => {
  appendFileSync(journal, `try ${attempt}\n`);
  throw new TypeError("always its own fault");
});

/** Killed without a word each time. */
export const Silent = flow("Silent", { params }).step("die", { retry: 1 }, async ({ journal }, { attempt }) => {
  appendFileSync(journal, `die ${attempt}\n`);
  await work();
});

export const Reclaimed = flow("Reclaimed").step("ride", { retry: 1 }, () => work());

export const Unpullable = flow("Unpullable").step("start", { image: "example.org/nowhere:1" }, () => ({}));

export const UnpullableChildren = flow("UnpullableChildren")
  .step("start", { compute: "lambda" }, () => ({ list: [1, 2] }))
  .foreach("list", { as: "item" }, (each) => each.step("one", { image: "example.org/nowhere:2" }, () => ({})))
  .join("end", () => ({}));

export const Secretive = flow("Secretive").step(
  "start",
  { secrets: { WORD: "/millrace/lent/Secretive/word" } },
  () => ({}),
);

export const Forgetful = flow("Forgetful").step(
  "start",
  { secrets: { WORD: "/millrace/lent/Forgetful/nowhere" } },
  () => ({}),
);

export const Greedy = flow("Greedy").step("start", { cpu: 16, memory: "32GiB" }, () => ({}));

export const Patient = flow("Queued").step("start", () => ({ done: true }));

export const Busy = flow("Busy").step("start", () => work());

export const Backing = flow("Backing").step("start", { retry: { attempts: 1, backoff: "1s" } }, (_, { attempt }) => {
  if (attempt === 1) throw new TypeError("once");
  return { attempt };
});

/** Works in a job of its own and in an array of jobs until the run is stopped. */
export const Stopped = flow("Stopped")
  .step("start", { compute: "lambda" }, () => ({ list: [1, 2] }))
  .branch({
    alone: (b) => b.step("one", () => work()),
    together: (b) =>
      b.foreach("list", { as: "item" }, (each) => each.step("child", () => work())).join("all", () => ({})),
  })
  .join("end", () => ({}));

/** One branch fails once the other works. */
export const Halved = flow("Halved", { params })
  .branch({
    bad: (b) =>
      b.step("fail", async ({ journal }) => {
        while (!readFileSync(journal, "utf8").includes("work")) await sleep(50);
        throw new TypeError("its own fault");
      }),
    good: (b) =>
      b.step("work", ({ journal }) => {
        appendFileSync(journal, "work\n");
        return work();
      }),
  })
  .join("end", () => ({}));
