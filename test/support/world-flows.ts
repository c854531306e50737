import { flow } from "millrace";

/** Flows that every world runs; see engine/conformance.ts. */

type Given = { readonly signal: AbortSignal };
const untilStopped = (_: unknown, { signal }: Given) =>
  new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));

export const counted = flow("Counted")
  .step("start", () => ({ list: [1, 2, 3] }))
  .foreach("list", { as: "n" }, (each) => each.step("square", ({ n }) => ({ squared: n * n })))
  .join("sum", (turns) => ({ sum: turns.pluck("squared").reduce((a, b) => a + b, 0) }))
  .step("again", { retry: 1 }, (_, { attempt }) => {
    if (attempt === 1) throw new Error("once");
  })
  .step("quick", { compute: "lambda", retry: 1 }, (_, { attempt }) => {
    if (attempt === 1) throw new Error("once");
  })
  .step("soft", { catch: true }, () => {
    throw new TypeError("never mind");
  })
  .step("end", ({ sum, failure }) => ({ told: `${sum} ${failure?.message}` }));

export const caughtThenFailed = flow("CaughtThenFailed")
  .step("soft", { catch: true }, () => process.exit(7))
  .step("bad", () => {
    throw new RangeError("too wide");
  });

export const siblings = flow("Siblings")
  .step("start", () => ({ list: [0, 1, 2] }))
  .branch({
    many: (b) =>
      b
        .foreach("list", { as: "n" }, (each) =>
          each.step("child", ({ n }) => {
            if (n === 1) throw new RangeError("not one");
          }),
        )
        .join("merge", () => ({})),
    slow: (b) => b.step("slow", untilStopped),
  })
  .join("end", () => ({}));

export const waiting = flow("Waiting").step("waits", untilStopped);

export const two = flow("Two")
  .step("first", () => ({}))
  .step("second", untilStopped);

export const asking = flow("Asking")
  .step("start", () => ({ way: true as boolean }))
  .switch("way", { true: (s) => s.step("went", () => {}), false: (s) => s });
