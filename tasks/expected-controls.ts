import { MillraceError } from "../graph/errors.ts";
import { OTHERWISE, type SwitchNode } from "../graph/graph.ts";
import { controlName, followControls, type ControlNode, type Lineage } from "../graph/lineage.ts";
import { formatIndex, parseIndex } from "../graph/task-index.ts";
import type { Control, ControlValue } from "../graph/control-value.ts";

/**
 * Holds what somebody says of control values to the graph: exactly those that the machine will ask after the task
 * has finished (without a step: at the run's beginning), each of its node's kind. Throws MillraceError
 * `control.unexpected`: the runtime that said so is not the one that the flow was deployed with, or means ill.
 */
export function checkControls(
  lineage: Lineage,
  { step, index }: { readonly step?: string; readonly index: string },
  controls: readonly Control[],
): void {
  const open = new Map(controls.map((control) => [`${control.node}/${control.index}`, control.value]));
  const take = <T extends ControlValue["type"]>(node: ControlNode & { type: T }, at: readonly number[]) => {
    const name = `${controlName(node)}/${formatIndex(at)}`;
    const value = open.get(name);
    if (value?.type !== node.type) throw unexpected(lineage, step, `${name} is missing or of another kind`);
    open.delete(name);
    return value as Extract<ControlValue, { type: T }>;
  };
  const depth = step === undefined ? 0 : lineage.steps.get(step)!.depth;
  followControls(
    lineage,
    { step, index: parseIndex(index, depth) },
    {
      foreach(node, at) {
        const { width, pages, pageSize } = take(node, at);
        const needed = pageSize > 0 ? Math.ceil(width / pageSize) : 0;
        if (needed !== pages.length || (width > 0 && pageSize === 0))
          throw unexpected(lineage, step, `${node.join.name} has ${pages.length} pages for ${width} items`);
      },
      switch(node, at) {
        const chosen = take(node, at).case;
        const body = bodyOf(node, chosen);
        if (!body) throw unexpected(lineage, step, `${node.id} has no case ${JSON.stringify(chosen)}`);
        return body;
      },
      loop(node, at) {
        const { again } = take(node, at);
        if (again && at.at(-1)! + 1 >= node.max) throw unexpected(lineage, step, `${node.id} has had its last round`);
        return again;
      },
    },
  );
  const [surplus] = open.keys();
  if (surplus !== undefined) throw unexpected(lineage, step, `nobody asks for ${surplus}`);
}

function bodyOf(node: SwitchNode, chosen: string) {
  return chosen === OTHERWISE ? node.otherwise : node.cases.find(({ value }) => value === chosen)?.body;
}

function unexpected({ graph }: Lineage, step: string | undefined, what: string): MillraceError {
  return new MillraceError("control.unexpected", `What was said for the machine does not fit the flow: ${what}`, {
    where: { flow: graph.name, step },
  });
}
