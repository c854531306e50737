import { loadFlow } from "../emulator/load-flow.ts";
import { mistakesError } from "../graph/mistake.ts";
import type { ShowFlags } from "./flags.ts";

/** Prints a flow's graph: as a tree, as a Mermaid flowchart, as its state machine or as itself. */
export async function show(target: string, flags: ShowFlags): Promise<number> {
  const { graph, mistakes } = await loadFlow(target, {});
  if (mistakes.length > 0) throw mistakesError("graph.invalid", mistakes);
  process.stdout.write(`${await render()}\n`);
  return 0;

  async function render(): Promise<string> {
    if (flags.json) return JSON.stringify(graph);
    if (flags.mermaid) return (await import("./graph/mermaid.ts")).formatMermaid(graph);
    if (!flags.asl) return (await import("./graph/tree.ts")).formatTree(graph);
    const { compile } = await import("../statemachines/compile.ts");
    const { offlineResources } = await import("../statemachines/resources.ts");
    const { machine, children } = compile(graph, offlineResources);
    return JSON.stringify(Object.keys(children).length > 0 ? { machine, children } : machine, undefined, 2);
  }
}
