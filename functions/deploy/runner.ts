import type { Runners } from "../../aws/lambda/runners.ts";
import { MillraceError } from "../../graph/errors.ts";
import type { Graph } from "../../graph/graph.ts";
import { runnerMemoryMiB } from "../../statemachines/runner-size.ts";
import type { BlobStore } from "../../store/blobs/blobs.ts";
import type { DeployedVersion } from "../../store/registry/registry.ts";

interface RunnerParts {
  readonly runners: Runners;
  readonly blobs: Pick<BlobStore, "read" | "has">;
}

interface RunnerOf {
  readonly graph: Graph;
  readonly codePackage: string;
  /** Whose own it is: a person's runs never share a process with the deployed flow's. */
  readonly person?: string;
}

/**
 * Sees to it that the flow's short steps have a function with this code, and answers its version; undefined where the flow
 * has none. Throws MillraceError `code.missing`, `code.tooLarge`, `runner.refused`, `runner.busy`.
 */
export async function putRunner(
  { runners, blobs }: RunnerParts,
  { graph, codePackage, person }: RunnerOf,
): Promise<string | undefined> {
  const memoryMiB = runnerMemoryMiB(graph);
  if (memoryMiB === undefined) return undefined;
  const flow = graph.name;
  if (!(await blobs.has(codePackage)))
    throw new MillraceError("code.missing", `the code package ${codePackage} is not stored`, {
      where: { flow },
      hint: "Upload it again.",
    });
  return runners.put({ flow, person, codePackage, memoryMiB, readCode: () => blobs.read(codePackage) });
}

/** Takes the function's versions away that none of the flow's own calls any more; with the last of them the function. */
export async function keepRunners(
  runners: Runners,
  flow: string,
  { earlier, kept }: { readonly earlier: readonly DeployedVersion[]; readonly kept: readonly DeployedVersion[] },
): Promise<void> {
  const needed = kept.flatMap(({ runner }) => runner ?? []);
  if (needed.length > 0 || earlier.some(({ runner }) => runner !== undefined)) await runners.keep(flow, needed);
}
