import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

export default defineConfig({
  resolve: {
    alias: {
      "millrace/testing": new URL("./sdk/testing.ts", import.meta.url).pathname,
      "millrace/states": new URL("./sdk/states.ts", import.meta.url).pathname,
      millrace: new URL("./sdk/index.ts", import.meta.url).pathname,
    },
  },
  test: {
    include: ["**/*.test.ts"],
    exclude: ["**/node_modules/**", "dist/**", ".millrace/**"],
    globalSetup: ["test/aws/lender.ts"],
    testTimeout: 60_000,
    // Much of the time one waits: for processes, and for the account's.
    maxWorkers: availableParallelism() + 1,
    typecheck: { enabled: true, include: ["**/*.test-d.ts"] },
  },
});
