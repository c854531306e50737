import type { BookkeepingRequest } from "../../statemachines/contract/contract.ts";
import { answerMachine } from "../api/bookkeeping-call.ts";
import { openBatchJobs } from "../../aws/batch/describe.ts";
import { openAccount, openSigning } from "./account.ts";
import { handleHttp } from "./http.ts";

const tasks = { ...openAccount(), ...openSigning(), jobs: openBatchJobs() };
const http = handleHttp({ tasks });

/** What tasks' processes say through the HTTP API, and what the flows' state machines ask directly. */
export async function handler(event: BookkeepingRequest | Parameters<typeof http>[0], context?: unknown) {
  if ("action" in event) return answerMachine(tasks, event);
  return http(event, context as Parameters<typeof http>[1]);
}
