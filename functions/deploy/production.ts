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

/** Who wants to change a production flow, and the production token that they show. */
export interface FlowCaller extends FlowOwner {
  readonly token?: string | undefined;
}

/**
 * Throws MillraceError `flow.owned` where the flow is another person's and the token is missing or not the flow's, unless
 * the flows of this stack are everybody's.
 */
export function checkOwner(
  { flow, owner, tokenDigest }: FlowRecord,
  { user, principal, token }: FlowCaller,
  areShared = false,
): void {
  if (areShared) return;
  // What AWS says counts: a name is only said.
  if (owner.user === user && (owner.principal ?? principal) === principal) return;
  if (token !== undefined) {
    if (timingSafeEqual(Buffer.from(digestOfToken(token)), Buffer.from(tokenDigest))) return;
    throw new MillraceError("flow.owned", "the token is not this flow's production token", {
      where: { flow },
      hint: `Ask ${owner.user} for it: it was shown at the first deployment, or when it was made anew.`,
    });
  }
  const who = owner.user === user ? `${owner.user} under another identity` : owner.user;
  throw new MillraceError("flow.owned", `it was deployed by ${who}`, {
    where: { flow },
    hint: "Show the flow's production token with --authorize TOKEN, --authorize-file FILE or MILLRACE_AUTHORIZE; or give a flow of yours another name.",
  });
}
