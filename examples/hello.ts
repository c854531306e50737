// A flow is a chain of steps. Run it: npx millrace run examples/hello.ts
import { flow } from "millrace";

export default flow("Hello", { description: "Says hello, and good-bye." })
  .step("start", () => {
    console.log("Hello from a step.");
  })
  .step("end", () => {
    console.log("That was all.");
  });
