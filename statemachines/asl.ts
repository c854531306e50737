import type { Json, JsonObject } from "../graph/graph.ts";

/**
 * A state machine of the Amazon States Language in JSONPath mode, as plain JSON. What the compiler makes, what the
 * emulator interprets and what Step Functions takes as a definition. https://states-language.net/spec.html
 */
export interface StateMachine extends StateMap {
  readonly QueryLanguage?: "JSONPath";
  readonly Version?: "1.0";
  /** The whole execution may take no longer. */
  readonly TimeoutSeconds?: number;
}

/** States and where to start: a machine, a Parallel state's branch, a Map state's body. */
export interface StateMap {
  readonly Comment?: string;
  readonly StartAt: string;
  readonly States: Readonly<Record<string, State>>;
}

export type State =
  | TaskState
  | PassState
  | WaitState
  | ChoiceState
  | ParallelState
  | MapState
  | SucceedState
  | FailState;

export interface TaskState extends StateBase, InputOutput, Template, Result, ErrorHandling, Transition {
  readonly Type: "Task";
  /** What to call, such as `arn:aws:states:::batch:submitJob.sync`. */
  readonly Resource: string;
  readonly TimeoutSeconds?: number;
  readonly TimeoutSecondsPath?: Path;
  readonly HeartbeatSeconds?: number;
  readonly HeartbeatSecondsPath?: Path;
  readonly Credentials?: PayloadTemplate;
}

export interface PassState extends StateBase, InputOutput, Template, Transition, Assigning {
  readonly Type: "Pass";
  /** The state's result; without it the state's input is. */
  readonly Result?: Json;
  readonly ResultPath?: Path | null;
}

/** Exactly one of the four says how long. */
export interface WaitState extends StateBase, InputOutput, Transition, Assigning {
  readonly Type: "Wait";
  readonly Seconds?: number;
  readonly SecondsPath?: Path;
  /** RFC 3339, such as `2026-03-14T01:59:00Z`. */
  readonly Timestamp?: string;
  readonly TimestampPath?: Path;
}

export interface ChoiceState extends StateBase, InputOutput, Assigning {
  readonly Type: "Choice";
  readonly Choices: readonly ChoiceRule[];
  readonly Default?: string;
}

export interface ParallelState extends StateBase, InputOutput, Template, Result, ErrorHandling, Transition {
  readonly Type: "Parallel";
  readonly Branches: readonly StateMap[];
}

export interface MapState extends StateBase, InputOutput, Result, ErrorHandling, Transition {
  readonly Type: "Map";
  readonly ItemProcessor?: ItemProcessor;
  /** The older name of ItemProcessor. */
  readonly Iterator?: ItemProcessor;
  /** Each iteration's input; `$` is the state's input, the item is `$$.Map.Item.Value`. */
  readonly ItemSelector?: PayloadTemplate;
  /** The older name of ItemSelector. */
  readonly Parameters?: PayloadTemplate;
  readonly ItemsPath?: Path;
  readonly MaxConcurrency?: number;
  readonly MaxConcurrencyPath?: Path;
  readonly Label?: string;
  readonly ItemReader?: ItemReader;
  readonly ItemBatcher?: ItemBatcher;
  readonly ResultWriter?: JsonObject;
  readonly ToleratedFailureCount?: number;
  readonly ToleratedFailureCountPath?: Path;
  readonly ToleratedFailurePercentage?: number;
  readonly ToleratedFailurePercentagePath?: Path;
}

export interface SucceedState extends StateBase, InputOutput {
  readonly Type: "Succeed";
}

export interface FailState extends StateBase {
  readonly Type: "Fail";
  readonly Error?: string;
  readonly ErrorPath?: string;
  readonly Cause?: string;
  readonly CausePath?: string;
}

export interface ItemProcessor extends StateMap {
  readonly ProcessorConfig?: ProcessorConfig;
}

export type ProcessorConfig =
  | { readonly Mode?: "INLINE" }
  | { readonly Mode: "DISTRIBUTED"; readonly ExecutionType: "STANDARD" | "EXPRESS" };

/** Where a distributed Map finds its items: an object in S3, or a listing of objects. */
export interface ItemReader {
  readonly Resource: string;
  readonly Parameters?: PayloadTemplate;
  readonly ReaderConfig?: {
    readonly InputType?: "JSON" | "JSONL" | "CSV" | "MANIFEST";
    readonly CSVHeaderLocation?: "FIRST_ROW" | "GIVEN";
    readonly CSVHeaders?: readonly string[];
    readonly CSVDelimiter?: "COMMA" | "PIPE" | "SEMICOLON" | "SPACE" | "TAB";
    readonly MaxItems?: number;
    readonly MaxItemsPath?: Path;
  };
}

/** Gives a distributed Map's children several items at once, as `{ Items, BatchInput }`. */
export interface ItemBatcher {
  readonly BatchInput?: PayloadTemplate;
  readonly MaxItemsPerBatch?: number;
  readonly MaxItemsPerBatchPath?: Path;
  readonly MaxInputBytesPerBatch?: number;
  readonly MaxInputBytesPerBatchPath?: Path;
}

export interface Retrier {
  readonly ErrorEquals: readonly string[];
  /** 1 by default. */
  readonly IntervalSeconds?: number;
  /** Retries after the first attempt; 3 by default, 0 for none. */
  readonly MaxAttempts?: number;
  /** What each wait is multiplied by to get the next; 2 by default. */
  readonly BackoffRate?: number;
  readonly MaxDelaySeconds?: number;
  readonly JitterStrategy?: "FULL" | "NONE";
}

export interface Catcher extends Assigning {
  readonly ErrorEquals: readonly string[];
  /** Where `{ Error, Cause }` goes in the state's input. */
  readonly ResultPath?: Path | null;
  readonly Next: string;
}

/** A rule at the top of a Choice state: a test and where to go; it may also be Assigning. */
export type ChoiceRule = ChoiceTest & { readonly Next: string };

export type ChoiceTest = DataTest | AndTest | OrTest | NotTest;

interface AndTest {
  readonly And: readonly ChoiceTest[];
}
interface OrTest {
  readonly Or: readonly ChoiceTest[];
}
interface NotTest {
  readonly Not: ChoiceTest;
}

/** One comparison of the value at `Variable`: exactly one operator. */
export interface DataTest
  extends Comparison<"String", string>, Comparison<"Numeric", number>, Comparison<"Timestamp", string> {
  readonly Variable: Path;
  readonly BooleanEquals?: boolean;
  readonly BooleanEqualsPath?: Path;
  /** `*` stands for any text; `\*` is a star, `\\` a backslash. */
  readonly StringMatches?: string;
  readonly IsNull?: boolean;
  readonly IsPresent?: boolean;
  readonly IsNumeric?: boolean;
  readonly IsString?: boolean;
  readonly IsBoolean?: boolean;
  readonly IsTimestamp?: boolean;
}

type Order = "Equals" | "LessThan" | "LessThanEquals" | "GreaterThan" | "GreaterThanEquals";
type Comparison<Kind extends string, Value> = {
  readonly [Operator in `${Kind}${Order}`]?: Value;
} & { readonly [Operator in `${Kind}${Order}Path`]?: Path };

/**
 * A JSONPath over the state's input (`$.a.b`), with `$$` over the context object (`$$.Execution.Name`), with a name over a
 * variable (`$order.id`).
 */
type Path = string;

/** JSON in which a field whose name ends in `.$` has a path or an intrinsic function for its value. */
type PayloadTemplate = Json;

export interface Assigning {
  /** Variables that later states read as `$name`; `$` in it is the state's result. */
  readonly Assign?: PayloadTemplate;
}

interface StateBase {
  readonly Comment?: string;
  readonly QueryLanguage?: "JSONPath";
}

/** What of its input a state sees and what of its output it hands on; null stands for `{}`. */
export interface InputOutput {
  readonly InputPath?: Path | null;
  readonly OutputPath?: Path | null;
}

export interface Template {
  readonly Parameters?: PayloadTemplate;
}

/** What becomes of a state's result: reshaped, then put into the state's input at ResultPath (null drops it). */
export interface Result extends Assigning {
  readonly ResultSelector?: PayloadTemplate;
  readonly ResultPath?: Path | null;
}

export interface ErrorHandling {
  readonly Retry?: readonly Retrier[];
  readonly Catch?: readonly Catcher[];
}

/** Either of the two. */
export interface Transition {
  readonly Next?: string;
  readonly End?: true;
}
