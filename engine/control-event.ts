import type { Control } from "../graph/control-value.ts";
import type { RunKey } from "../graph/run-name.ts";
import type { Lineage } from "../graph/lineage.ts";
import type { RunEvent } from "./events.ts";

/** What happens where the machine has asked for a control value: a foreach begins, or a loop has come to its bound. */
export function controlEvent(lineage: Lineage, { flow, run }: RunKey, control: Control): RunEvent | undefined {
  const { node, index, value } = control;
  const place = lineage.controls.get(node)?.node;
  const at = { flow, run, at: Date.now(), index };
  if (value.type === "foreach" && place?.type === "foreach") {
    const [first] = place.body;
    return { type: "split.started", ...at, step: first?.type === "step" ? first.name : node, width: value.width };
  }
  if (value.type === "loop" && value.bound && place?.type === "loop")
    return { type: "loop.bound", ...at, loop: place.while, max: place.max };
  return undefined;
}
