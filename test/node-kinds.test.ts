import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { repository, sourceFiles } from "./support/source-files.ts";

/**
 * Every file that asks of a node which kind it is, and why it has to; all others go by graph/walk.ts. A new kind of node is
 * thought of in the first list. It comes into the second only where it is like the kinds that are named there.
 */
const everyKind: Readonly<Record<string, string>> = {
  "graph/walk.ts": "what stands in it",
  "sdk/language/draft.ts": "the builder's draft of it becomes the node",
  "graph/check.ts": "what its author may get wrong",
  "graph/lineage.ts": "what comes before it and after it",
  "statemachines/compile-body.ts": "which file compiles it",
  "statemachines/entry.ts": "which of its states is the first",
  "statemachines/count.ts": "what its states add up to",
  "cli/graph/mermaid.ts": "how it is drawn",
  "cli/graph/tree.ts": "how it is shown as text",
};

const someKinds: Readonly<Record<string, string>> = {
  "statemachines/inline.ts": "a foreach is a Map",
  "statemachines/divide.ts": "a loop's rounds are divided",
  "statemachines/control.ts": "what the machine reads of each control value",
  "statemachines/plan/assumed.ts": "what each control value is taken to be",
  "statemachines/plan/limits.ts": "a foreach grows by its width, a loop by its rounds",
  "statemachines/plan/reads.ts": "what each control value costs",
  "statemachines/plan/record.ts": "what each control value was",
  "statemachines/plan/requests.ts": "what each control value costs",
  "statemachines/plan/size.ts": "how long each control value is",
  "tasks/outcome.ts": "what each control value is made of",
  "functions/api/bookkeeping-call.ts": "which control values may be asked",
  "engine/control-event.ts": "what is told of a control value",
  "cli/plan-options.ts": "what each control value is called",
};

/** Not nodes, though their kinds have the same names: a control value, what a join joins. */
const OTHERS = /\b(value|control|joins!?|branches)\??\.type$/;

/** Whose kind a file compares: `node.type`, `outer.type` … */
function comparedIn(text: string): string[] {
  const kinds = '"(?:foreach|branch|switch|loop)"';
  const compared = [...text.matchAll(new RegExp(`([\\w.!?]*\\btype) [!=]== ${kinds}`, "g"))].map(([, what]) => what!);
  const switched = text
    .split("switch (")
    .slice(1)
    .filter((rest) => new RegExp(`case ${kinds}`).test(rest))
    .map((rest) => rest.slice(0, rest.indexOf(")")));
  return [...compared, ...switched].filter((what) => what.endsWith("type") && !OTHERS.test(what));
}

test("a kind of node is named in few files, each for a reason of its own", () => {
  const found = sourceFiles()
    .filter((name) => name.endsWith(".ts") && !/\.test(-d)?\.ts$|\/arbitrary-|fixtures\.ts$/.test(name))
    .filter((name) => comparedIn(readFileSync(join(repository, name), "utf8")).length > 0);
  expect(found.toSorted()).toEqual([...Object.keys(everyKind), ...Object.keys(someKinds)].toSorted());
});

test("what the compiler decides of a flow is decided there alone: all others read it from the compiled flow", () => {
  const decisions = /\b(isArrayJob|answersItself|jobsWanted|inlineForeachs)\b/;
  const asking = sourceFiles()
    .filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts"))
    .filter((name) => decisions.test(readFileSync(join(repository, name), "utf8")));
  expect(asking.filter((name) => !/^statemachines\/[\w-]+\.ts$/.test(name))).toEqual([]);
  expect(asking.length).toBeGreaterThan(4);
});
