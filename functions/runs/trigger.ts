import { MillraceError } from "../../graph/errors.ts";
import type { Lineage } from "../../graph/lineage.ts";
import { machineInput } from "../../statemachines/contract/contract.ts";
import type { OwnRun, TriggerRun } from "../api/run-schemas.ts";
import { checkControls } from "../../tasks/expected-controls.ts";
import { allStored, hashesOf } from "../api/references.ts";
import type { BlobStore } from "../../store/blobs/blobs.ts";
import { checkForeignGraph } from "../deploy/check-graph.ts";
import type { Machines } from "../../aws/step-functions/machines.ts";
import { versionOf } from "../deploy/machines-of-versions.ts";
import { deployedFlow } from "../deploy/register.ts";
import type { FlowRecord, FlowRegistry } from "../../store/registry/registry.ts";
import type { Ledger, Run, RunPrincipals } from "../../store/ledger/ledger.ts";
import { lineageOf } from "../../graph/lineage.ts";
import { packOutcome } from "../../tasks/outcome.ts";
import { beginRun, type BegunRun, type RunRequest } from "../../tasks/create-run.ts";
import { checkParameterValues } from "./check-values.ts";
import { checkAtOnce } from "./at-once.ts";
import { requireRunAndSecret } from "./read.ts";

/** What starting runs needs of the account. */
export interface Starting {
  readonly ledger: Ledger;
  readonly blobs: BlobStore;
  readonly registry: FlowRegistry;
  readonly machines: Machines;
  readonly lineageOf: (graph: string) => Promise<Lineage>;
  readonly areFlowsShared?: boolean | undefined;
  readonly now: () => number;
  /** How many of a flow's runs may be running for another to start; any number where it is 0 or not given. */
  readonly runsAtOnce?: number;
}

/** Whom AWS knows the caller as. */
interface WithPrincipal {
  readonly principal?: string | undefined;
}

function principalsOf(made: string | undefined): { readonly principals?: RunPrincipals } {
  return made === undefined ? {} : { principals: { made } };
}

/** A start by name that has said nothing for so long never came to its end. */
const CLAIM_MILLISECONDS = 60_000;

/** The name of a run's execution, by which it is stopped and its end is known. */
export function executionName({ flow, run }: { readonly flow: string; readonly run: number }): string {
  return `${flow}-${run}`;
}

/**
 * Creates a run of a deployed flow and starts its execution; with a name, once for that name however often it is asked.
 *
 * @throws MillraceError `flow.notDeployed`, `parameter.invalid`, `run.starting`, `run.tooMany`.
 */
export async function triggerRun(starting: Starting, flow: string, request: TriggerRun & WithPrincipal): Promise<Run> {
  const { registry, ledger, machines, now, runsAtOnce = 0 } = starting;
  const record = await deployedFlow(registry, flow);
  const { name } = request;
  // Before the name is taken: whoever asks again hears again what is wrong with the parameters.
  const wanted = await prepare(starting, record, request);
  if (name !== undefined) {
    const claimed = await registry.claim({ flow, name, at: now() }, now() - CLAIM_MILLISECONDS);
    if (claimed.state === "pending")
      throw new MillraceError("run.starting", `a run by the name ${name} is being started`, {
        where: { flow },
        hint: "Ask again in a minute.",
      });
    if (claimed.state === "settled") {
      const { run, secret = "" } = await requireRunAndSecret(ledger, { flow, run: claimed.run });
      // Whoever made it may have died before it was started.
      if (run.status === "running")
        await machines.start(versionOf(record, run), executionName(run), machineInput(run, secret));
      return run;
    }
  }
  if (runsAtOnce > 0) await checkAtOnce(ledger, flow, runsAtOnce);
  const { run, secret } = await beginRun(starting, wanted, now());
  if (name !== undefined) await registry.settle(flow, name, run.run);
  try {
    await machines.start(versionOf(record, run), executionName(run), machineInput(run, secret));
  } catch (error) {
    const message = error instanceof MillraceError ? error.detail : "Step Functions did not start it";
    await ledger.updateRun(
      run,
      { status: "failed", finishedAt: now(), error: { name: "NotStarted", message } },
      "running",
    );
    throw error;
  }
  return run;
}

/** Checks what the run begins with, and stores of it what is too large to stand in the ledger. */
async function prepare(
  starting: Starting,
  record: FlowRecord,
  { parameters, tags, user, principal }: TriggerRun & WithPrincipal,
): Promise<RunRequest> {
  const { blobs } = starting;
  const lineage = await starting.lineageOf(record.graph);
  const values = checkParameterValues(lineage.graph, parameters);
  const stored: Promise<void>[] = [];
  const memory = {
    read: (): never => {
      throw new Error("a run begins with values, not with blobs");
    },
    write: (hash: string, bytes: readonly Uint8Array[]) => void stored.push(blobs.write(hash, bytes)),
  };
  const { own, controls } = packOutcome({ lineage, after: undefined, index: [], before: {}, values }, memory);
  await Promise.all(stored);
  return {
    graph: lineage.graph,
    codePackage: record.codePackage,
    parameters: own,
    controls,
    namespace: record.namespace,
    user,
    ...principalsOf(principal),
    tags: [...new Set([...record.tags, ...tags])],
  };
}

/** Records a run that another engine carries out. Throws MillraceError `graph.invalid`, `code.missing`, `control.unexpected`. */
export async function recordRun(starting: Starting, flow: string, request: OwnRun & WithPrincipal): Promise<BegunRun> {
  const { blobs, now } = starting;
  const { graph, codePackage, parameters, controls, tags, user, owner, principal } = request;
  checkForeignGraph(flow, graph);
  checkControls(lineageOf(graph), { index: "0" }, controls);
  if (!(await blobs.has(codePackage)))
    throw new MillraceError("code.missing", `the code package ${codePackage} is not stored`, { where: { flow } });
  const pages = controls.flatMap(({ value }) => (value.type === "foreach" ? value.pages : []));
  await allStored(blobs, [...hashesOf(parameters), ...pages], { flow });
  const own = { graph, codePackage, parameters, controls, tags, user, owner, namespace: `user:${user}` };
  return beginRun(starting, { ...own, ...principalsOf(principal) }, now());
}
