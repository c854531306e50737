import { randomUUID } from "node:crypto";
import { describe } from "vitest";
import type { Functions } from "../../aws/lambda/functions.ts";
import { worldConformance } from "../../engine/conformance.ts";
import { runStep } from "../../runtime/lambda/lambda-runner.ts";
import type { TaskApi } from "../../runtime/task-client.ts";
import { createClient } from "../../sdk/client/client.ts";
import type { RunnerRequest } from "../../statemachines/contract/contract.ts";
import { serveFlow } from "../fixtures.ts";
import { localFlow } from "../local/flow.ts";
import { accountWorld } from "./world.ts";

/** The runner function, in this process. */
function runnerOf(api: TaskApi): Functions {
  return {
    async invoke(_name, payload) {
      try {
        const answer = await runStep(api, payload as unknown as RunnerRequest, { awsRequestId: randomUUID() });
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

describe("an account", () => {
  worldConformance(async (exportName, heartbeatMilliseconds) => {
    const { store, graph, codePackage, tasks, close } = await serveFlow(exportName);
    const world = accountWorld({
      client: createClient({ api: tasks.api.url, region: "local" }),
      run: {
        graph,
        codePackage,
        parameters: {},
        controls: [],
        tags: [],
        user: "test",
        owner: { host: "here", pid: 1 },
      },
      batch: { submit: nobody, describe: nobody, terminate: nobody, describeQueue: nobody, close: () => {} },
      logs: { read: nobody, close: () => {} },
      functions: runnerOf(tasks.api),
      local: tasks,
      heartbeatMilliseconds,
    });
    return { world, flow: localFlow(graph), ledger: store.ledger, close };
  });
});
