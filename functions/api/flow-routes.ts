import { deployedFlow, describeFlow, registerFlow, removeFlow, type Deployment } from "../deploy/register.ts";
import { checkForeignGraph } from "../deploy/check-graph.ts";
import { resourcesFor } from "../deploy/resources-for.ts";
import { ROUTES, TASK_TOKEN_HEADER, type DefineJobsResponse, type StoreCodeResponse } from "./contract.ts";
import type { Lineage } from "../../graph/lineage.ts";
import { bodyOf, on, partOf, queryOf, type Api } from "./route.ts";
import * as schemas from "./schemas.ts";
import type { Signer } from "../../store/blobs/signer.ts";

export interface FlowParts extends Deployment {
  readonly signer: Pick<Signer, "signWrite">;
  readonly lineageOf: (graph: string) => Promise<Lineage>;
}

/** Code packages, and flows as they are deployed. */
export function addFlowRoutes(app: Api, parts: FlowParts): void {
  on(app, ROUTES.storeCode, async (request): Promise<StoreCodeResponse> => {
    const blob = await bodyOf(request, schemas.storeCode);
    return (await parts.blobs.has(blob.hash)) ? {} : { upload: await parts.signer.signWrite(blob) };
  });
  on(app, ROUTES.registerFlow, async (request) => {
    const flow = partOf(request, "flow", schemas.flowName);
    return registerFlow(parts, flow, await bodyOf(request, schemas.registerFlow), request.get("principal"));
  });
  on(app, ROUTES.defineJobs, async (request): Promise<DefineJobsResponse> => {
    const flow = partOf(request, "flow", schemas.flowName);
    const { graph } = await bodyOf(request, schemas.defineJobs);
    checkForeignGraph(flow, graph);
    const { machines: _, keepsMapRuns: __, ...called } = await resourcesFor(parts, graph);
    return called;
  });
  on(app, ROUTES.readFlow, async (request) => {
    const record = await deployedFlow(parts.registry, partOf(request, "flow", schemas.flowName));
    return describeFlow(record, (await parts.lineageOf(record.graph)).graph);
  });
  on(app, ROUTES.removeFlow, async (request) => {
    const flow = partOf(request, "flow", schemas.flowName);
    const { user } = queryOf(request, schemas.removeFlow);
    const token = request.req.header(TASK_TOKEN_HEADER);
    await removeFlow(parts, flow, { user, token }, request.get("principal"));
  });
}
