import { MillraceError } from "../../graph/errors.ts";
import type { Lineage } from "../../graph/lineage.ts";
import { askedNext } from "../../statemachines/contract/asked-next.ts";
import type { Manifest } from "../../store/artifacts/manifest.ts";
import type { SigningKeys } from "../../aws/s3/signing-keys.ts";
import type { BatchJobs } from "../../aws/batch/describe.ts";
import type { BlobStore } from "../../store/blobs/blobs.ts";
import type { Attempt, Ledger } from "../../store/ledger/ledger.ts";
import type { AttemptKey } from "../../graph/task-key.ts";
import type { ControlKey, ControlValue } from "../../graph/control-value.ts";
import type { RunKey } from "../../graph/run-name.ts";
import { branchEnds } from "../../tasks/branches.ts";
import { stepInputs, type RunScope } from "../../tasks/inputs.ts";
import { nextTry } from "../../tasks/job-try.ts";
import type { SignForTaskRequest, SignResponse } from "./sign-schemas.ts";
import type {
  FinishTaskRequest,
  Readable,
  ReadBranchesResponse,
  StartedTask,
  StartTaskRequest,
  StartTaskResponse,
} from "./task-schemas.ts";
import { branchesFrom } from "./branch-pages.ts";
import { withoutPages } from "./control-answer.ts";
import { checkControls } from "../../tasks/expected-controls.ts";
import { requireRun, requireRunAndSecret } from "../runs/read.ts";
import { checkStartProof } from "./check-start-proof.ts";
import { checkLeftBlobs } from "./left-blobs.ts";
import { hashesOf, signAll } from "./references.ts";
import type { Signer } from "../../store/blobs/signer.ts";
import {
  digestOf,
  isGrant,
  makeGrant,
  makeToken,
  readToken,
  tokenMilliseconds,
  type ShownToken,
} from "./task-token.ts";

/** What the calls of a task's own process are answered from. */
export interface TaskCalls {
  readonly ledger: Ledger;
  readonly blobs: Pick<BlobStore, "has" | "md5">;
  /** What became of containers that died without a word. */
  readonly jobs?: BatchJobs;
  readonly signer: Signer;
  readonly lineageOf: (graph: string) => Promise<Lineage>;
  /** Of the tokens. */
  readonly keys: SigningKeys;
  readonly now: () => number;
}

/** URLs that come with the start: each is some 1.5 KB long, so the rest are asked for when they are wanted. */
const URLS = 32;

/**
 * Begins an attempt, once all is read that it begins with: one that is asked for too early leaves no trace. Throws
 * MillraceError `run.unknown`, `run.over`, `proof.invalid`, `step.unknown`, `task.unknown`, `task.tooEarly`,
 * `attempt.refused` where a job's container was started that the step has no try for.
 */
export async function startTask(calls: TaskCalls, run: RunKey, request: StartTaskRequest): Promise<StartTaskResponse> {
  const { ledger, signer } = calls;
  const { step, index, by } = request;
  const known = await requireRunAndSecret(ledger, run);
  checkStartProof(known, request, request.proof);
  const found = known.run;
  if (found.status !== "running") throw new MillraceError("run.over", `the run has ${found.status}`);
  const lineage = await calls.lineageOf(found.graph);
  const place = lineage.steps.get(step);
  if (!place) throw new MillraceError("step.unknown", "there is no such step", { where: { flow: run.flow, step } });
  if (index.split(".").length !== Math.max(1, place.depth) || (place.depth === 0 && index !== "0"))
    throw new MillraceError("task.unknown", `${index} is no index of a task of it`, {
      where: { flow: run.flow, step },
    });

  const scope: RunScope = { ledger, key: run, lineage, parameters: found.parameters };
  const [inputs] = await stepInputs(scope, step, [index]);
  const { base, items } = inputs!;
  const branches = place.joins && (await firstBranches(scope, step, index));
  const tried = await nextTry(calls, run, { ...request, options: place.node.options });
  const [answer] = await ledger.startAttempts(run, [{ step, index, by, at: calls.now() }]);
  if (answer!.state === "done")
    return { state: "done", ...(await controlNext(ledger, run, askedNext(lineage, step, index))) };
  const { attempt } = answer as { attempt: number };

  const key = await calls.keys.current();
  const mine = { ...run, step, index, attempt };
  const token = makeToken(key, {
    ...mine,
    graph: found.graph,
    base: digestOf(base),
    expiresAt: calls.now() + tokenMilliseconds(place.node.options),
  });
  const own = hashesOf(base, items, found.parameters);
  const reads: Readable[] = hashesOf(base, items, found.parameters, ...(branches?.manifests ?? [])).map((hash) => ({
    hash,
    grant: makeGrant(key, mine, hash),
  }));
  const urls = await Promise.all(own.slice(0, URLS).map((hash) => signer.signRead(hash)));
  const settles = found.owner === undefined && Object.keys(lineage.graph.parameters).length > 0;
  return {
    state: "started",
    attempt,
    ...(tried && { last: tried.last, ...(tried.waitSeconds > 0 && { waitSeconds: tried.waitSeconds }) }),
    token,
    tags: found.tags,
    code: { hash: found.codePackage, url: await signer.signRead(found.codePackage) },
    parameters: found.parameters,
    ...(settles && { settleParameters: isParameters(base, found.parameters) ? "base" : "context" }),
    base,
    items,
    ...(branches && { branches }),
    reads: reads.map((one, i) => (urls[i] === undefined ? one : { ...one, url: urls[i] })),
  };
}

/** The answer of a Lambda step may have been lost, and the machine asks for the control value again. */
async function controlNext(
  ledger: Ledger,
  run: RunKey,
  asked: ControlKey | undefined,
): Promise<{ readonly control?: ControlValue }> {
  const [control] = asked ? await ledger.readControls(run, [asked]) : [];
  return control ? { control: withoutPages(control) } : {};
}

/** What a task begins with is what the run began with: the very object, where no task came before. */
function isParameters(base: Manifest, parameters: Manifest): boolean {
  return base === parameters || digestOf(base) === digestOf(parameters);
}

async function firstBranches(
  scope: RunScope,
  join: string,
  index: string,
): Promise<NonNullable<StartedTask["branches"]>> {
  if (scope.lineage.steps.get(join)!.joins!.type === "branch")
    return { type: "branch", ...(await branchEnds(scope, join, index)) };
  return branchesFrom(scope, { join, index }, 0);
}

/** The branches of a foreach from `from` on. */
export async function readBranches(calls: TaskCalls, shown: ShownToken, from: number): Promise<ReadBranchesResponse> {
  const { run } = shown;
  const { key, claims: mine } = await readToken(calls, shown);
  const lineage = await calls.lineageOf(mine.graph);
  if (lineage.steps.get(mine.step)!.joins?.type !== "foreach")
    throw new MillraceError("task.unknown", "it joins no foreach", { where: { flow: run.flow, step: mine.step } });
  const { parameters, status } = await requireRun(calls.ledger, run);
  if (status !== "running") throw new MillraceError("run.over", `the run has ${status}`);
  const scope: RunScope = { ledger: calls.ledger, key: run, lineage, parameters };
  const page = await branchesFrom(scope, { join: mine.step, index: mine.index }, from);
  return {
    ...page,
    reads: hashesOf(...page.manifests).map((hash) => ({ hash, grant: makeGrant(key, mine, hash) })),
  };
}

/**
 * URLs for what the attempt was granted, and for what it is about to leave. Throws MillraceError `grant.invalid`,
 * `run.over`.
 */
export async function signForTask(
  calls: Pick<TaskCalls, "blobs" | "signer" | "keys" | "now" | "ledger">,
  shown: ShownToken,
  { reads, writes }: SignForTaskRequest,
): Promise<SignResponse> {
  const token = await readToken(calls, shown);
  for (const read of reads)
    if (!isGrant(token, read))
      throw new MillraceError("grant.invalid", `The attempt may not read the blob ${read.hash}`);
  if (!(await calls.ledger.isRunning(shown.run)))
    throw new MillraceError("run.over", "the run has ended, and nothing more is signed for its tasks", {
      where: { flow: shown.run.flow, step: token.claims.step },
    });
  return signAll(
    calls,
    reads.map(({ hash }) => hash),
    writes,
  );
}

export async function heartbeatTask(calls: TaskCalls, shown: ShownToken): Promise<{ alive: boolean }> {
  const { claims: mine } = await readToken(calls, shown);
  // An attempt may be left over from a run that came to its end without it.
  const [[alive], isRunning] = await Promise.all([
    calls.ledger.heartbeat(shown.run, [mine], calls.now()),
    calls.ledger.isRunning(shown.run),
  ]);
  return { alive: alive! && isRunning };
}

/**
 * Ends the attempt. Asking again after an answer that was lost is answered the same. Throws MillraceError
 * `attempt.refused` where it is over already, `artifact.notStored` where a blob that it leaves is not there, `grant.invalid`
 * where it is another's.
 */
export async function finishTask(
  calls: TaskCalls,
  shown: ShownToken,
  request: FinishTaskRequest,
): Promise<{ state: "accepted" }> {
  const { run } = shown;
  const token = await readToken(calls, shown);
  const mine = token.claims;
  const { step, index, attempt } = mine;
  const lineage = await calls.lineageOf(mine.graph);
  const end = { step, index, attempt, at: calls.now(), ...leavings(lineage, mine, request) };
  const pages = (end.controls ?? []).flatMap(({ value }) => (value.type === "foreach" ? value.pages : []));
  const hashes = [...new Set([...hashesOf(request.own ?? {}), ...pages])];
  await checkLeftBlobs(calls.blobs, token, { hashes, shown: request.blobs ?? [], where: { flow: run.flow, step } });
  const [answer] = await calls.ledger.finishAttempts(run, [end]);
  if (answer === "accepted") return { state: "accepted" };
  const [task] = await calls.ledger.readTasks(run, [mine]);
  if (task && isSameEnd(task, end)) return { state: "accepted" };
  throw new MillraceError("attempt.refused", `Attempt ${attempt} of ${step}/${index} is over: ${why(task, attempt)}`, {
    where: { flow: run.flow, step },
  });
}

type Leavings = Pick<FinishTaskRequest, "status" | "error" | "log" | "caught" | "controls"> & {
  readonly manifest?: Manifest;
};

function leavings(
  lineage: Lineage,
  { step, index, base: digest }: AttemptKey & { base: string },
  { status, base = {}, own, controls = [], caught, error, log }: FinishTaskRequest,
): Leavings {
  const report = { status, ...(error && { error }), ...(log && { log }) };
  const where = { flow: lineage.graph.name, step };
  if (caught && !(status === "failed" && lineage.steps.get(step)!.node.options.catch === true))
    throw new MillraceError("task.notCaught", "its failures are not caught", { where });
  if (status !== "succeeded" && !caught) return report;
  if (!own) throw new MillraceError("task.noArtifacts", "it says nothing of what it leaves", { where });
  if (digestOf(base) !== digest)
    throw new MillraceError("task.otherBase", "it says that it began with what it did not begin with", { where });
  checkControls(lineage, { step, index }, controls);
  return { ...report, ...(caught && { caught }), manifest: { ...base, ...own }, controls };
}

function isSameEnd(task: Attempt, { attempt, status, manifest }: Leavings & Pick<AttemptKey, "attempt">): boolean {
  if (task.attempt !== attempt || task.status !== status) return false;
  if (!manifest || !task.manifest) return !manifest && !task.manifest;
  return digestOf(task.manifest) === digestOf(manifest);
}

function why(task: Attempt | undefined, attempt: number): string {
  if (!task) return "nobody knows it";
  return task.attempt > attempt ? `attempt ${task.attempt} took its place` : `it ended as ${task.status} before`;
}
