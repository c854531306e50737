import { appendFileSync, existsSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { flow } from "millrace";
import { z } from "zod";

/**
 * Flows that something goes wrong with. `place` is a folder of the test's: its file `journal` is where steps write down
 * that they ran, so that a test can count it; other files are what steps wait for.
 */
const params = { place: z.string() };

function note(place: string, what: string): void {
  appendFileSync(`${place}/journal`, `${what}\n`);
}

async function file(path: string): Promise<void> {
  while (!existsSync(path)) await sleep(20);
}

/** Until it is killed. */
async function work(): Promise<void> {
  console.log("working");
  await sleep(120_000);
}

export const Killed = flow("Killed", { params })
  .step("start", ({ place }) => note(place, "start"))
  .step("risky", { retry: 1 }, async ({ place }, { attempt }) => {
    note(place, `risky ${attempt}`);
    if (attempt === 1) await work();
    return { attempt };
  })
  .step("end", ({ place }) => note(place, "end"));

export const KilledForGood = flow("KilledForGood", { params })
  .step("start", () => ({ before: 1 }))
  .step("risky", () => work())
  .step("end", ({ place }) => note(place, "end"));

export const KilledAndCaught = flow("KilledAndCaught", { params })
  .step("start", () => ({ before: 1 }))
  .step("risky", { catch: true }, () => work())
  .step("end", ({ before, failure }) => ({ after: before + 1, seen: failure?.name }));

export const ChildKilledAndCaught = flow("ChildKilledAndCaught", { params })
  .step("start", () => ({ list: [0, 1, 2, 3] }))
  .foreach("list", { as: "i" }, (each) =>
    each.step("risky", { catch: true }, async ({ i }) => {
      if (i === 2) await work();
      return { square: i * i };
    }),
  )
  .join("end", (branches) => ({ failed: branches.map(({ failure }) => failure?.name !== undefined) }));

export const TimedOut = flow("TimedOut", { params })
  .step("slow", { timeout: "1s", retry: 1 }, async ({ place }, { attempt, signal }) => {
    note(place, `slow ${attempt}`);
    if (attempt === 2) return;
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
    note(place, `told: ${(signal.reason as Error).name}`);
  })
  .step("slowest", { timeout: "1s" }, () => sleep(120_000));

export const Late = flow("Late", { params })
  .step("start", { retry: 1 }, async ({ place }, { attempt }) => {
    note(place, `start ${attempt}`);
    await file(`${place}/go on`);
    return { by: "the attempt that was given up" };
  })
  .step("end", ({ by }) => ({ seen: by }));

const ten = Array.from({ length: 10 }, (_, i) => i);

export const TwoFailOnce = flow("TwoFailOnce", { params })
  .step("start", () => ({ list: ten }))
  .foreach("list", { as: "i" }, (each) =>
    each.step("work", { retry: 1 }, ({ place, i }, { attempt }) => {
      note(place, `work ${i} ${attempt}`);
      if (attempt === 1 && (i === 3 || i === 7)) throw new RangeError("not at once");
      return { square: i * i };
    }),
  )
  .join("end", (branches) => ({ squares: branches.pluck("square") }));

export const OneFails = flow("OneFails", { params })
  .step("start", () => ({ list: ten }))
  .foreach("list", { as: "i" }, (each) =>
    each.step("work", { retry: 1 }, ({ i }) => {
      if (i === 5) throw new RangeError("never five");
      return { square: i * i };
    }),
  )
  .join("end", ({ length }) => ({ length }));

export const Lambda = flow("Lambda", { params, defaults: { compute: "lambda" } })
  .step("start", { retry: { attempts: 2, backoff: "1s", rate: 1 } }, ({ place }, { attempt }) => {
    note(place, `start ${attempt}`);
    if (attempt === 1) throw new RangeError("not at once");
    // Which ends the function's own process.
    if (attempt === 2) process.exit(1);
    return { attempt };
  })
  .step("end", ({ attempt }) => ({ seen: attempt }));

export const Settings = flow("Settings").step(
  "only",
  { env: { GREETING: "hello" }, secrets: { PASSWORD: "/millrace/lent/Settings/password" } },
  () => ({ greeting: process.env["GREETING"], letters: process.env["PASSWORD"]?.length }),
);

export const Wide = flow("Wide", { params: { width: z.number() } })
  .step("start", ({ width }) => ({ list: Array.from({ length: width }, (_, i) => i) }))
  .foreach("list", { as: "i" }, (each) => each.step("work", ({ i }) => ({ double: 2 * i })))
  .join("end", (branches) => ({ doubles: branches.pluck("double") }));

/** Its artifacts are too large to ride inline. */
export const Patient = flow("Patient", { params })
  .step("start", ({ place }, { run }) => {
    note(place, "start");
    return { numbers: Float64Array.from({ length: 20_000 }, (_, i) => Math.sin(i + run)) };
  })
  .step("middle", ({ place, numbers }) => {
    note(place, "middle");
    return { shifted: numbers.map((x) => x + 1) };
  })
  .step("end", ({ place, shifted }) => {
    note(place, "end");
    return { sum: shifted.reduce((a, b) => a + b, 0) };
  });
