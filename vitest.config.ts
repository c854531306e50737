import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";
import { AccountFirst } from "./test/order.ts";

/** Folders of plain functions and of parts behind ports, whose tests leave nothing in their process. */
export const plain = ["aws", "cli", "engine", "functions", "graph", "sdk", "statemachines", "store", "tasks"];

/** Files there that want a process of their own, and why. */
export const alone = [
  "sdk/client/client.test.ts", // sets the environment's credentials
  "sdk/language/scale.test.ts", // takes the longest, and waits for tsc alone: test/order.ts has it begin early
  "store/blobs/files/file-blobs.test.ts", // replaces node:fs
  "store/**/dynamodb/*.test.ts", // replaces what the SDK's clients send, or starts an account
  "store/**/s3/*.test.ts", // starts an account
];

const never = ["**/node_modules/**", "dist/**", ".millrace/**"];

export default defineConfig({
  resolve: {
    alias: {
      "millrace/testing": new URL("./sdk/testing.ts", import.meta.url).pathname,
      "millrace/states": new URL("./sdk/states.ts", import.meta.url).pathname,
      millrace: new URL("./sdk/index.ts", import.meta.url).pathname,
    },
  },
  test: {
    testTimeout: 60_000,
    // Much of the time one waits: for processes, and for the account's.
    maxWorkers: availableParallelism() + 1,
    sequence: { sequencer: AccountFirst },
    projects: [
      {
        extends: true,
        test: {
          name: "whole",
          include: ["**/*.test.ts"],
          exclude: [...never, ...plain.map((folder) => `${folder}/**/*.test.ts`)],
          // The accounts that are lent have ended before their reports are read: the first is torn down last.
          globalSetup: ["test/aws/unused-rights.ts", "test/aws/lender.ts"],
          typecheck: { enabled: true, include: ["**/*.test-d.ts"], exclude: never, tsconfig: "tsconfig.types.json" },
        },
      },
      { extends: true, test: { name: "alone", include: alone, exclude: never } },
      {
        extends: true,
        test: {
          name: "plain",
          include: plain.map((folder) => `${folder}/**/*.test.ts`),
          exclude: [...never, ...alone],
          // A worker imports the sources once for all of its files, which costs more than most of them do.
          isolate: false,
        },
      },
    ],
  },
});
