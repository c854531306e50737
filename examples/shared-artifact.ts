// What a step returns becomes artifacts: every later step sees them, typed, and so does whoever reads the run afterwards.
// npx millrace run examples/shared-artifact.ts && npx millrace dump SharedArtifact/1/end
import { flow } from "millrace";

export default flow("SharedArtifact")
  .step("start", () => {
    console.log("Dataset created");
    return { dataset: ["This", "is", "a", "list"] };
  })
  .step("measure", ({ dataset }) => ({ letters: dataset.join("").length }))
  .step("end", ({ dataset, letters }) => {
    console.log(dataset);
    console.log(`${dataset.length} words, ${letters} letters`);
  });
