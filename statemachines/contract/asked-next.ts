import { controlName, followControls, type Lineage } from "../../graph/lineage.ts";
import { formatIndex, parseIndex } from "../../graph/task-index.ts";
import type { ControlKey } from "../../graph/control-value.ts";

/**
 * The control value that the machine asks first once the step has finished at the index, if it asks any: the one that
 * the runner function answers with, so that nothing has to be read.
 */
export function askedNext(lineage: Lineage, step: string, index: string): ControlKey | undefined {
  const asked: ControlKey[] = [];
  const ask = (node: Parameters<typeof controlName>[0], at: readonly number[]) =>
    asked.push({ node: controlName(node), index: formatIndex(at) });
  followControls(
    lineage,
    { step, index: parseIndex(index, lineage.steps.get(step)!.depth) },
    {
      foreach: ask,
      switch(node, at) {
        ask(node, at);
        return node.cases[0]!.body;
      },
      loop(node, at) {
        ask(node, at);
        return false;
      },
    },
  );
  return asked[0];
}
