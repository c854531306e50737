import { openMemoryBlobs } from "../store/blobs/memory.ts";
import { openSqliteLedger } from "../store/ledger/sqlite/sqlite-ledger.ts";
import { packOutcome } from "../tasks/outcome.ts";
import { runInWorld } from "../engine/run-loop.ts";
import { InProcessWorker } from "../emulator/in-process-worker.ts";
import { localFlow } from "../emulator/local/flow.ts";
import { localWorld } from "../emulator/local/world.ts";
import { definitionOf } from "./language/definition.ts";
import type { AnyFlow, ArtifactsOf, ParametersOf, StepsOf } from "./language/language.ts";
import type { Context } from "./language/context.ts";
import { assertGraph } from "../graph/check.ts";
import { lineageOf } from "../graph/lineage.ts";
import { parseParameters } from "./language/parameters.ts";
import { readTaskResults, type FlowResult } from "./client/results.ts";

export type { FlowResult, TaskResult } from "./client/results.ts";

export interface TestOptions {
  readonly tags?: readonly string[];
  /** How many tasks run at the same time; 8 unless given. */
  readonly concurrency?: number;
  readonly signal?: AbortSignal;
}

/**
 * Runs a whole flow in this process, with no disk and no other process, for its author's own tests. It is compiled and
 * executed like any run, so retries, catch, timeouts and checks are those of a real one; what every task left can be
 * read afterwards. Resolves however the run ends; throws MillraceError for a flow or parameters that cannot begin.
 *
 *     const result = await testFlow(stats, { top: 3 });
 *     expect(result.status).toBe("succeeded");
 *     expect(result.artifacts("end").table).toHaveLength(3);
 */
export async function testFlow<F extends AnyFlow>(
  flow: F,
  ...[parameters, options = {}]: Record<string, never> extends ParametersOf<F>
    ? [parameters?: ParametersOf<F>, options?: TestOptions]
    : [parameters: ParametersOf<F>, options?: TestOptions]
): Promise<FlowResult<F>> {
  const definition = definitionOf(flow);
  const { graph } = definition;
  assertGraph(graph, definition.sourceOf);
  const values = await parseParameters(definition, { ...(parameters as object | undefined) });
  const ledger = await openSqliteLedger(":memory:");
  const blobs = openMemoryBlobs();
  const store = { read: blobs.readSync, write: blobs.writeSync };
  const lineage = lineageOf(graph);
  const { own, controls } = packOutcome({ lineage, after: undefined, index: [], before: {}, values }, store);
  try {
    const world = localWorld({
      graph,
      exportName: "default",
      codePackage: "",
      parameters: own,
      controls,
      namespace: "user:test",
      user: "test",
      tags: options.tags ?? [],
      ledger,
      blobs,
      maxWorkers: options.concurrency ?? 8,
      isolate: false,
      startWorker: () => new InProcessWorker(definition, store),
    });
    const result = await runInWorld(world, localFlow(graph), { signal: options.signal });
    return await readTaskResults<F>({ ledger, read: blobs.readSync }, result, graph);
  } finally {
    await ledger.close();
  }
}

/**
 * Calls one step's handler with the artifacts that it is given, and answers what it returns. A join takes its branches
 * first, as its handler does.
 *
 *     const { median } = await callStep(stats, "compute", { genre: "drama", movies });
 */
export async function callStep<F extends AnyFlow, N extends StepsOf<F>>(
  flow: F,
  step: N,
  ...inputs:
    | [artifacts: object, context?: Partial<Context>]
    | [branches: object, artifacts: object, context?: Partial<Context>]
): Promise<Partial<ArtifactsOf<F, N>>> {
  const { graph, handlers } = definitionOf(flow);
  const handler = handlers.get(step);
  const place = lineageOf(graph).steps.get(step);
  if (!handler || !place) throw new TypeError(`flow ${graph.name} has no step ${step}`);
  const count = place.joins ? 2 : 1;
  const taken = inputs.slice(0, count);
  const context = {
    flow: graph.name,
    run: 1,
    step,
    task: `${graph.name}/1/${step}/0`,
    index: [],
    attempt: 1,
    signal: new AbortController().signal,
    parameters: {},
    tags: [],
    ...(inputs[count] as Partial<Context> | undefined),
  };
  return ((await handler(...taken, context)) ?? {}) as Partial<ArtifactsOf<F, N>>;
}
