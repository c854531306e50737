import { describe } from "vitest";
import { worldConformance } from "../../engine/conformance.ts";
import { openFlow } from "../fixtures.ts";
import { localFlow } from "./flow.ts";
import { localWorld } from "./world.ts";

describe("the local world", () => {
  worldConformance(async (exportName, heartbeatMilliseconds) => {
    const { code, store, graph, close } = await openFlow(exportName);
    const { ledger, blobs } = store;
    const world = localWorld({
      graph,
      exportName,
      codePackage: code.codePackage.hash,
      parameters: {},
      controls: [],
      namespace: "user:test",
      user: "test",
      tags: [],
      ledger,
      blobs,
      maxWorkers: 4,
      isolate: false,
      startWorker: () => code.startWorker(),
      heartbeatMilliseconds,
    });
    return { world, flow: localFlow(graph), ledger, close };
  });
});
