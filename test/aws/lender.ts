import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { json } from "node:stream/consumers";
import type { AddressInfo } from "node:net";
import type { TestProject } from "vitest/node";
import { isSkipped, startAccount, type Account } from "./account.ts";
import { deployMillrace, sls } from "./deployed.ts";
import { LENT_STAGE, type Loan } from "./lent.ts";

/**
 * Lends accounts in which Millrace is deployed already, one test file at a time each: deploying takes longer than most
 * files do. Nothing is started before the first file asks; what a file gives back whole, the next one gets. The service is
 * packed once for all of them.
 */
export default function lender(project: TestProject): () => Promise<void> {
  const free: Held[] = [];
  const held = new Map<string, Held>();
  const starting: Promise<unknown>[] = [];
  const folder = mkdtempSync(join(tmpdir(), "millrace-packed-"));
  let packed: Promise<string> | undefined;

  async function lend(): Promise<Loan | { readonly skipped: string }> {
    const one = free.pop() ?? (await start());
    if ("skipped" in one) return one;
    return one.loan;
  }

  async function start(): Promise<Held | { readonly skipped: string }> {
    const account = await startAccount({ batchSlots: 8 });
    if (isSkipped(account)) return account;
    const { endpoint, http, administrator } = account;
    try {
      packed ??= sls(["package", "--stage", LENT_STAGE, "--package", folder]);
      await packed;
      const outputs = await deployMillrace(account, LENT_STAGE, "--package", folder);
      const one = { account, loan: { endpoint, http, administrator, outputs } };
      held.set(endpoint, one);
      return one;
    } catch (error) {
      await account.stop();
      throw error;
    }
  }

  async function takeBack({ endpoint, isWhole }: { readonly endpoint: string; readonly isWhole: boolean }) {
    const one = held.get(endpoint);
    if (!one) return;
    if (isWhole) return void free.push(one);
    held.delete(endpoint);
    await one.account.stop();
  }

  const server = createServer((request: IncomingMessage, response) => {
    const work = request.url === "/lend" ? lend() : json(request).then((given) => takeBack(given as never));
    starting.push(work.catch(() => undefined));
    work.then(
      (answer) => response.end(JSON.stringify(answer ?? {})),
      (error: unknown) => response.writeHead(500).end(error instanceof Error ? error.stack : String(error)),
    );
  });
  server.listen(0, "127.0.0.1", () =>
    project.provide("lender", `http://127.0.0.1:${(server.address() as AddressInfo).port}`),
  );
  server.unref();

  return async () => {
    server.close();
    await Promise.all(starting);
    await Promise.all([...held.values()].map(({ account }) => account.stop()));
    rmSync(folder, { recursive: true, force: true });
  };
}

interface Held {
  readonly account: Account;
  readonly loan: Loan;
}
