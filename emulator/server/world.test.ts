import { describe } from "vitest";
import { worldConformance } from "../../engine/conformance.ts";
import { machineInput } from "../../statemachines/contract/contract.ts";
import { beginRun } from "../../tasks/create-run.ts";
import { serveFlow } from "../fixtures.ts";
import { localFlow } from "../local/flow.ts";
import { emulatedWorld } from "./world.ts";

describe("the emulated account", () => {
  worldConformance(async (exportName, heartbeatMilliseconds) => {
    const { store, graph, calls, ending, codePackage, tasks, close } = await serveFlow(exportName);
    const { ledger, blobs } = store;
    const flow = localFlow(graph);
    const recorded = { codePackage, parameters: {}, controls: [], namespace: "user:test", user: "test", tags: [] };
    const { run, secret } = await beginRun(store, { ...recorded, graph }, Date.now());
    const execution = { name: `${run.flow}-${run.run}`, input: machineInput(run, secret) };
    const { lineage } = flow;
    const world = emulatedWorld({ run, lineage, execution, calls, blobs, ending, tasks, heartbeatMilliseconds });
    return { world, flow, ledger, close };
  });
});
