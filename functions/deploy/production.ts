import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { MillraceError } from "../../graph/errors.ts";
import type { FlowRecord, FlowOwner } from "../../store/registry/registry.ts";

/** Letters that are not taken for one another. */
const LETTERS = "abcdefghjkmnpqrstuvwxyz";

/** `production:FLOW-N-xxxx`: N counts how often the flow was deployed anew. */
export function productionNamespace(flow: string, generation: number): string {
  const letters = Array.from(randomBytes(4), (byte) => LETTERS[byte % LETTERS.length]);
  return `production:${flow}-${generation}-${letters.join("")}`;
}

/** What another person must have to deploy the flow; 128 bits, so that nobody guesses it. */
export function productionToken(): string {
  return `mt_${randomBytes(16).toString("base64url")}`;
}

export function digestOfToken(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}

/** Throws MillraceError `flow.owned` where the flow is another person's and the token is missing or not the flow's. */
export function checkOwner(
  { flow, owner, tokenDigest }: FlowRecord,
  caller: FlowOwner,
  token: string | undefined,
): void {
  if (token !== undefined) {
    if (timingSafeEqual(Buffer.from(digestOfToken(token)), Buffer.from(tokenDigest))) return;
    throw new MillraceError("flow.owned", "the token is not this flow's production token", {
      where: { flow },
      hint: `Ask ${owner.user} for it: it was told at the first deployment.`,
    });
  }
  const isSame = owner.user === caller.user && (owner.principal ?? caller.principal) === caller.principal;
  if (isSame) return;
  const who = owner.user === caller.user ? `${owner.user} under another identity` : owner.user;
  throw new MillraceError("flow.owned", `it was deployed by ${who}`, {
    where: { flow },
    hint: "Deploy it with --authorize TOKEN, the production token that was told at the first deployment; or give yours another name.",
  });
}
