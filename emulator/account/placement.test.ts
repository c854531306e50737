import { describe, expect, test } from "vitest";
import { flow } from "../../sdk/index.ts";
import { stepsOf } from "../../graph/walk.ts";
import { placeSteps, readPlacement, withoutLocal } from "./placement.ts";

describe("what --with says", () => {
  test.each([
    ["batch", { compute: "batch", options: {} }],
    ["batch:cpu=2,memory=4GiB", { compute: "batch", options: { cpu: 2, memory: "4GiB" } }],
    [
      "batch:image=example.org:5000/fit:3,timeout=2h,retry=3,gpu=1",
      { compute: "batch", options: { image: "example.org:5000/fit:3", timeout: "2h", retry: 3, gpu: 1 } },
    ],
    ["lambda:retry=1", { compute: "lambda", options: { retry: 1 } }],
    ["local", { compute: "local", options: {} }],
  ])("%s is read", (text, placement) => {
    expect(readPlacement(text)).toEqual(placement);
  });

  test.each([
    ["bach", /no compute "bach"/, /Did you mean "batch"/],
    ["fargate", /no compute "fargate"/, /batch, lambda, local/],
    ["batch:cpus=2", /no option "cpus"/, /Did you mean "cpu"/],
    ["batch:disk=2", /no option "disk"/, /cpu, memory, gpu, image, timeout, retry/],
    ["lambda:cpu=2", /lambda has no option "cpu"/, /timeout, retry/],
    ["batch:cpu", /cpu has no value/, /cpu=VALUE/],
    ["batch:cpu=1,cpu=2", /cpu is there twice/, /one/],
    ["batch:cpu=many", /cpu NaN is not a positive number/, /number of CPUs/],
    ["batch:memory=4gigs", /"4gigs" is not a size/, /4GiB/],
    ["batch:retry=10", /retry 10 is not/, /ten attempts/],
    ["lambda:timeout=2h", /timeout of 2h/, /batch/],
    ["batch:", /no option ""/, /cpu/],
  ])("%s is refused", (text, message, hint) => {
    expect(() => readPlacement(text)).toThrow(message);
    expect(() => readPlacement(text)).toThrow(
      expect.objectContaining({ code: "with.invalid", hint: expect.stringMatching(hint) as string }),
    );
  });
});

const fit = flow("Fit")
  .step("start", { compute: "local", memory: "1GiB" }, () => ({ parts: [1, 2], mode: true }))
  .foreach("parts", { as: "part" }, (each) => each.step("fit", { memory: "8GiB" }, ({ part }) => ({ part })))
  .join("merge", { compute: "lambda" }, () => ({ done: true }))
  .switch("mode", { true: (s) => s.step("told", () => ({})), false: (s) => s })
  .step("end", () => ({})).graph;

const options = (graph: typeof fit) => Object.fromEntries(stepsOf(graph.body).map((step) => [step.name, step.options]));

describe("steps", () => {
  test("go where they say, else where --with says, with what they ask for before what that asks for", () => {
    expect(options(placeSteps(fit, readPlacement("batch:cpu=2,memory=4GiB")))).toEqual({
      start: { compute: "local", memory: "1GiB" },
      fit: { compute: "batch", cpu: 2, memory: "8GiB" },
      merge: { compute: "lambda" },
      told: { compute: "batch", cpu: 2, memory: "4GiB" },
      end: { compute: "batch", cpu: 2, memory: "4GiB" },
    });
  });

  test("stay on this machine where nothing is said", () => {
    expect(options(placeSteps(fit))).toMatchObject({ fit: { compute: "local" }, merge: { compute: "lambda" } });
  });

  test("are refused where what they ask for is not", () => {
    const own = flow("Own").step("start", { image: "node:22" }, () => ({})).graph;
    expect(() => placeSteps(own, readPlacement("lambda"))).toThrow(/no image of a step's own/);
  });

  test("that stay on this machine ask nothing of the account", () => {
    expect(options(withoutLocal(placeSteps(fit)))["start"]).toEqual({ compute: "local" });
  });
});
