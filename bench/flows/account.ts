import { flow } from "millrace";

/** What is carried out in an account: lists are new in each run, so that they have to be stored. */
const list = (length: number) => Array.from({ length }, () => Math.random());

export const two = flow("Two")
  .step("start", () => ({ a: 1 }))
  .step("end", ({ a }) => ({ b: a + 1 }));

const wide = (width: number) =>
  flow(`Wide${width}`)
    .step("start", () => ({ numbers: list(width) }))
    .foreach("numbers", { as: "n" }, (each) => each.step("square", ({ n }) => ({ squared: n * n })))
    .join("end", (branches) => ({ count: branches.length }));

export const wide10 = wide(10);
export const wide1000 = wide(1_000);
export const wide10000 = wide(10_000);

/** The same by the runner function instead of containers. */
export const quick10 = flow("Quick10")
  .step("start", { compute: "lambda" }, () => ({ numbers: list(10) }))
  .foreach("numbers", { as: "n" }, (each) =>
    each.step("square", { compute: "lambda" }, ({ n }) => ({ squared: n * n })),
  )
  .join("end", { compute: "lambda" }, (branches) => ({ count: branches.length }));

/** A chain that is built by a loop: its types would be as deep. */
interface Chain {
  step(name: string, handler: (artifacts: { readonly count: number }) => { count: number }): Chain;
}

const chain = (length: number) => {
  let steps = flow(`Chain${length}`).step("start", () => ({ count: 1 })) as unknown as Chain;
  for (let i = 1; i < length; i++) steps = steps.step(`step${i}`, ({ count }) => ({ count: count + 1 }));
  return steps;
};

export const chain20 = chain(20);
export const chain100 = chain(100);
