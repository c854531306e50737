import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isFlowName } from "../graph/flow-name.ts";
import { machineWithin, stackNames, type StackNames } from "./stack-names.ts";

const dev = stackNames({ stack: "millrace-dev", stage: "dev" });
const LONGEST = "L".repeat(60);

describe("the names in an account", () => {
  test("have the stack's, the flow's and the step's name in them", () => {
    expect([
      dev.machine("Orders"),
      dev.jobDefinition("Orders", "start"),
      dev.runner("Orders"),
      dev.runner("Orders", "ann"),
    ]).toEqual([
      "millrace-dev__Orders",
      "millrace-dev__Orders__start",
      "millrace-dev__Orders",
      "millrace-dev__own__Orders__ann",
    ]);
    expect(machineWithin(dev.prefix, "Orders", "{}")).toMatch(/^millrace-dev__Orders\.[0-9a-f]{16}$/);
  });

  test("are no longer than AWS takes, also of the longest flow, step and stage", () => {
    const longest = stackNames({ stack: `millrace-${"s".repeat(24)}`, stage: "s".repeat(24) });
    expect(longest.machine(LONGEST)).toHaveLength(80);
    expect(machineWithin(longest.prefix, LONGEST, "{}")).toHaveLength(80);
    expect(longest.jobDefinition(LONGEST, LONGEST)).toHaveLength(128);
    expect(longest.runner(LONGEST)).toHaveLength(64);
    expect(longest.runner(LONGEST, "ann")).toHaveLength(64);
    expect(longest.runner(LONGEST, "ann").startsWith(longest.ownRunners)).toBe(true);
  });

  test("tell people's own functions from a flow's, also from that of a flow named own", () => {
    expect(dev.runner("Orders", "ann").startsWith(dev.ownRunners)).toBe(true);
    for (const flow of ["own", "Orders", LONGEST]) expect(dev.runner(flow).startsWith(dev.ownRunners)).toBe(false);
  });

  test("are tagged with the stack, the stage and the flow", () => {
    const tags = dev.tagsOf("Orders");
    expect(tags).toEqual({ "millrace:stack": "millrace-dev", "millrace:stage": "dev", "millrace:flow": "Orders" });
    expect(dev.isOwn(tags)).toBe(true);
    expect(stackNames({ stack: "millrace-dev-2", stage: "dev-2" }).isOwn(tags)).toBe(false);
    expect(dev.isOwn(undefined)).toBe(false);
  });
});

/** Names such that one is easily the beginning or the end of another. */
const word = (longest: number) =>
  fc.string({ unit: fc.constantFrom("a", "-", "_", "0"), minLength: 1, maxLength: longest });
const stage = fc.string({ unit: fc.constantFrom("a", "-", "2"), minLength: 1, maxLength: 24 });
const flowName = fc.oneof(word(5), word(60)).filter(isFlowName);
const place = fc.record({ stage, flow: flowName, step: fc.oneof(word(5), word(60)) });

describe("attack: a stage, a flow and a step whose names are another's put together otherwise", () => {
  const namesOf = ({ stage: name, flow, step }: { stage: string; flow: string; step: string }) => {
    const names: StackNames = stackNames({ stack: `millrace-${name}`, stage: name });
    const job = names.jobDefinition(flow, step);
    const ofFlow = [
      `machine ${names.machine(flow)}`,
      `machine ${machineWithin(names.prefix, flow, "{}")}`,
      `function ${names.runner(flow)}`,
      `function ${names.runner(flow, step)}`,
    ];
    return { prefix: names.prefix, job, ofFlow, all: [...ofFlow.map((name) => name.split(" ")[1]!), job] };
  };

  test("has no name that begins as all of the other stage's do", () => {
    fc.assert(
      fc.property(place, place, (a, b) => {
        const isOther = a.stage !== b.stage && namesOf(a).all.some((name) => name.startsWith(namesOf(b).prefix));
        expect(isOther).toBe(false);
      }),
      { numRuns: 2_000 },
    );
  });

  test("has no name of the other flow's, and no job definition of the other step's", () => {
    fc.assert(
      fc.property(place, place, (a, b) => {
        const [one, other] = [namesOf(a), namesOf(b)];
        const isSameFlow = a.stage === b.stage && a.flow === b.flow;
        expect(isSameFlow || new Set([...one.ofFlow, ...other.ofFlow]).size === 8).toBe(true);
        expect((isSameFlow && a.step === b.step) || one.job !== other.job).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });
});
