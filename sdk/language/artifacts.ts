/**
 * The algebra of artifacts: how the types that a step sees are made from what the steps before it returned.
 * Types alone; nothing here exists when a flow runs.
 */

/** What a handler may return: an object of artifacts by name; no array, set, map or promise of a value. */
export type Results = object & { readonly [Symbol.iterator]?: never; readonly then?: never };

/** The failure of a step that has `catch: true`, as the artifact `failure`. */
export interface Failure {
  readonly name: string;
  readonly message: string;
}

/** Neither more nor less than `{}`: no artifact, no step, no parameter. */
export type None = {};

export type Simplify<T> = { [K in keyof T]: T[K] } & {};

type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;

/** `A` overwritten by `B`. Where nothing changes its type the intersection is enough, and much the cheaper. */
export type Merge<A, B> =
  Same<Pick<A, keyof A & keyof B>, Pick<B, keyof A & keyof B>> extends true ? A & B : Omit<A, keyof B> & B;

type EveryKey<U> = U extends unknown ? keyof U : never;
type ValueAt<U, K extends PropertyKey> = U extends unknown ? (K extends keyof U ? U[K] : never) : never;

/** One object for a union of them: a key that some of them lack is optional. */
type Joined<U> = [EveryKey<U>] extends [keyof U]
  ? Pick<U, keyof U>
  : Simplify<Pick<U, keyof U> & { [K in Exclude<EveryKey<U>, keyof U>]?: ValueAt<U, K> }>;

/** The artifacts that a handler's (awaited) result gives: nothing for nothing. */
export type Given<R> = Joined<R extends void | undefined ? None : R>;

/** `A` after a step that may have failed: what it returns may be missing, and `failure` says whether it did. */
type Caught<A, G> = { [K in keyof G & keyof A]: A[K] | G[K] } & {
  [K in Exclude<keyof G, keyof A>]?: G[K];
} & {
  failure: Failure | undefined;
};

/** `A` after a step that gave `G`; `C` is its option `catch`. */
export type After<A, G, C extends boolean = false> = Merge<A, [C] extends [false] ? G : Caught<A, G>>;

/** What is left of a union of artifacts whichever member it was: the shared names. */
export type Shared<U> = Pick<U, keyof U>;

/**
 * `A` after the cases of a switch, all of which leave `B`. Written so that a flow of many switches stays cheap: what no
 * case changes keeps its very type, and nothing refers to the history of a type by an alias, of which the compiler would
 * follow every path.
 */
export type AfterCases<A, B> =
  false extends Unchanged<A, B>
    ? Flat<{ [K in keyof A]: K extends keyof B ? B[K] : A[K] } & Fresh<A, B>>
    : A & Fresh<A, B>;
type Unchanged<A, B> = { [K in keyof A & keyof B]: Same<A[K], B[K]> }[keyof A & keyof B];
type Fresh<A, B> = B extends infer X ? { [K in keyof X as K extends keyof A ? never : K]: X[K] } : never;
type Flat<T> = T extends infer X ? { [K in keyof X]: X[K] } : never;

/** `A` after the rounds of a loop, whose body leaves `B`: `B` itself, unless the body was written for fewer artifacts. */
export type AfterRounds<A, B> = [keyof A] extends [keyof B] ? B : Merge<A, B>;

/** Names of the artifacts that a foreach can go over. */
export type Iterables<A> = {
  [K in keyof A]-?: A[K] extends string ? never : A[K] extends Iterable<unknown> ? K : never;
}[keyof A] &
  string;

export type Element<T> = T extends Iterable<infer E> ? E : never;

/** Names of the artifacts that a switch can look at. */
export type Switchables<A> = {
  [K in keyof A]-?: A[K] extends string | boolean ? K : never;
}[keyof A] &
  string;

/** Those of them whose values can be counted, so that every one can have its case. */
export type Enumerables<A> = {
  [K in Switchables<A>]: string extends A[K] ? never : K;
}[Switchables<A>];

/** The cases of a value: its own texts, or `true` and `false`. */
export type CaseOf<V> = V extends boolean ? `${V}` : V & string;

export type UnionToIntersection<U> = (U extends unknown ? (x: U) => void : never) extends (x: infer I) => void
  ? I
  : never;
