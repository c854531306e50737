import type { DynamoDBClientConfig } from "@aws-sdk/client-dynamodb";
import type { BlobStore } from "../../blobs/blobs.ts";
import { endRunningAttempts, finishAttempts, heartbeat, startAttempts } from "./attempts.ts";
import { readControls, writeControls } from "./controls.ts";
import { listFlows, listRuns } from "./lists.ts";
import { createRun, isRunning, readRun, readRunAndSecret, updateRun } from "./runs.ts";
import { listSteps } from "./steps.ts";
import type { DynamoStore } from "./store.ts";
import { openTable } from "./table.ts";
import { lastTask, listAttempts, listTasks, readTasks } from "./tasks.ts";
import type { Ledger } from "../ledger.ts";

export interface DynamoLedgerOptions {
  /** The table's name; LEDGER_TABLE in dynamodb-table.ts says what it is. */
  readonly table: string;
  /** Where manifests, parameters and lists of pages go that are longer than 100 KiB. */
  readonly blobs: BlobStore;
  /** Region, endpoint, credentials; from the environment unless given. */
  readonly client?: DynamoDBClientConfig;
}

/**
 * The ledger in a DynamoDB table. Whether a task's run exists is looked up once a process and run, and not at all by who has
 * read the run here. Import it only where it is used, for it loads the AWS SDK.
 *
 * @throws MillraceError, from every method, where the account is at fault: `account.credentials`, `account.denied`,
 * `account.missing`, `account.busy`, `account.unreachable`.
 */
export function openDynamoLedger({ table: name, blobs, client = {} }: DynamoLedgerOptions): Ledger {
  const store: DynamoStore = { table: openTable(name, client), blobs, far: new Map(), known: new Set() };
  return {
    createRun: (run) => createRun(store, run),
    updateRun: (run, change, from) => updateRun(store, run, { change, from }),
    readRun: (run) => readRun(store, run),
    readRunAndSecret: (run) => readRunAndSecret(store, run),
    isRunning: (run) => isRunning(store, run),
    listRuns: (query) => listRuns(store, query),
    listFlows: (query) => listFlows(store, query),

    startAttempts: (run, starts) => startAttempts(store, run, starts),
    finishAttempts: (run, ends) => finishAttempts(store, run, ends),
    heartbeat: (run, attempts, at) => heartbeat(store, run, { attempts, at }),
    endRunningAttempts: (run, end) => endRunningAttempts(store, run, end),

    readTasks: (run, tasks) => readTasks(store, run, tasks),
    listTasks: (run, step, query = {}) => listTasks(store, run, { step, ...query }),
    lastTask: (run, step, under) => lastTask(store, run, { step, under }),
    listAttempts: (run, task) => listAttempts(store, run, task),
    listSteps: (run) => listSteps(store, run),

    writeControls: (run, controls) => writeControls(store, run, controls),
    readControls: (run, keys) => readControls(store, run, keys),

    close: async () => store.table.close(),
  };
}
