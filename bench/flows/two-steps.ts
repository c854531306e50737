import { flow } from "millrace";

export default flow("TwoSteps")
  .step("start", () => ({ a: 1 }))
  .step("end", ({ a }) => ({ b: a + 1 }));
