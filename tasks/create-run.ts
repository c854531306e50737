import type { Graph } from "../graph/graph.ts";
import type { BlobStore } from "../store/blobs/blobs.ts";
import { createHash, randomBytes } from "node:crypto";
import type { Control } from "../graph/control-value.ts";
import type { Ledger, Owner, Run, RunPrincipals } from "../store/ledger/ledger.ts";
import type { Manifest } from "../store/artifacts/manifest.ts";

/** What a run is made from: the flow as data, the code that runs it, and the parameters, checked and packed. */
export interface RunRequest {
  readonly graph: Graph;
  readonly codePackage: string;
  readonly parameters: Manifest;
  /** The control values that the flow's beginning asks for. */
  readonly controls: readonly Control[];
  readonly namespace: string;
  readonly user: string;
  readonly tags: readonly string[];
  readonly owner?: Owner;
  readonly principals?: RunPrincipals;
}

/** Where a run and what belongs to it are kept. */
export interface RunStore {
  readonly ledger: Ledger;
  readonly blobs: BlobStore;
}

/** A run that was just made, and its secret, which whoever carries it out begins its tasks with. */
export interface BegunRun {
  readonly run: Run;
  readonly secret: string;
}

/** So long that nobody guesses it. */
const SECRET_BYTES = 32;

/** Records a new run; the graph is kept with it, so that it can be read for as long as the run is. */
export async function beginRun({ ledger, blobs }: RunStore, request: RunRequest, now: number): Promise<BegunRun> {
  const { graph, ...rest } = request;
  const bytes = Buffer.from(JSON.stringify(graph));
  const hash = createHash("sha256").update(bytes).digest("hex");
  if (!(await blobs.has(hash))) await blobs.write(hash, [bytes]);
  const secret = randomBytes(SECRET_BYTES).toString("base64url");
  return { run: await ledger.createRun({ ...rest, flow: graph.name, graph: hash, createdAt: now, secret }), secret };
}
