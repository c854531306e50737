import { flow } from "millrace";

export default flow("Closed")
  // Large enough for a blob of its own, which is stored through a URL that the tasks' API signed.
  .step("start", () => ({ words: Array.from({ length: 2_000 }, (_, i) => `word ${i}`) }))
  .step("end", ({ words }) => ({ count: words.length }));

export const large = flow("Large").step("fit", { cpu: 32, memory: "200GiB" }, () => ({}));
