import { describe, expect, test } from "vitest";
import type { JsonObject, StepNode, StepOptions } from "../graph/graph.ts";
import { allStates } from "./all-states.ts";
import type { StateMachine, TaskState } from "./asl.ts";
import { compile } from "./compile.ts";
import { account, fixtures, foreach, graph, lambda, loop, step } from "./fixtures.ts";

describe("a Batch step", () => {
  test.each([
    ["without a timeout may wait, and then run as long as a job on Fargate", {}, 600_000 + 14 * 86_400],
    [
      "with a timeout may wait, and then be tried as often as its job",
      { timeout: "1h", retry: 1 },
      600_000 + 6 * 3_660,
    ],
    ["on a machine of its own may run for ever", { cpu: 48 }, undefined],
  ])("%s", (_, options, seconds) => {
    const { machine } = compile(graph("F", step("x", options)), account);
    expect((machine.States["x"] as TaskState).TimeoutSeconds).toBe(seconds);
  });

  test.each<[string, StepOptions, JsonObject]>([
    [
      "asks nothing that it does not say",
      {},
      {
        RetryStrategy: { Attempts: 1 },
        JobQueue: "steady",
        JobDefinition: "task:1",
        JobName: "Flow-own2",
      },
    ],
    [
      "is tried again by the job itself, and some more often for interruptions, until its container says that it is enough",
      { retry: 3 },
      { RetryStrategy: { Attempts: 8, EvaluateOnExit: [{ OnExitCode: "8*", Action: "EXIT" }] }, JobQueue: "spot" },
    ],
    [
      "is tried again no more often than Batch can",
      { retry: { attempts: 9, backoff: "10s" } },
      { RetryStrategy: { Attempts: 10 } },
    ],
    [
      "has time for the longest wait before a retry besides its own timeout",
      { timeout: "1m", retry: { attempts: 2, backoff: "10s", rate: 3 } },
      { Timeout: { AttemptDurationSeconds: 150 } },
    ],
    [
      "is stopped by Batch only a minute after the runtime should have",
      { timeout: "15m" },
      { Timeout: { AttemptDurationSeconds: 960 } },
    ],
    [
      "with a short timeout has none below what Batch takes",
      { timeout: "5s" },
      { Timeout: { AttemptDurationSeconds: 65 } },
    ],
    [
      "that is larger than a container on Fargate may be goes to a machine of its own, as it asks",
      { cpu: 48, memory: "200GiB", retry: 1 },
      {
        JobQueue: "ec2",
        ContainerOverrides: {
          ResourceRequirements: [
            { Type: "VCPU", Value: "48" },
            { Type: "MEMORY", Value: "204800" },
          ],
        },
      },
    ],
    [
      "with a GPU goes to that queue",
      { gpu: 2, retry: 1 },
      {
        JobQueue: "gpu",
        ContainerOverrides: { ResourceRequirements: [{ Type: "GPU", Value: "2" }] },
      },
    ],
    [
      "gets a size that Fargate has",
      { cpu: 3, memory: "9GiB" },
      {
        ContainerOverrides: {
          ResourceRequirements: [
            { Type: "VCPU", Value: "4" },
            { Type: "MEMORY", Value: "9216" },
          ],
        },
      },
    ],
  ])("%s", (_, options, expected) => {
    expect(taskOf(step("own2", options)).Parameters).toMatchObject(expected);
  });

  test("gets its run, step, index, attempts, timeout and proof", () => {
    expect(environmentOf(taskOf(step("x", { retry: 2, timeout: "90s" })))).toEqual({
      MILLRACE_RUN: "$.run",
      MILLRACE_STEP: "x",
      MILLRACE_INDEX: "0",
      MILLRACE_ATTEMPTS: "3",
      MILLRACE_TIMEOUT_SECONDS: "90",
      MILLRACE_START_PROOF: expect.stringMatching(/^States\.Hash\(/) as string,
    });
  });

  test("says no more than 1 KiB to its job", () => {
    for (const { graph: flow } of fixtures) {
      for (const state of tasks(compile(flow, account).machine)) {
        expect(JSON.stringify((state.Parameters as JsonObject)["ContainerOverrides"] ?? "").length).toBeLessThan(1024);
      }
    }
  });

  test("runs with its own job definition where it has one", () => {
    expect(taskOf(step("own")).Parameters).toMatchObject({ JobDefinition: "own:7" });
  });

  test("has a job name that begins with a letter, whatever the flow's does", () => {
    const {
      machine: { States },
    } = compile(graph("_odd", step("x")), account);
    expect((States["x"] as TaskState).Parameters).toMatchObject({ JobName: "m_odd-x" });
  });

  test("costs no state more for being tried again; only the service's own errors are the machine's to retry", () => {
    const errors = taskOf(step("x", { retry: 3 })).Retry!.flatMap(({ ErrorEquals }) => ErrorEquals);
    expect(errors.every((error) => error.startsWith("Batch."))).toBe(true);
  });
});

describe("a Lambda step", () => {
  test("is tried again by its state, as its options say", () => {
    const { Retry } = taskOf(
      lambda("x", {
        retry: { attempts: 4, backoff: "10s", rate: 3, maxDelay: "5m", jitter: true },
      }),
    );
    expect(Retry!.at(-1)).toEqual({
      ErrorEquals: ["States.ALL"],
      IntervalSeconds: 10,
      MaxAttempts: 4,
      BackoffRate: 3,
      MaxDelaySeconds: 300,
      JitterStrategy: "FULL",
    });
  });

  test("without retries is tried again only for the service's own errors", () => {
    expect(taskOf(lambda("x")).Retry!.flatMap(({ ErrorEquals }) => ErrorEquals)).not.toContain("States.ALL");
  });

  test("hands the runner what it must know", () => {
    expect(taskOf(lambda("own", { retry: 1, timeout: "1m" }))).toMatchObject({
      Parameters: {
        FunctionName: "own-runner",
        Payload: { "run.$": "$.run", step: "own", index: "0", attempts: 2, timeoutSeconds: 60 },
      },
      TimeoutSeconds: 120,
    });
  });

  test("answers the width that is asked next, unless its failure may be caught", () => {
    expect(nextOf(lambda("x"))).toBe("merge.choice");
    expect(nextOf(lambda("x", { catch: true }))).toBe("merge.width");
    expect(nextOf(step("x"))).toBe("merge.width");
  });
});

test("every call waits and tries again with full jitter where its service is throttled", () => {
  for (const { Retry } of fixtures.flatMap((one) => tasks(compile(one.graph, account).machine))) {
    expect(Retry![0]).toMatchObject({ JitterStrategy: "FULL", BackoffRate: 2 });
  }
});

test("a caught failure goes to the bookkeeping function with its place and its error", () => {
  const states = compile(graph("F", loop(1, [step("x", { catch: true })])), account).machine.States;
  expect((states["x"] as TaskState).Catch).toMatchObject([{ ErrorEquals: ["States.ALL"], Next: "x.failed" }]);
  expect(states["x.failed"]).toMatchObject({
    Parameters: {
      FunctionName: "bookkeeping",
      Payload: { action: "recordFailure", "run.$": "$.run", step: "x", "index.$": "$.at.p" },
    },
    Next: "loop.1.while",
  });
});

function taskOf(node: StepNode): TaskState {
  return compile(graph("Flow", node), account).machine.States[node.name] as TaskState;
}

function environmentOf({ Parameters }: TaskState): Record<string, string> {
  const { ContainerOverrides } = Parameters as {
    ContainerOverrides: { Environment: Record<string, string>[] };
  };
  return Object.fromEntries(
    ContainerOverrides.Environment.map((one) => [one["Name"]!, one["Value"] ?? one["Value.$"]!]),
  );
}

/** Where the first step goes on to before a foreach over one Batch step. */
function nextOf(first: StepNode): string | undefined {
  const {
    machine: { States },
  } = compile(graph("F", first, foreach("merge", [step("y")])), account);
  return (States[first.name] as TaskState).Next;
}

function tasks(machine: StateMachine): TaskState[] {
  return allStates(machine).flatMap(([, state]) => (state.Type === "Task" ? [state] : []));
}
