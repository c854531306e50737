import { relative } from "node:path";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** What waits most begins first, so that the end of a run is short files: a fresh clone does not know how long each takes. */
const FIRST = ["test/aws/", "store/ledger/dynamodb/", "test/faults.", "test/emulate.", "sdk/language/scale.", "test/"];

/** Puts the files that need an account before all others; else as vitest does, those in a process of their own first. */
export class AccountFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification): number => {
      const path = relative(this.ctx.config.root, moduleId);
      const found = FIRST.findIndex((beginning) => path.startsWith(beginning));
      return found < 0 ? FIRST.length : found;
    };
    // oxlint-disable-next-line unicorn/no-array-sort -- no array's: it answers a new one
    const sorted = await super.sort(files);
    return sorted.toSorted((a, b) => place(a) - place(b));
  }
}
