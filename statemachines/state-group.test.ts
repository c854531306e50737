import { describe, expect, test } from "vitest";
import { stepsOf } from "../graph/walk.ts";
import { allStates } from "./all-states.ts";
import { compile } from "./compile.ts";
import { branch, fixtures, foreach, graph, lambda, loop, step, switchOn } from "./fixtures.ts";
import { offlineResources } from "./resources.ts";
import { kindOf, type StateGroup, type StateFacts } from "./state-group.ts";
import { isState } from "./tally.ts";

function factsIn({ states, groups }: StateGroup): StateFacts[] {
  return [...states, ...groups.flatMap(factsIn)];
}

const factsOf = (...nodes: Parameters<typeof graph>[1][]) =>
  factsIn(compile(graph("F", ...nodes), offlineResources).run);

/** The step or the node that it is about, what it is, and how it carries tasks: `x job array`. */
const short = ({ kind, step: about, carries, node }: StateFacts) =>
  [about?.name ?? (node && ("id" in node ? node.id : node.join.name)), kind, carries].filter(Boolean).join(" ");

describe("a compiled flow says of its states", () => {
  test.each(fixtures)("$title: each that a run may enter, once, and each step", ({ graph: flow }) => {
    const { machine, children, run } = compile(flow, offlineResources);
    // Entered where a step fails, or told by who goes there.
    const isToldOf = ([name, state]: ReturnType<typeof allStates>[number]) =>
      kindOf(state) !== undefined && state.Type !== "Succeed" && !/\.(failed|more)(\.wide)?$/.test(name);
    const states = [machine, ...Object.values(children)].flatMap(allStates).filter(isToldOf);
    const told = factsIn(run).filter((facts) => isState(facts) && facts.kind !== "succeed");
    expect(told.map(({ kind }) => kind).toSorted()).toEqual(states.map(([, state]) => kindOf(state)!).toSorted());
    const steps = new Set(told.flatMap(({ step: about }) => (about ? [about.name] : [])));
    expect([...steps].toSorted()).toEqual(
      stepsOf(flow.body)
        .map(({ name }) => name)
        .toSorted(),
    );
  });

  test.each([
    [
      "a foreach of one Batch step is jobs for its only child or arrays of them, each child told by itself",
      [foreach("j", [step("x")])],
      ["x job child", "x job array", "x job array", "x child", "x child", "x child", "j read", "j choice"],
    ],
    [
      "one with a bound is a Map, of jobs for one task",
      [foreach("j", [step("x")], 5)],
      ["x job", "x job", "j map", "j mapRun"],
    ],
    ["so is one of a Lambda step", [foreach("j", [lambda("x")])], ["x invocation", "j map", "j mapRun", "j job"]],
    ["a switch after a Batch step is read", [step("a"), switchOn(1, { x: [step("b")] })], ["switch.1 read"]],
    [
      "a switch that a child begins with is worked out by the bookkeeping function",
      [foreach("j", [switchOn(1, { x: [step("b")], y: [step("c")] })])],
      ["switch.1 invocation", "j read"],
    ],
    ["a branch is a Parallel", [branch("j", [[step("a")], [step("b")]])], ["j parallel", "a job", "b job", "j job"]],
  ])("%s", (_, nodes, expected) => {
    expect(factsOf(...nodes).map(short)).toEqual(expect.arrayContaining(expected));
  });

  test("a loop after a Lambda step asks nothing: the step answers itself", () => {
    expect(factsOf(loop(1, [lambda("x")])).map(short)).not.toContain("loop.1 read");
    expect(factsOf(loop(1, [step("x")])).map(short)).toContain("loop.1 read");
    expect(factsOf(loop(1, [lambda("x", { catch: true })])).map(short)).toContain("loop.1 read");
  });

  test.each([
    ["an image", step("x", { image: "python:3.12" }), { image: "python:3.12", env: {}, secrets: {}, needsEc2: false }],
    ["an environment", step("x", { env: { A: "1" } }), { env: { A: "1" }, secrets: {}, needsEc2: false }],
    ["a secret", step("x", { secrets: { A: "a" } }), { env: {}, secrets: { A: "a" }, needsEc2: false }],
    ["a GPU", step("x", { gpu: 1 }), { env: {}, secrets: {}, needsEc2: true }],
    ["more than Fargate has", step("x", { memory: "400GiB" }), { env: {}, secrets: {}, needsEc2: true }],
    ["no environment in one", step("x", { env: {} }), undefined],
    ["nothing", step("x", { memory: "4GiB" }), undefined],
    ["a Lambda step", lambda("x", { env: { A: "1" } }), undefined],
  ])("which job definition its step has: with %s", (_, node, expected) => {
    const { jobDefinitions } = compile(graph("F", node, step("y")), offlineResources);
    expect(jobDefinitions).toEqual(expected ? { x: expected } : {});
  });
});
