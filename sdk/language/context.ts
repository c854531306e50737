/**
 * What a handler knows besides its artifacts.
 *
 * `Parameters` is the type of the run's parameters, after validation.
 */
export interface Context<Parameters = Readonly<Record<string, unknown>>> {
  readonly flow: string;
  /** The run's number within its flow, from 1. */
  readonly run: number;
  readonly step: string;
  /** This task's pathspec, `Flow/run/step/index`: the same for every attempt. */
  readonly task: string;
  /** The places in the enclosing foreach and the rounds of the enclosing loops, outermost first; empty outside of any. */
  readonly index: readonly number[];
  /** From 1; greater after a retry. */
  readonly attempt: number;
  /** Aborted when the attempt's time is up or the run is stopped. */
  readonly signal: AbortSignal;
  readonly parameters: Parameters;
  readonly tags: readonly string[];
}

/** A step's program: artifacts in, new artifacts out (or none). What it returns is visible to every later step. */
export type Handler<Artifacts, Returned, Parameters> = (
  artifacts: Artifacts,
  context: Context<Parameters>,
) => Returned | Promise<Returned>;

/** A join's program: what each branch left, and the artifacts from before the split. */
export type JoinHandler<Joined, Artifacts, Returned, Parameters> = (
  branches: Joined,
  artifacts: Artifacts,
  context: Context<Parameters>,
) => Returned | Promise<Returned>;

/**
 * The artifacts that each turn of a foreach left, in the order of its elements. Reading is lazy: a branch's artifact
 * is loaded when it is touched.
 */
export interface Branches<Artifacts> extends Iterable<Artifacts> {
  readonly length: number;
  /** Counts from the end when negative, like an array's. */
  at(index: number): Artifacts | undefined;
  map<Result>(visit: (branch: Artifacts, index: number) => Result): Result[];
  /** One artifact of every branch. */
  pluck<Name extends keyof Artifacts>(name: Name): Artifacts[Name][];
}
