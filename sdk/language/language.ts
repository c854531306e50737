import type { StandardSchemaV1 } from "@standard-schema/spec";
import type { Graph, Schedule, StepOptions } from "../../graph/graph.ts";
import type {
  After,
  AfterCases,
  AfterRounds,
  CaseOf,
  Element,
  Enumerables,
  Given,
  Iterables,
  Merge,
  None,
  Results,
  Shared,
  Simplify,
  Switchables,
  UnionToIntersection,
} from "./artifacts.ts";
import type { Branches, Handler, JoinHandler } from "./context.ts";

/** A flow's parameters by name, each with its validator: any Standard Schema. */
export type ParameterSchemas = Readonly<Record<string, StandardSchemaV1>>;

/** What the parameters are once validated: the artifacts that a run begins with. */
export type ParameterValues<P> = {
  -readonly [K in keyof P]: P[K] extends StandardSchemaV1 ? StandardSchemaV1.InferOutput<P[K]> : never;
};

export interface FlowOptions<P extends ParameterSchemas> {
  readonly description?: string;
  readonly params?: P;
  /** When it runs by itself once deployed: `"cron(0 6 * * ? *)"`, `"rate(1 hour)"`, an object that says more, or several. */
  readonly schedule?: string | FlowSchedule<P> | readonly (string | FlowSchedule<P>)[];
  /** Options of every step that does not say otherwise; `env` and `secrets` add up. */
  readonly defaults?: Omit<StepOptions, "catch">;
}

/** One of a flow's schedules. Every word of it is data: see `Schedule` for what each means. */
export type FlowSchedule<P extends ParameterSchemas> = OneTime &
  Omit<Schedule, keyof OneTime | "input"> & {
    /** Parameters of the runs that it starts; those that the flow requires must be there. */
    readonly input?: NoInfer<ParameterInput<P>>;
  };
type OneTime =
  | { readonly cron: string; readonly rate?: never; readonly at?: never }
  | { readonly rate: string; readonly cron?: never; readonly at?: never }
  | { readonly at: string; readonly cron?: never; readonly rate?: never };

/** A step's options; `C` tells the types whether it may have failed. */
interface OptionsOf<C extends boolean> extends StepOptions {
  readonly catch?: C;
}

export interface ForeachOptions<As extends string> {
  /** Names the artifact that holds the element inside the body. */
  readonly as: As;
  /** How many turns may run at a time; without it as many as there is room for. */
  readonly concurrency?: number;
}

/** A step's name, unless it is taken. Names that are not known before the flow is built are checked with its graph. */
type NewStep<S, N extends string> = string extends keyof S
  ? N
  : N extends keyof S
    ? `step "${N}" is declared twice`
    : N;

/** The artifact that a loop looks at, if it is a boolean that the body leaves. */
type Condition<A, B, K extends string> = unknown extends B
  ? K
  : K extends keyof B
    ? B[K] extends boolean
      ? [Changed<A, B>] extends [never]
        ? K
        : `the loop changes the type of artifact "${Changed<A, B>}"`
      : `artifact "${K}" is not a boolean`
    : `the loop's body leaves no artifact "${K}"`;
/** Artifacts that a second round would see with a type other than the first. */
type Changed<A, B> = { [K in keyof A & keyof B]: B[K] extends A[K] ? never : K }[keyof A & keyof B] & string;

declare const types: unique symbol;

/** What a body has to return: a flow, of which only the artifacts at its end and the steps matter. */
interface Built<A, S> {
  readonly [types]: { readonly artifacts: A; readonly steps: S };
}

/**
 * A flow: steps in order, each a name and a handler, each seeing the artifacts of those before it. A plain immutable
 * value: every method returns another flow and leaves this one as it was.
 *
 * `A` is the type of the artifacts at its end, `S` of those after each step, `P` the validators of its parameters.
 */
export interface Flow<A = None, S = None, P extends ParameterSchemas = None> {
  readonly [types]: { readonly artifacts: A; readonly steps: S; readonly parameters: P };
  readonly name: string;
  /** The flow as JSON, computed when it is first asked for. */
  readonly graph: Graph;

  step<N extends string, R extends Results | void>(
    name: NewStep<S, N>,
    handler: Handler<A, R, ParameterValues<P>>,
  ): Flow<After<A, Given<R>>, S & Record<N, After<A, Given<R>>>, P>;
  step<N extends string, R extends Results | void, C extends boolean = false>(
    name: NewStep<S, N>,
    options: OptionsOf<C>,
    handler: Handler<A, R, ParameterValues<P>>,
  ): Flow<After<A, Given<R>, C>, S & Record<N, After<A, Given<R>, C>>, P>;

  /** Runs the body once for each element of an artifact, side by side; `.join` brings the turns together. */
  foreach<K extends Iterables<A>, const As extends string, B, BS>(
    over: K,
    options: ForeachOptions<As>,
    body: (each: Flow<Simplify<Merge<A, Record<As, Element<A[K]>>>>, S, P>) => Built<B, BS>,
  ): Split<A, Branches<B>, S & BS, P>;

  /** Runs every branch, side by side; `.join` brings them together. */
  branch<const M extends Bodies<A, S, P>>(
    branches: M,
  ): Declared<M, S, Split<A, { readonly [K in keyof M]: FinalOf<ReturnType<M[K]>> }, StepsIn<M, S>, P>>;

  /**
   * Runs the one case that a string or boolean artifact names; the cases of a boolean are `true` and `false`. Every
   * value needs its case, unless `otherwise` is given. A case may be empty: `(s) => s`.
   */
  switch<K extends Enumerables<A>, const M extends { [C in CaseOf<A[K]>]: Body<A, S, P> }>(
    on: K,
    cases: M,
  ): Declared<M, S, Flow<Either<A, ReturnType<M[keyof M]>>, StepsIn<M, S>, P>>;
  switch<
    K extends Switchables<A>,
    const M extends { [C in CaseOf<A[K]>]?: Body<A, S, P> },
    O extends Built<unknown, unknown>,
  >(
    on: K,
    cases: M,
    otherwise: (s: Flow<A, S, P>) => O,
  ): Declared<
    M & { otherwise: () => O },
    S,
    Flow<Either<A, O | ReturnType<M[keyof M] & {}>>, StepsIn<M & { otherwise: () => O }, S>, P>
  >;

  /** Runs the body, then again for as long as the boolean artifact `while` is true, `max` rounds at most. */
  loop<K extends string, B, BS>(
    options: { readonly while: Condition<A, B, K>; readonly max: number },
    body: (round: Flow<A, S, P>) => Built<B, BS>,
  ): Flow<AfterRounds<A, B>, S & BS, P>;
}

/** A foreach or a branch that waits for its join. */
export interface Split<A, B, S, P extends ParameterSchemas> {
  join<N extends string, R extends Results | void>(
    name: NewStep<S, N>,
    handler: JoinHandler<B, A, R, ParameterValues<P>>,
  ): Flow<After<A, Given<R>>, S & Record<N, After<A, Given<R>>>, P>;
  join<N extends string, R extends Results | void, C extends boolean = false>(
    name: NewStep<S, N>,
    options: OptionsOf<C>,
    handler: JoinHandler<B, A, R, ParameterValues<P>>,
  ): Flow<After<A, Given<R>, C>, S & Record<N, After<A, Given<R>, C>>, P>;
}

/** Any flow, whatever its types. */
export type AnyFlow = Flow<any, any, any>;

type Body<A, S, P extends ParameterSchemas> = (part: Flow<A, S, P>) => Built<unknown, unknown>;
type Bodies<A, S, P extends ParameterSchemas> = Readonly<Record<string, Body<A, S, P>>>;

type FinalOf<F> = F extends Built<infer A, unknown> ? A : never;
type StepRecord<F> = F extends Built<unknown, infer S> ? S : never;

/** The artifacts after a switch: those from before it, and what each of its bodies `F` leaves. */
type Either<A, F> = AfterCases<A, Shared<FinalOf<F>>>;

/** The steps of several bodies that stand side by side, and of what was before them. */
type StepsIn<M, S> = S & UnionToIntersection<StepRecord<ReturnsOf<M[keyof M]>>>;
type ReturnsOf<B> = B extends (...inputs: never) => infer F ? F : never;

/** Steps that more than one body declares. */
type Twice<M, S> = {
  [K in keyof M]: Own<M[K], S> & { [L in keyof M]: L extends K ? never : Own<M[L], S> }[keyof M];
}[keyof M];
/** Steps that a body adds, if they are known by name before the flow is built. */
type Own<B, S> =
  StepRecord<ReturnsOf<B>> extends infer R ? (string extends keyof R ? never : Exclude<keyof R, keyof S>) : never;

/** `Next`, unless bodies that stand side by side declare a step twice. */
type Declared<M, S, Next> = [Twice<M, S>] extends [never] ? Next : DeclaredTwice<Twice<M, S> & string>;

/** What a branch or a switch is whose bodies share a step's name: nothing that can go on. */
interface DeclaredTwice<N extends string> {
  readonly mistake: `step "${N}" is declared twice`;
}

/** The names of all steps of a flow. */
export type StepsOf<F extends AnyFlow> = F extends Flow<any, infer S, any> ? keyof S & string : never;

/** The artifacts after a step of a flow; without a step, those at its end. */
export type ArtifactsOf<F extends AnyFlow, N extends StepsOf<F> = never> =
  F extends Flow<infer A, infer S, any> ? ([N] extends [never] ? Simplify<A> : Simplify<S[N & keyof S]>) : never;

/** What a caller may give a flow: its parameters before validation, those with a default optional. */
export type ParametersOf<F extends AnyFlow> = F extends Flow<any, any, infer P> ? ParameterInput<P> : never;

type ParameterInput<P> = Simplify<
  { -readonly [K in keyof P as undefined extends InputOf<P[K]> ? never : K]: InputOf<P[K]> } & {
    -readonly [K in keyof P as undefined extends InputOf<P[K]> ? K : never]?: InputOf<P[K]>;
  }
>;
type InputOf<T> = T extends StandardSchemaV1 ? StandardSchemaV1.InferInput<T> : never;
