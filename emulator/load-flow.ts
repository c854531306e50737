import type { Graph } from "../graph/graph.ts";
import type { Mistake } from "../graph/mistake.ts";
import type { CodePackage } from "../runtime/package/code-package.ts";
import { FlowCode, parseTarget } from "./flow-code.ts";

export interface LoadedFlow {
  readonly graph: Graph;
  readonly mistakes: readonly Mistake[];
  readonly codePackage: CodePackage;
  readonly file: string;
  readonly exportName: string;
}

/** Reads a flow as data, in a process of its own. Throws MillraceError where the file throws, or exports no such flow. */
export async function loadFlow(target: string, options: { home?: string } = {}): Promise<LoadedFlow> {
  const code = await FlowCode.open(parseTarget(target), options);
  try {
    const { graph, mistakes, exportName } = await code.describe();
    return { graph, mistakes, codePackage: code.codePackage, file: code.target.file, exportName };
  } finally {
    code.close();
  }
}
