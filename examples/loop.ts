// Trains until it is good enough: a loop goes round while an artifact is true, and never more often than its bound.
import { flow } from "millrace";

const points = Array.from({ length: 50 }, (_, i) => ({ x: i / 50, y: 3 * (i / 50) + 1 }));

export default flow("Loop")
  .step("start", () => ({ slope: 0, intercept: 0, loss: Infinity, unsatisfied: true }))
  .loop({ while: "unsatisfied", max: 200 }, (round) =>
    round.step("train", ({ slope, intercept }, { index }) => {
      // One step of gradient descent on the mean squared error.
      const errors = points.map(({ x, y }) => ({ x, error: slope * x + intercept - y }));
      const mean = (numbers: number[]) => numbers.reduce((a, b) => a + b, 0) / numbers.length;
      const loss = mean(errors.map(({ error }) => error ** 2));
      if (index[0]! % 25 === 0) console.log(`round ${index[0]}: loss ${loss.toFixed(5)}`);
      return {
        slope: slope - mean(errors.map(({ x, error }) => 2 * x * error)),
        intercept: intercept - 0.5 * mean(errors.map(({ error }) => 2 * error)),
        loss,
        unsatisfied: loss > 1e-3,
      };
    }),
  )
  .step("end", ({ slope, intercept, loss }) => {
    console.log(`y = ${slope.toFixed(2)} x + ${intercept.toFixed(2)}, loss ${loss.toFixed(5)}`);
  });
