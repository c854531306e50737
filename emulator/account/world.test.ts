import { randomUUID } from "node:crypto";
import { describe } from "vitest";
import type { Functions } from "../../aws/lambda/functions.ts";
import { worldConformance } from "../../engine/conformance.ts";
import { runStep } from "../../runtime/lambda/lambda-runner.ts";
import type { TaskApi } from "../../runtime/task-client.ts";
import { createClient } from "../../sdk/client/client.ts";
import type { RunnerRequest } from "../../statemachines/contract/contract.ts";
import { runnerHere } from "../../test/support/runner-here.ts";
import { serveFlow } from "../fixtures.ts";
import { localFlow } from "../local/flow.ts";
import { placeSteps } from "./placement.ts";
import { processBatch } from "./process-batch.ts";
import { accountWorld } from "./world.ts";

/** The runner function, in this process. */
function runnerOf(api: TaskApi): Functions {
  const runner = runnerHere(api);
  return {
    async invoke(_name, payload) {
      try {
        const answer = await runStep(runner, payload as unknown as RunnerRequest, { awsRequestId: randomUUID() });
        return { text: JSON.stringify(answer), hasFailed: false };
      } catch (thrown) {
        const { name: errorType, message: errorMessage } = thrown as Error;
        return { text: JSON.stringify({ errorType, errorMessage }), hasFailed: true };
      }
    },
    close: () => {},
  };
}

const nobody = () => Promise.reject(new Error("no step of these flows is a job on Batch"));
const noBatch = { submit: nobody, describeJobs: nobody, terminate: nobody, describeQueues: nobody, close: () => {} };

/** `compute`: where the steps go that do not say so. */
async function openAccount(exportName: string, heartbeatMilliseconds: number, compute: "local" | "batch") {
  const { store, graph: written, codePackage, tasks, close } = await serveFlow(exportName);
  const graph = placeSteps(written, { compute, options: {} });
  const client = createClient({ api: tasks.api.url, region: "local" });
  const batch = compute === "batch" ? processBatch(client, tasks) : { ...noBatch, ended: async () => {} };
  const world = accountWorld({
    client,
    run: {
      graph,
      codePackage,
      parameters: {},
      controls: [],
      tags: [],
      user: "test",
      owner: { host: "here", pid: 1 },
    },
    batch,
    logs: { read: async () => ({ lines: ["Task finished with exit code 0."] }), close: () => {} },
    functions: runnerOf(tasks.api),
    local: tasks,
    heartbeatMilliseconds,
  });
  return {
    world,
    flow: localFlow(graph),
    ledger: store.ledger,
    async close() {
      await batch.ended();
      await close();
    },
  };
}

describe("an account whose steps stay on this machine", () => {
  worldConformance((exportName, heartbeat) => openAccount(exportName, heartbeat, "local"));
});

describe("an account whose steps are jobs on Batch", () => {
  worldConformance((exportName, heartbeat) => openAccount(exportName, heartbeat, "batch"));
});
