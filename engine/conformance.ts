import { afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import type { Ledger } from "../store/ledger/ledger.ts";
import type { RunEvent } from "./events.ts";
import type { RunnableFlow } from "./execute-flow.ts";
import { runInWorld, type RunListeners, type RunResult } from "./run-loop.ts";
import type { World, WorldRun } from "./world.ts";

/** A world in which one run of a flow of test/support/world-flows.ts is about to be made. */
export interface WorldUnderTest {
  readonly world: World;
  readonly flow: RunnableFlow;
  /** Where the world's runs are kept, as others see them. */
  readonly ledger: Ledger;
  close(): Promise<void>;
}

/** `exportName` is the flow's in test/support/world-flows.ts. */
export type OpenWorld = (exportName: string, heartbeatMilliseconds: number) => Promise<WorldUnderTest>;

const OFTEN = 25;
const SELDOM = 60_000;
/** Each task may be a process that is slow to start. */
const PATIENT = 120_000;

/** Declares the tests that every implementation of the port passes. */
export function worldConformance(open: OpenWorld): void {
  vi.setConfig({ testTimeout: PATIENT });
  let opened: WorldUnderTest | undefined;
  afterEach(async () => {
    await opened?.close();
    opened = undefined;
  });

  /** Runs a flow; `change` may put something else in the place of what the world's run does. */
  async function run(
    exportName: string,
    listeners: RunListeners = {},
    { heartbeat = SELDOM, change = () => ({}) }: { heartbeat?: number; change?: (run: WorldRun) => object } = {},
  ) {
    const { world, flow, ledger } = (opened = await open(exportName, heartbeat));
    const events: RunEvent[] = [];
    const changed: World = {
      heartbeatMilliseconds: world.heartbeatMilliseconds,
      createRun: async (report) => {
        const made = await world.createRun(report);
        return Object.assign(made, change(made));
      },
    };
    const onEvent = (event: RunEvent) => {
      events.push(event);
      listeners.onEvent?.(event);
    };
    const result = runInWorld(changed, flow, { ...listeners, onEvent });
    return { ledger, events, result };
  }
  const kept = async (ledger: Ledger, { flow, run }: Pick<RunResult, "flow" | "run">) => ({
    run: (await ledger.readRun({ flow, run }))!,
    steps: await ledger.listSteps({ flow, run }),
  });
  const finished = (events: readonly RunEvent[]) => events.find((event) => event.type === "run.finished");

  describe("a flow that runs to its end", () => {
    let events: readonly RunEvent[];
    let status: string;
    let inLedger: string;
    beforeAll(async () => {
      const ran = await run("counted");
      const result = await ran.result;
      ({ events } = ran);
      ({ status } = result);
      inLedger = (await kept(ran.ledger, result)).run.status;
      await opened!.close();
      opened = undefined;
    }, PATIENT);

    test("succeeds", () => {
      expect([status, inLedger, finished(events)?.status]).toEqual(["succeeded", "succeeded", "succeeded"]);
    });

    test("has its tasks counted the same whoever tries them again; those that were caught have failed", () => {
      expect(finished(events)).toMatchObject({ tasks: { succeeded: 8, failed: 1, stopped: 0 } });
      const retried = events.filter((event) => event.type === "task.finished" && event.retryInSeconds !== undefined);
      expect(retried.map((event) => "step" in event && event.step)).toEqual(["again", "quick"]);
      const caught = events.filter((event) => event.type === "task.finished" && event.caught);
      expect(caught).toMatchObject([{ step: "soft", status: "failed", error: { message: "never mind" } }]);
    });

    test("emits each attempt's start and end once, between those of the run", () => {
      const attempts = (type: RunEvent["type"]) =>
        events.flatMap((event) =>
          event.type === type && "attempt" in event ? [`${event.step}/${event.index}#${event.attempt}`] : [],
        );
      expect(attempts("task.started").toSorted()).toEqual(attempts("task.finished").toSorted());
      expect(new Set(attempts("task.started")).size).toBe(11);
      expect([events.at(0)?.type, events.at(-1)?.type]).toEqual(["run.started", "run.finished"]);
    });
  });

  describe("a flow that fails", () => {
    test("is failed by the task that failed among its siblings, and those still at work are stopped", async () => {
      const { ledger, events, result } = await run("siblings");
      const { status, error, ...key } = await result;
      expect({ status, error }).toMatchObject({
        status: "failed",
        error: { step: "child", index: "1", name: "RangeError", message: "not one" },
      });
      const { run: made, steps } = await kept(ledger, key);
      expect(made.status).toBe("failed");
      expect(steps.map(({ running }) => running).every((count) => count === 0)).toBe(true);
      expect(finished(events)).toMatchObject({ notRun: ["merge", "end"] });
    });

    test("is not blamed on what was caught before", async () => {
      const { result } = await run("caughtThenFailed");
      expect(await result).toMatchObject({ status: "failed", error: { step: "bad", message: "too wide" } });
    });

    test("fails where a control value is not there, and does not stay running", async () => {
      const { ledger, result } = await run("asking", {}, { change: () => ({ readControl: async () => undefined }) });
      const { status, ...key } = await result;
      expect(status).toBe("failed");
      expect((await kept(ledger, key)).run.status).toBe("failed");
    });

    test("whose engine throws has failed, and what was thrown is told", async () => {
      const bug = new TypeError("undefined is not a function");
      const broken = async () => {
        throw bug;
      };
      let key: WorldRun["key"] | undefined;
      const { ledger, result } = await run(
        "asking",
        {},
        { change: ({ key: made }) => ((key = made), { readControl: broken }) },
      );
      await expect(result).rejects.toBe(bug);
      const { run: made } = await kept(ledger, key!);
      expect(made.status).toBe("failed");
      expect(JSON.stringify(made.error)).toContain("undefined is not a function");
    });
  });

  describe("a run that is stopped", () => {
    const stopped = async (ledger: Ledger, result: RunResult) => {
      expect(result).toMatchObject({ status: "stopped", error: { name: "Stopped" } });
      const { run: made, steps } = await kept(ledger, result);
      expect(made.status).toBe("stopped");
      expect(steps.every(({ running }) => running === 0)).toBe(true);
      return steps;
    };

    test("before a job begins no task", async () => {
      const { ledger, events, result } = await run("waiting", { signal: AbortSignal.abort() });
      expect(await stopped(ledger, await result)).toEqual([]);
      expect(finished(events)).toMatchObject({ status: "stopped", notRun: ["waits"] });
    });

    test("during a job ends its tasks as stopped", async () => {
      const stop = new AbortController();
      const onEvent = ({ type }: RunEvent) => type === "task.started" && stop.abort();
      const { ledger, events, result } = await run("waiting", { signal: stop.signal, onEvent });
      expect(await stopped(ledger, await result)).toMatchObject([{ step: "waits", stopped: 1 }]);
      expect(finished(events)).toMatchObject({ tasks: { succeeded: 0, failed: 0, stopped: 1 } });
    });

    test("after a job leaves what that has made", async () => {
      const stop = new AbortController();
      const onEvent = (event: RunEvent) => event.type === "task.finished" && stop.abort();
      const { ledger, result } = await run("two", { signal: stop.signal, onEvent });
      const [first] = await stopped(ledger, await result);
      expect(first).toMatchObject({ step: "first", succeeded: 1 });
    });
  });

  test("a run that was ended elsewhere stops at the next heartbeat, and stays as it was ended", async () => {
    const error = { name: "Lost", message: "somebody said so" };
    let endIt = async (): Promise<unknown> => undefined;
    const change = ({ key }: WorldRun) => {
      endIt = () => opened!.ledger.updateRun(key, { status: "failed", finishedAt: Date.now(), error }, "running");
      return {};
    };
    const onEvent = ({ type }: RunEvent) => void (type === "task.started" && endIt());
    const { ledger, events, result } = await run("waiting", { onEvent }, { heartbeat: OFTEN, change });
    const { status, error: why, ...key } = await result;
    expect({ status, why }).toMatchObject({ status: "stopped", why: { message: "the run was ended elsewhere" } });
    const { run: made, steps } = await kept(ledger, key);
    expect(made).toMatchObject({ status: "failed", error });
    expect(steps).toMatchObject([{ running: 0 }]);
    expect(finished(events)).toMatchObject({ status: "stopped" });
  });
}
