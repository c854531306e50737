import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, test } from "vitest";
import { workspace } from "../test/support/workspace.ts";
import type { AnyFlow } from "./language/language.ts";
import { run, type RunEvent } from "./run.ts";

const greeting = `import { flow } from "millrace";
import { z } from "zod";
export default flow("Greeting", { params: { name: z.string(), times: z.number().default(1) } })
  .step("start", ({ name, times }) => ({ words: Array.from({ length: times }, () => "hello " + name) }))
  .foreach("words", { as: "word" }, (each) => each.step("shout", ({ word }) => ({ loud: word.toUpperCase(), pid: process.pid })))
  .join("end", (branches) => ({ all: branches.pluck("loud") }));
`;

describe("running a flow from a program", () => {
  const place = () => {
    const made = workspace({ "greeting.ts": greeting });
    return { ...made, file: join(made.folder, "greeting.ts") };
  };

  test("does what the command does: worker processes, the same store, and every task's artifacts to read", async () => {
    const { file, folder } = place();
    const events: RunEvent[] = [];
    const result = await run(file, { name: "you", times: 3 }, { onEvent: (event) => events.push(event) });
    expect(result).toMatchObject({ flow: "Greeting", run: 1, status: "succeeded" });
    expect(result.artifacts("end")).toMatchObject({ all: ["HELLO YOU", "HELLO YOU", "HELLO YOU"] });
    expect(result.tasks("shout").map(({ index }) => index)).toEqual(["0", "1", "2"]);
    expect(result.artifacts("shout", 0)["pid"]).not.toBe(process.pid);
    expect(existsSync(join(folder, ".millrace"))).toBe(true);
    expect(events[0]!.type).toBe("run.started");
    expect(events.at(-1)).toMatchObject({ type: "run.finished", status: "succeeded", tasks: { succeeded: 5 } });
  });

  test("takes the flow itself, where a module exports it", async () => {
    const { file } = place();
    const module = (await import(pathToFileURL(file).href)) as { default: AnyFlow };
    const result = await run(module.default, { name: "me" });
    expect(result.artifacts("end")).toMatchObject({ all: ["HELLO ME"] });
  });

  test("a parameter that is missing or unknown keeps the run from beginning", async () => {
    const { file } = place();
    await expect(run(file, { nam: "x" })).rejects.toMatchObject({ code: "parameter.invalid" });
  });

  test("a signal stops it", async () => {
    const { folder, write } = place();
    write(
      "slow.ts",
      `import { flow } from "millrace";\nexport default flow("Slow").step("wait", () => new Promise(() => setInterval(() => {}, 1000)));`,
    );
    const controller = new AbortController();
    const result = await run(
      join(folder, "slow.ts"),
      {},
      { signal: controller.signal, onEvent: ({ type }) => type === "task.started" && controller.abort() },
    );
    expect(result).toMatchObject({ status: "stopped", error: { name: "Stopped" } });
    expect(result.tasks("wait")).toMatchObject([{ status: "stopped" }]);
  });

  test("each task gets a process of its own where that is asked for", async () => {
    const { file } = place();
    const result = await run(file, { name: "x", times: 4 }, { isolate: true });
    expect(new Set(result.tasks("shout").map(({ artifacts }) => artifacts["pid"])).size).toBe(4);
  });
});
