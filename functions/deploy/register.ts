import { MillraceError } from "../../graph/errors.ts";
import type { Graph } from "../../graph/graph.ts";
import { compile } from "../../statemachines/compile.ts";
import type { FlowDescription, RegisterFlowRequest, RegisterFlowResponse } from "../api/flow-schemas.ts";
import type { BlobStore } from "../../store/blobs/blobs.ts";
import { hashOf } from "../../store/blobs/hash.ts";
import { checkForeignGraph } from "./check-graph.ts";
import type { Runners } from "../../aws/lambda/runners.ts";
import type { Machines } from "../../aws/step-functions/machines.ts";
import { retireVersions } from "./machines-of-versions.ts";
import { checkOwner, digestOfToken, productionNamespace, productionToken, type FlowCaller } from "./production.ts";
import type { FlowRecord, FlowRegistry, FlowOwner } from "../../store/registry/registry.ts";
import { resourcesFor, withRunner, type ResourceParts } from "./resources-for.ts";
import { keepRunners, putRunner } from "./runner.ts";
import type { Schedules } from "../../aws/scheduler/schedules.ts";
import { schedulesOf } from "../../graph/schedule.ts";
import { checkScheduleInputs } from "./check-schedule-inputs.ts";

/** What deploying a flow needs of the account. */
export interface DeployParts extends ResourceParts {
  readonly registry: FlowRegistry;
  readonly blobs: Pick<BlobStore, "read" | "write" | "has">;
  readonly machines: Machines;
  readonly schedules: Schedules;
  /** What carries out short steps. */
  readonly runners: Runners;
  /** Sees to it that distributed Maps find what they count their children by. */
  readonly storeRanges: () => Promise<void>;
  /** Whether whoever may call the API may change every flow. */
  readonly areFlowsShared?: boolean | undefined;
  readonly now: () => number;
}

/** Whom AWS knows the caller as. */
interface WithPrincipal {
  readonly principal?: string | undefined;
}

/** A deployment that has said nothing for so long is over: the function that carried it out may run no longer. */
const DEPLOYING_MILLISECONDS = 5 * 60_000;

/**
 * Deploys a flow as a new version: checks and compiles its graph, makes its state machine or a new version of it, and its
 * schedules. Runs that are under way go on with the machine and the code that they began with.
 *
 * @throws MillraceError `flow.owned`, `flow.deploying`, `graph.invalid`, `code.missing`, `machine.invalid`, and what
 * AWS refuses of it.
 */
export async function registerFlow(
  deployment: DeployParts,
  flow: string,
  { graph, codePackage, user, token, tags, principal }: RegisterFlowRequest & WithPrincipal,
): Promise<RegisterFlowResponse> {
  const { registry, blobs, machines, schedules, now } = deployment;
  const caller: FlowOwner = { user, ...(principal !== undefined && { principal }) };
  const before = await registry.read(flow);
  const standing = before?.removed ? undefined : before;
  if (standing) checkOwner(standing, { ...caller, token }, deployment.areFlowsShared);
  checkForeignGraph(flow, graph);
  checkScheduleInputs(graph);
  await requireCode(blobs, codePackage, flow);
  const resources = await resourcesFor(deployment, graph);
  await deployment.storeRanges();

  const made = standing ? undefined : productionToken();
  const wanted = schedulesOf(graph);
  const record: FlowRecord = {
    ...(standing ?? firstOf(flow, { owner: caller, token: made! }, before)),
    version: (before?.version ?? 0) + 1,
    codePackage,
    graph: await storeGraph(blobs, graph),
    tags,
    deployedAt: now(),
    schedule: undefined,
    schedules: schedules.namesOf(flow, wanted),
    deployingSince: undefined,
  };
  // Says first that it is under way: of two deployments at once, the machine of one and the record of the other must not stay.
  const begun = await begin(deployment, before, record);
  const put = async (): Promise<FlowRecord> => {
    const runner = await putRunner(deployment, { graph, codePackage });
    const compiled = compile(graph, withRunner(resources, runner));
    const { arn, versionArn, children } = await machines.put(flow, compiled, record.version);
    const newest = { versionArn, children, codePackage, graph: record.graph, ...(runner !== undefined && { runner }) };
    const kept = await retireVersions(machines, { earlier: before?.versions ?? [], newest }, now());
    await keepRunners(deployment.runners, flow, { earlier: before?.versions ?? [], kept: [...kept, newest] });
    await schedules.keep(flow, { schedules: wanted, isPaused: record.paused === true, known: scheduleNames(begun) });
    return { ...record, stateMachineArn: arn, versions: [...kept, newest] };
  };
  const done = await put().catch(async (error: unknown) => {
    await registry.write({ ...begun, deployingSince: undefined }, begun.revision);
    throw error;
  });
  await write(registry, done, begun.revision);
  return {
    ...describeFlow(done, graph),
    created: standing === undefined,
    ...(made !== undefined && { token: made }),
  };
}

async function requireCode(blobs: DeployParts["blobs"], codePackage: string, flow: string): Promise<void> {
  if (await blobs.has(codePackage)) return;
  throw new MillraceError("code.missing", `the code package ${codePackage} is not stored`, {
    where: { flow },
    hint: "Upload it again.",
  });
}

function firstOf(
  flow: string,
  { owner, token }: { readonly owner: FlowOwner; readonly token: string },
  removed: FlowRecord | undefined,
) {
  const generation = removed ? removed.generation + 1 : 0;
  return {
    flow,
    owner,
    generation,
    revision: 0,
    namespace: productionNamespace(flow, generation),
    tokenDigest: digestOfToken(token),
    stateMachineArn: "",
  };
}

/** Keeps what stands until the new version does, so that runs may be started meanwhile. */
export async function begin(
  { registry, now }: Pick<DeployParts, "registry" | "now">,
  before: FlowRecord | undefined,
  next: FlowRecord,
): Promise<FlowRecord> {
  const since = before?.deployingSince;
  if (since !== undefined && since > now() - DEPLOYING_MILLISECONDS) throw deploying(next.flow);
  // What may have been made when this fails half-way is known to whoever tries again.
  const schedules = [...new Set([...scheduleNames(before), ...scheduleNames(next)])];
  const standing = { ...(before ?? { ...next, version: 0, removed: true as const }), schedules };
  await write(registry, { ...standing, deployingSince: now() }, before?.revision ?? 0);
  return { ...standing, revision: (before?.revision ?? 0) + 1 };
}

/** The names of all schedules that there may be of a flow. */
export function scheduleNames(record: FlowRecord | undefined): readonly string[] {
  if (record?.schedules !== undefined) return record.schedules;
  return record?.schedule === undefined ? [] : [record.flow];
}

/** Writes a record; throws MillraceError `flow.deploying` where another was written since. */
export async function write(registry: FlowRegistry, record: FlowRecord, revision: number): Promise<void> {
  if (!(await registry.write(record, revision))) throw deploying(record.flow);
}

function deploying(flow: string): MillraceError {
  return new MillraceError("flow.deploying", "somebody else is deploying or changing it at this moment", {
    where: { flow },
    hint: "Try again in a few minutes.",
  });
}

async function storeGraph(blobs: DeployParts["blobs"], graph: Graph): Promise<string> {
  const bytes = [Buffer.from(JSON.stringify(graph))];
  const hash = hashOf(bytes);
  await blobs.write(hash, bytes);
  return hash;
}

/**
 * Takes a flow's machine and schedules away; its runs stay readable, and those that go on come to their end: the machines
 * and functions of theirs go with the flow's next deployment. Throws MillraceError `flow.notDeployed`, `flow.owned`.
 */
export async function removeFlow(
  { registry, machines, runners, schedules, jobs, areFlowsShared, now }: DeployParts,
  flow: string,
  caller: FlowCaller,
): Promise<void> {
  const record = await deployedFlow(registry, flow);
  checkOwner(record, caller, areFlowsShared);
  await schedules.keep(flow, { schedules: [], isPaused: false, known: scheduleNames(record) });
  const versions = await retireVersions(machines, { earlier: record.versions ?? [] }, now());
  await machines.remove(record.stateMachineArn);
  await keepRunners(runners, flow, { earlier: record.versions ?? [], kept: versions });
  await jobs.remove(flow);
  await write(registry, { ...record, versions, schedules: [], schedule: undefined, removed: true }, record.revision);
}

/** Throws MillraceError `flow.notDeployed`. */
export async function deployedFlow(registry: FlowRegistry, flow: string): Promise<FlowRecord> {
  const record = await registry.read(flow);
  if (record && !record.removed) return record;
  throw new MillraceError("flow.notDeployed", "it is not deployed", {
    where: { flow },
    hint: "Deploy it with: millrace deploy FILE",
  });
}

export function describeFlow(record: FlowRecord, graph: Pick<Graph, "parameters" | "schedule">): FlowDescription {
  const { flow, version, namespace, stateMachineArn, codePackage, owner, tags, paused, deployedAt } = record;
  return {
    flow,
    version,
    namespace,
    stateMachineArn,
    codePackage,
    user: owner.user,
    tags,
    schedules: [...schedulesOf(graph)],
    ...(paused && { paused }),
    deployedAt,
    parameters: graph.parameters,
  };
}
