import { MillraceError } from "../../graph/errors.ts";
import type { FlowRegistry } from "../../store/registry/registry.ts";
import { checkOwner, digestOfToken, productionToken, type FlowCaller } from "./production.ts";
import { deployedFlow } from "./register.ts";

/**
 * Makes a flow's production token anew: the one before opens nothing from then on. Throws MillraceError `flow.notDeployed`,
 * `flow.owned`, and `flow.deploying` where the flow is being changed at this moment.
 */
export async function rotateToken(
  registry: FlowRegistry,
  flow: string,
  caller: FlowCaller,
): Promise<{ token: string }> {
  const record = await deployedFlow(registry, flow);
  // Not even where flows are everybody's: whoever has the token could shut the owner out.
  checkOwner(record, caller);
  const token = productionToken();
  const next = { ...record, tokenDigest: digestOfToken(token) };
  if (await registry.write(next, record.revision)) return { token };
  throw new MillraceError("flow.deploying", "somebody else is changing it at this moment", {
    where: { flow },
    hint: "Try again in a few minutes.",
  });
}
