/**
 * Runs a flow with a foreach and prints, as JSON, the run and the seconds from the moment that its list was split to the
 * moment that the last of its tasks had been recorded as ended.
 */
import { run } from "../dist/index.js";

let split;
let last;
const { flow, run: number } = await run(
  process.argv[2],
  {},
  {
    onEvent(event) {
      if (event.type === "split.started") split ??= event;
      if (event.type === "task.finished" && event.step === split?.step) last = event;
    },
  },
);
console.log(JSON.stringify({ flow, run: number, seconds: (last.at - split.at) / 1000 }));
