import { inject } from "vitest";
import { personOf } from "./person.ts";
import { accountAt, type Account, type Place, type Skipped } from "./account.ts";

/** The stage of what stands in a lent account. */
export const LENT_STAGE = "lent";

/** Where a lent account is, and the outputs of the stack in it. */
export interface Loan extends Place {
  readonly outputs: Readonly<Record<string, string>>;
}

/** An account in which Millrace is deployed as the stage LENT_STAGE; other files had it before, and leave flows and runs. */
export interface LentAccount extends Account {
  readonly outputs: Readonly<Record<string, string>>;
  /** What a program needs in its environment to work in this account as a person of the deployment. */
  readonly env: Readonly<Record<string, string>>;
  /** Gives it back, unless the file left it as no other file could use it. */
  stop(left?: "broken"): Promise<void>;
}

declare module "vitest" {
  // Vitest's own way to type what a global setup hands over.
  export interface ProvidedContext {
    lender: string;
  }
}

/** Borrows a deployed account until `stop`; says why where there is none here, and throws where there must be. */
export async function borrowAccount(): Promise<LentAccount | Skipped> {
  const lender = inject("lender");
  const loan = (await asked(`${lender}/lend`)) as Loan | Skipped;
  if ("skipped" in loan) return loan;
  const account = accountAt(loan, async () => {});
  await account.rig("DELETE", "faults");
  await account.rig("DELETE", "batch/rules");
  await account.rig("DELETE", "batch/changes");
  await account.rig("DELETE", "scheduler/clock");
  await account.rig("DELETE", "stats");
  return {
    ...account,
    outputs: loan.outputs,
    env: await personOf(account, loan.outputs),
    async stop(left) {
      await asked(`${lender}/back`, { endpoint: loan.endpoint, isWhole: left === undefined });
    },
  };
}

async function asked(url: string, given: object = {}): Promise<unknown> {
  const response = await fetch(url, { method: "POST", body: JSON.stringify(given) });
  const text = await response.text();
  if (!response.ok) throw new Error(text);
  return JSON.parse(text) as unknown;
}
