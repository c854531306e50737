import { z } from "zod";
import type { Lineage } from "../../graph/lineage.ts";
import type { Signer } from "../../store/blobs/signer.ts";
import { checkForeignGraph } from "../deploy/check-graph.ts";
import { deployedFlow, describeFlow, registerFlow, removeFlow, type DeployParts } from "../deploy/register.ts";
import { pauseFlow } from "../deploy/pause.ts";
import { resourcesFor } from "../deploy/resources-for.ts";
import { putRunner } from "../deploy/runner.ts";
import { defineJobsResponse, flowDescription, registerFlowRequest, registerFlowResponse } from "./flow-schemas.ts";
import { rotateToken } from "../deploy/rotate-token.ts";
import { routeOver } from "./route.ts";
import { graph, hash, optional, text, upload, user } from "./schemas.ts";

export interface FlowParts extends DeployParts {
  readonly signer: Pick<Signer, "signWrite">;
  readonly lineageOf: (graph: string) => Promise<Lineage>;
  /** There are no jobs and no functions here for runs that another engine carries out. */
  readonly stepsStay?: true;
}

const route = routeOver<FlowParts>();

const MAX_CODE_BYTES = 256 * 1024 * 1024;

/** Code packages, and flows as they are deployed. */
export const flowRoutes = {
  /** A code package is a blob like any other. */
  storeCode: route("POST /code-packages", {
    about: "A URL to upload a code package to; none where it is stored already.",
    caller: "person",
    body: z.strictObject({ hash, size: z.int().min(1).max(MAX_CODE_BYTES) }),
    answer: z.strictObject({ upload: optional(upload) }),
    handler: async ({ blobs, signer }, { body }) =>
      (await blobs.has(body.hash)) ? {} : { upload: await signer.signWrite(body) },
  }),
  registerFlow: route("PUT /flows/{flow}", {
    about: "Deploys a flow as a new version.",
    caller: "person",
    body: registerFlowRequest,
    answer: registerFlowResponse,
    handler: (parts, { path, body, principal }) => registerFlow(parts, path.flow, { ...body, principal }),
  }),
  readFlow: route("GET /flows/{flow}", {
    about: "A deployed flow.",
    caller: "person",
    answer: flowDescription,
    handler: async (parts, { path }) => {
      const record = await deployedFlow(parts.registry, path.flow);
      return describeFlow(record, (await parts.lineageOf(record.graph)).graph);
    },
  }),
  /** Another person's production token goes into TASK_TOKEN_HEADER, since URLs are logged. */
  removeFlow: route("DELETE /flows/{flow}", {
    about: "Takes a flow's machine and schedules away; its runs stay.",
    caller: "person",
    query: z.strictObject({ user }),
    handler: (parts, { path, query, token, principal }) => removeFlow(parts, path.flow, { ...query, token, principal }),
  }),
  pauseFlow: route("PUT /flows/{flow}/paused", {
    about: "Keeps a flow's schedules from starting runs, or lets them again; deployed anew it stays as it is.",
    caller: "person",
    body: z.strictObject({ user, paused: z.boolean() }),
    answer: flowDescription,
    handler: async (parts, { path, body: { user: by, paused }, token, principal }) => {
      const { record, graph: its } = await pauseFlow(parts, path.flow, {
        paused,
        caller: { user: by, token, principal },
      });
      return describeFlow(record, its);
    },
  }),
  rotateToken: route("POST /flows/{flow}/token", {
    about: "Makes a flow's production token anew; the one before is refused from then on.",
    caller: "person",
    body: z.strictObject({ user }),
    /** Answered this once: what is kept is its digest. */
    answer: z.strictObject({ token: text(200) }),
    handler: ({ registry }, { path, body, token, principal }) =>
      rotateToken(registry, path.flow, { ...body, token, principal }),
  }),
  /** For engines on people's machines: what an account's own state machines reach without the API. */
  defineJobs: route("POST /flows/{flow}/jobs", {
    about: "Defines the Batch jobs, and makes the function, that the steps of a run of one's own need.",
    caller: "person",
    /** Whose steps that run in the account shall have what they ask of their jobs; stored before, where some are on Lambda. */
    body: z.strictObject({ graph, codePackage: hash }),
    answer: defineJobsResponse,
    handler: async (parts, { path, body, principal = "local" }) => {
      checkForeignGraph(path.flow, body.graph);
      const { machines: _, keepsMapRuns: __, ...called } = await resourcesFor(parts, body.graph);
      const runner = await putRunner(parts, { ...body, person: principal });
      return {
        ...called,
        ...(runner !== undefined && { runner: { default: runner } }),
        ...(parts.stepsStay && { stepsStay: parts.stepsStay }),
      };
    },
  }),
};
