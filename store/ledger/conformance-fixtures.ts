import type { AttemptEnd, AttemptStart, Ledger, NewRun } from "./ledger.ts";
import type { RunKey } from "../../graph/run-name.ts";
import type { TaskKey } from "../../graph/task-key.ts";

let made = 0;

/** A name that no other test uses, in this process or another, for a flow, a tag or a namespace. */
export function fresh(what: string): string {
  made += 1;
  return `${what}-${process.pid}-${Date.now().toString(36)}-${made}`;
}

/** A run to be, of a flow of its own unless given. */
export function aRun(over: Partial<NewRun> = {}): NewRun {
  return {
    flow: over.flow ?? fresh("Flow"),
    namespace: "user:ada",
    user: "ada",
    tags: [],
    createdAt: 1_700_000_000_000,
    codePackage: "c0de".repeat(16),
    graph: "9raf".repeat(16),
    parameters: {},
    ...over,
  };
}

export async function created(ledger: Ledger, over: Partial<NewRun> = {}): Promise<RunKey> {
  const { flow, run } = await ledger.createRun(aRun(over));
  return { flow, run };
}

/** The moment at which the tests' attempts start. */
export const T0 = 1_700_000_000_000;

/** The task of the tests that need one, a start of it, and the end of its first attempt. */
export const task: TaskKey = { step: "compute", index: "3" };

export function start(over: Partial<AttemptStart> = {}): AttemptStart {
  return { ...task, at: T0, by: "pid 1", ...over };
}

export function end(over: Partial<AttemptEnd> = {}): AttemptEnd {
  return { ...task, attempt: 1, at: T0 + 5, status: "succeeded", ...over };
}

/** Every item of a list, read in pages; and how many pages that took. */
export async function everyPage<Item>(
  read: (cursor: string | undefined) => Promise<{ items: Item[]; cursor?: string }>,
): Promise<{ items: Item[]; pages: number }> {
  const items: Item[] = [];
  let cursor: string | undefined;
  let pages = 0;
  do {
    const page = await read(cursor);
    items.push(...page.items);
    cursor = page.cursor;
    pages += 1;
  } while (cursor !== undefined && pages < 1000);
  return { items, pages };
}
