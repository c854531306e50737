/**
 * A flow as plain data: what the builder makes, the checks read and the compiler turns into a state machine.
 * It is JSON through and through; `graphSchema` in schema.ts validates it.
 */
export interface Graph {
  readonly version: 1;
  /** Letters, digits, `_` and `-`, at most 60 characters. */
  readonly name: string;
  readonly description?: string;
  readonly parameters: Readonly<Record<string, GraphParameter>>;
  /** As its author wrote it; `schedulesOf` in schedule.ts reads it. */
  readonly schedule?: string | Schedule | readonly (string | Schedule)[];
  readonly body: readonly GraphNode[];
}

/** A time at which the flow starts by itself once deployed, over and over or once: one of `cron`, `rate` and `at`. */
export interface Schedule {
  /** Amazon EventBridge Scheduler's six fields: minutes, hours, day of month, month, day of week, year; `"0 6 * * ? *"`. */
  readonly cron?: string;
  /** `"5 minutes"`, `"1 hour"`, `"2 days"`. */
  readonly rate?: string;
  /** Once: `"2027-01-31T06:00:00"`, by the clocks of the time zone. */
  readonly at?: string;
  /** A name such as `"Europe/Berlin"`, by whose clocks `cron` and `at` go; UTC by default. */
  readonly timezone?: string;
  /** Nothing starts before: ISO 8601 with its offset, such as `"2027-01-01T00:00:00Z"`. */
  readonly startAt?: string;
  /** Nothing starts after. */
  readonly endAt?: string;
  /** A run may start so much later, such as `"15m"`: whole minutes, at most a day. */
  readonly jitter?: string;
  /** Parameters of the runs that it starts. */
  readonly input?: JsonObject;
}

/** A parameter of the flow; its validator stays with the flow's code, this is what can be told of it as data. */
export interface GraphParameter {
  readonly required: boolean;
  readonly description?: string;
  /** JSON Schema (draft 2020-12) of what a caller may give, where the validator can say it. */
  readonly schema?: JsonObject;
}

export type GraphNode = StepNode | ForeachNode | BranchNode | SwitchNode | LoopNode;

export interface StepNode {
  readonly type: "step";
  readonly name: string;
  /** The step's own options over the flow's defaults, as their author wrote them. */
  readonly options: StepOptions;
}

/** Runs `body` once for each element of the artifact `over`, then `join` once. Known by its join's name. */
export interface ForeachNode {
  readonly type: "foreach";
  readonly over: string;
  /** The artifact that holds the element inside the body. */
  readonly as: string;
  readonly concurrency?: number;
  readonly body: readonly GraphNode[];
  readonly join: StepNode;
}

/** Runs every branch, then `join` once. Known by its join's name. */
export interface BranchNode {
  readonly type: "branch";
  readonly branches: readonly { readonly name: string; readonly body: readonly GraphNode[] }[];
  readonly join: StepNode;
}

/** Runs the one body whose value the artifact `on` has; an empty body runs nothing. Booleans are "true" and "false". */
export interface SwitchNode {
  readonly type: "switch";
  /** `switch.1`, `switch.2` … in the order of the text; unique in the flow and never a step's name (it has a dot). */
  readonly id: string;
  readonly on: string;
  readonly cases: readonly { readonly value: string; readonly body: readonly GraphNode[] }[];
  /** What runs where no case fits; without it such a value is an error. */
  readonly otherwise?: readonly GraphNode[];
}

/** What the ledger and the machine call the way of a switch's `otherwise`; no case may have this value. */
export const OTHERWISE = "(otherwise)";

/** Runs `body`, then again while the boolean artifact `while` is true, `max` rounds at most; then the flow goes on. */
export interface LoopNode {
  readonly type: "loop";
  /** `loop.1`, `loop.2` … in the order of the text. */
  readonly id: string;
  readonly while: string;
  readonly max: number;
  readonly body: readonly GraphNode[];
}

/** What a step asks of the place it runs in and of those who run it. Plain data. */
export interface StepOptions {
  /** How often to try again after a failure: a number of retries, or how. At most 9 (AWS Batch allows 10 attempts a job). */
  readonly retry?: number | RetryOptions;
  /** `"90s"`, `"15m"`, `"24h"`: an attempt that takes longer is stopped and has failed. */
  readonly timeout?: string;
  /** The failure becomes the artifact `failure` and the flow goes on, once the retries are used up. */
  readonly catch?: boolean;
  /** Where the step runs once the flow is in an account; offline every step is a local process. */
  readonly compute?: Compute;
  /** Virtual CPUs: 0.25, 0.5, 1, 2, 4, 8, 16 and so on. */
  readonly cpu?: number;
  /** `"512MiB"`, `"4GiB"`. */
  readonly memory?: string;
  /** Whole GPUs. */
  readonly gpu?: number;
  /** A container image, such as `"node:22"`. */
  readonly image?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Environment variable → reference (ARN or name) of a secret or parameter; never its value. */
  readonly secrets?: Readonly<Record<string, string>>;
}

export interface RetryOptions {
  /** Retries after the first attempt. */
  readonly attempts: number;
  /** Wait before the first retry, such as `"10s"`; each further wait is twice as long unless `rate` says otherwise. */
  readonly backoff?: string;
  /** What each wait is multiplied by to get the next; 2 by default. */
  readonly rate?: number;
  /** No wait is longer than this, such as `"5m"`. */
  readonly maxDelay?: string;
  /** Full jitter: wait a random part of the time. */
  readonly jitter?: boolean;
}

export type Compute = "local" | "lambda" | "batch";

export type Json = string | number | boolean | null | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}
