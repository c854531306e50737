import { flow } from "millrace";

/** A chain that is built by a loop: its types would be a thousand deep. */
interface Chain {
  step(name: string, handler: (artifacts: { readonly count: number }) => { count: number }): Chain;
}

let chain = flow("Chain").step("start", () => ({ count: 1 })) as unknown as Chain;
for (let i = 1; i < 1_000; i++) chain = chain.step(`step${i}`, ({ count }) => ({ count: count + 1 }));

export default chain;
