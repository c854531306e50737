import { resolve } from "node:path";
import { loadFlow, type LoadedFlow } from "../emulator/load-flow.ts";
import { FlowCode, type Target } from "../emulator/flow-code.ts";
import type { RegisterFlowResponse } from "../functions/api/contract.ts";
import { buildCodeArchive } from "../runtime/package/code-archive.ts";
import { MillraceError } from "../graph/errors.ts";
import { definitionOf } from "./language/definition.ts";
import type { AnyFlow } from "./language/language.ts";
import { mistakesError } from "../graph/mistake.ts";
import type { Client } from "./client/client.ts";
import { userName } from "./client/user-name.ts";

export interface Deployment extends RegisterFlowResponse {
  /** Of the code package that was stored, in bytes; absent where it was stored already. */
  readonly uploaded?: number;
}

/** Bundles a flow, stores what changed of it, and makes it the flow's newest version in an account. */
export async function deployFlow(
  client: Client,
  flow: AnyFlow | string,
  { token, tags = [] }: { readonly token?: string | undefined; readonly tags?: readonly string[] | undefined },
): Promise<Deployment> {
  const { graph, mistakes, codePackage } = typeof flow === "string" ? await loadFlow(flow) : await loadModuleOf(flow);
  if (mistakes.length > 0) throw mistakesError("graph.invalid", mistakes);
  const archive = await buildCodeArchive(codePackage);
  const isNew = await client.storeCode(archive);
  const request = { graph, codePackage: archive.hash, user: userName(), tags: [...tags] };
  const registered = await client.registerFlow({ ...request, ...(token !== undefined && { token }) });
  return { ...registered, ...(isNew && { uploaded: archive.bytes.length }) };
}

async function loadModuleOf(flow: AnyFlow): Promise<Pick<LoadedFlow, "graph" | "mistakes" | "codePackage">> {
  const code = await FlowCode.open(moduleOf(flow));
  try {
    return { ...(await code.describe()), codePackage: code.codePackage };
  } finally {
    code.close();
  }
}

/** Where a container finds a flow that this program holds as a value. */
function moduleOf(flow: AnyFlow): Target {
  const { file } = definitionOf(flow);
  if (file === undefined) {
    throw new MillraceError("flow.noModule", "it is not known which module made it", {
      where: { flow: flow.name },
      hint: "Give register() the path of the flow's file.",
    });
  }
  if (process.argv[1] !== undefined && resolve(process.argv[1]) === file) {
    throw new MillraceError(
      "flow.inProgram",
      "it is made in the program that registers it, which every task would run",
      {
        where: { flow: flow.name, source: file },
        hint: "Export the flow from a module of its own and import it here.",
      },
    );
  }
  return { file, flow: flow.name };
}
