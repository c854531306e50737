import type { Json, JsonObject } from "../../graph/graph.ts";
import type { State } from "../../statemachines/asl.ts";
import type { HistoryEvent, StateEventDetail } from "./history.ts";
import { isObject } from "./jsonpath.ts";
import { parseResource } from "./resource.ts";

interface Payload {
  /** JSON, as text. */
  readonly input?: string;
  readonly inputDetails?: { readonly truncated: boolean };
}

interface Result {
  /** JSON, as text. */
  readonly output?: string;
  readonly outputDetails?: { readonly truncated: boolean };
}

interface Failure {
  readonly error?: string;
  readonly cause?: string;
}

/** `arn:aws:states:::sqs:sendMessage.sync` has the type `sqs` and the resource `sendMessage.sync`. */
interface Service {
  readonly resourceType: string;
  readonly resource: string;
}

interface Credentials {
  readonly taskCredentials?: { readonly roleArn?: string };
}

interface Iteration {
  readonly name: string;
  readonly index: number;
}

/**
 * What each type of event has to say, under the names that Step Functions gives it. Source: AWS Step Functions API
 * reference, HistoryEvent.
 */
export interface EventDetails {
  readonly executionStartedEventDetails?: Payload & { readonly roleArn: string };
  readonly executionSucceededEventDetails?: Result;
  readonly executionFailedEventDetails?: Failure;
  readonly executionAbortedEventDetails?: Failure;
  readonly executionTimedOutEventDetails?: Failure;
  readonly stateEnteredEventDetails?: Payload & { readonly name: string };
  readonly stateExitedEventDetails?: Result & {
    readonly name: string;
    /** Each value is JSON, as text. */
    readonly assignedVariables?: Readonly<Record<string, string>>;
    readonly assignedVariablesDetails?: { readonly truncated: boolean };
  };
  readonly taskScheduledEventDetails?: Service &
    Credentials & {
      readonly region: string;
      /** JSON, as text. */
      readonly parameters: string;
      readonly timeoutInSeconds?: number;
      readonly heartbeatInSeconds?: number;
    };
  readonly taskStartedEventDetails?: Service;
  readonly taskSubmittedEventDetails?: Service & Result;
  readonly taskSucceededEventDetails?: Service & Result;
  readonly taskFailedEventDetails?: Service & Failure;
  readonly taskTimedOutEventDetails?: Service & Failure;
  readonly lambdaFunctionScheduledEventDetails?: Payload &
    Credentials & { readonly resource: string; readonly timeoutInSeconds?: number };
  readonly lambdaFunctionSucceededEventDetails?: Result;
  readonly lambdaFunctionFailedEventDetails?: Failure;
  readonly lambdaFunctionTimedOutEventDetails?: Failure;
  readonly activityScheduledEventDetails?: Payload & {
    readonly resource: string;
    readonly timeoutInSeconds?: number;
    readonly heartbeatInSeconds?: number;
  };
  readonly activityStartedEventDetails?: { readonly workerName?: string };
  readonly activitySucceededEventDetails?: Result;
  readonly activityFailedEventDetails?: Failure;
  readonly activityTimedOutEventDetails?: Failure;
  readonly mapStateStartedEventDetails?: { readonly length: number };
  readonly mapIterationStartedEventDetails?: Iteration;
  readonly mapIterationSucceededEventDetails?: Iteration;
  readonly mapIterationFailedEventDetails?: Iteration;
  readonly mapIterationAbortedEventDetails?: Iteration;
  readonly mapRunStartedEventDetails?: { readonly mapRunArn: string };
  readonly mapRunFailedEventDetails?: Failure;
}

type TaskEnd = "Started" | "Succeeded" | "Failed" | "TimedOut";

export type AwsEventType =
  | `Execution${"Started" | "Succeeded" | "Failed" | "Aborted" | "TimedOut"}`
  | `${State["Type"]}StateEntered`
  | `${Exclude<State["Type"], "Fail">}StateExited`
  | `${"Task" | "Wait" | "Map" | "Parallel"}StateAborted`
  | `Task${"Scheduled" | "Submitted" | TaskEnd}`
  | `${"LambdaFunction" | "Activity"}${"Scheduled" | TaskEnd}`
  | `${"Map" | "Parallel"}State${"Started" | "Succeeded" | "Failed"}`
  | `MapIteration${"Started" | "Succeeded" | "Failed" | "Aborted"}`
  | `MapRun${"Started" | "Succeeded" | "Failed"}`;

/** An event as Step Functions' GetExecutionHistory gives it. */
export interface AwsEvent extends EventDetails {
  readonly timestamp: Date;
  readonly type: AwsEventType;
  readonly id: number;
  readonly previousEventId: number;
}

/** What an execution's events do not say themselves. */
interface About {
  readonly roleArn: string;
  readonly region: string;
}

/** The events of one execution as AWS gives them. */
export function awsHistory(events: readonly HistoryEvent[], about: About): AwsEvent[] {
  return events
    .filter(({ id }) => id > 0)
    .map((event) => {
      const { id, previousEventId, at } = event;
      return { timestamp: new Date(at), id, previousEventId, ...typeAndDetails(event, about) };
    });
}

type TypeAndDetails = Pick<AwsEvent, "type"> & EventDetails;

function typeAndDetails(event: HistoryEvent, about: About): TypeAndDetails {
  switch (event.type) {
    case "ExecutionStarted":
      return {
        type: event.type,
        executionStartedEventDetails: { ...payload(event.input), roleArn: about.roleArn },
      };
    case "ExecutionSucceeded":
      return { type: event.type, executionSucceededEventDetails: result(event.output) };
    case "ExecutionFailed":
      return { type: event.type, executionFailedEventDetails: failure(event) };
    case "ExecutionAborted":
      return { type: event.type, executionAbortedEventDetails: {} };
    case "ExecutionTimedOut":
      return { type: event.type, executionTimedOutEventDetails: {} };
    case "StateEntered":
      return {
        type: `${event.stateType}StateEntered`,
        stateEnteredEventDetails: { name: event.state, ...payload(event.input) },
      };
    case "StateExited":
      return {
        type: `${event.stateType as "Pass"}StateExited`,
        stateExitedEventDetails: { name: event.state, ...result(event.output), ...variables(event.assigned) },
      };
    case "StateAborted":
      return { type: `${event.stateType as "Task"}StateAborted` };
    default:
      return event.type.startsWith("Task") ? ofTask(event as TaskEvent, about) : ofBranches(event as BranchesEvent);
  }
}

type TaskEvent = Extract<StateEventDetail, { resource: string }>;
type BranchesEvent = { readonly state: string } & Extract<StateEventDetail, { type: `${"Map" | "Parallel"}${string}` }>;

/** A Lambda function that is a Resource by its ARN, an activity and a service each have events of their own. */
function ofTask(event: TaskEvent, { region }: About): TypeAndDetails {
  const resource = parseResource(event.resource);
  if (resource.kind !== "service") return ofFunction(event, resource.kind);
  const service = { resourceType: resource.type, resource: resource.action };
  switch (event.type) {
    case "TaskScheduled": {
      const parameters = JSON.stringify(event.parameters);
      return {
        type: "TaskScheduled",
        taskScheduledEventDetails: { ...service, region, parameters, ...limits(event), ...credentials(event) },
      };
    }
    case "TaskStarted":
      return { type: event.type, taskStartedEventDetails: service };
    case "TaskSubmitted":
      return { type: event.type, taskSubmittedEventDetails: { ...service, ...result(event.output) } };
    case "TaskSucceeded":
      return { type: event.type, taskSucceededEventDetails: { ...service, ...result(event.output) } };
    case "TaskFailed":
      return { type: event.type, taskFailedEventDetails: { ...service, ...failure(event) } };
    case "TaskTimedOut":
      return { type: event.type, taskTimedOutEventDetails: { ...service, ...failure(event) } };
  }
}

function ofFunction(event: TaskEvent, kind: "lambda" | "activity"): TypeAndDetails {
  const isLambda = kind === "lambda";
  const of = isLambda ? "LambdaFunction" : "Activity";
  const key = isLambda ? "lambdaFunction" : "activity";
  switch (event.type) {
    case "TaskScheduled": {
      const { resource, parameters } = event;
      const { heartbeatInSeconds, ...timeout } = limits(event);
      const more = isLambda ? credentials(event) : heartbeatInSeconds === undefined ? {} : { heartbeatInSeconds };
      return {
        type: `${of}Scheduled`,
        [`${key}ScheduledEventDetails`]: { resource, ...payload(parameters), ...timeout, ...more },
      };
    }
    case "TaskStarted":
      return isLambda
        ? { type: "LambdaFunctionStarted" }
        : { type: "ActivityStarted", activityStartedEventDetails: {} };
    case "TaskSubmitted":
    case "TaskSucceeded":
      return { type: `${of}Succeeded`, [`${key}SucceededEventDetails`]: result(event.output) };
    case "TaskFailed":
      return { type: `${of}Failed`, [`${key}FailedEventDetails`]: failure(event) };
    case "TaskTimedOut":
      return { type: `${of}TimedOut`, [`${key}TimedOutEventDetails`]: failure(event) };
  }
}

function ofBranches(event: BranchesEvent): TypeAndDetails {
  switch (event.type) {
    case "ParallelStarted":
    case "ParallelSucceeded":
    case "ParallelFailed":
    case "MapSucceeded":
    case "MapFailed":
      return { type: event.type.replace(/^(Map|Parallel)/, "$1State") as AwsEventType };
    case "MapStarted":
      return { type: "MapStateStarted", mapStateStartedEventDetails: { length: event.length } };
    case "MapRunStarted":
      return { type: event.type, mapRunStartedEventDetails: { mapRunArn: event.mapRunArn } };
    case "MapRunSucceeded":
      return { type: event.type };
    case "MapRunFailed":
      return { type: event.type, mapRunFailedEventDetails: failure(event) };
    case "MapIterationStarted":
    case "MapIterationSucceeded":
    case "MapIterationFailed":
    case "MapIterationAborted": {
      const end = event.type.slice("MapIteration".length);
      return { type: event.type, [`mapIteration${end}EventDetails`]: { name: event.state, index: event.index } };
    }
  }
}

function payload(input: Json): Payload {
  return { input: JSON.stringify(input), inputDetails: { truncated: false } };
}

function result(output: Json): Result {
  return { output: JSON.stringify(output), outputDetails: { truncated: false } };
}

function variables(assigned: JsonObject | undefined) {
  if (assigned === undefined) return {};
  const written = Object.entries(assigned).map(([name, value]) => [name, JSON.stringify(value)] as const);
  return { assignedVariables: Object.fromEntries(written), assignedVariablesDetails: { truncated: false } };
}

function failure({ error, cause }: { readonly error: string; readonly cause: string }): Failure {
  return { ...(error !== "" && { error }), ...(cause !== "" && { cause }) };
}

type Scheduled = Extract<StateEventDetail, { type: "TaskScheduled" }>;

function limits({ timeoutSeconds, heartbeatSeconds }: Scheduled) {
  return {
    ...(timeoutSeconds !== undefined && { timeoutInSeconds: timeoutSeconds }),
    ...(heartbeatSeconds !== undefined && { heartbeatInSeconds: heartbeatSeconds }),
  };
}

function credentials({ credentials: value }: Scheduled): Credentials {
  const roleArn = isObject(value) ? value["RoleArn"] : undefined;
  return value === undefined ? {} : { taskCredentials: typeof roleArn === "string" ? { roleArn } : {} };
}
