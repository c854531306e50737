import type {
  Assigning,
  Catcher,
  ItemProcessor,
  MapState,
  ProcessorConfig,
  Retrier,
  State,
  StateMachine,
  StateMap,
} from "../../statemachines/asl.ts";
import { LIMITS } from "../../statemachines/limits.ts";
import { invalidMachine } from "./errors.ts";
import { nameOf } from "./input-output.ts";
import { isObject } from "./jsonpath.ts";

/**
 * What Step Functions refuses when a machine is made, apart from what parsing its paths and templates finds: fields that
 * a state of its type has not, numbers out of their range, names that are too long or there twice, states that nothing
 * leads to. Sources: the Amazon States Language's specification, and the answers of CreateStateMachine.
 */
export function checkMachineFields(machine: StateMachine): void {
  if (!isObject(machine as never)) throw invalidMachine("The definition must be a JSON object.");
  refuseUnknown(machine, ["Comment", "StartAt", "States", "Version", "TimeoutSeconds", "QueryLanguage"], "The machine");
  if (machine.Version !== undefined && machine.Version !== "1.0") throw invalidMachine("Version must be 1.0.");
  if (machine.TimeoutSeconds !== undefined)
    within("TimeoutSeconds", machine.TimeoutSeconds, { least: 1, most: MOST_SECONDS });
  const bytes = Buffer.byteLength(JSON.stringify(machine));
  if (bytes > LIMITS.definitionBytes)
    throw invalidMachine(`The definition is ${bytes} bytes long; ${LIMITS.definitionBytes} are allowed.`);
  checkNames(machine);
  checkVariables(machine, new Set());
}

const MOST_SECONDS = 99_999_999;
/** Source: AWS Step Functions, "Error handling": MaxDelaySeconds must be less than 31,622,400. */
const MOST_DELAY_SECONDS = 31_622_400;

function checkNames(machine: StateMap): void {
  const seen = new Set<string>();
  for (const { name } of statesOf(machine)) {
    if (name.length > LIMITS.stateName)
      throw invalidMachine(`The state name "${name}" is over ${LIMITS.stateName} characters long.`);
    if (seen.has(name)) throw invalidMachine(`There are two states ${name}: a name stands once in the whole machine.`);
    seen.add(name);
  }
}

/** Every state of a machine, those of its bodies after the state that they stand in. */
export function statesOf({ States }: StateMap): { readonly name: string; readonly state: State }[] {
  return Object.entries(States ?? {}).flatMap(([name, state]) => [
    { name, state },
    ...bodiesOf(state).flatMap((body) => statesOf(body)),
  ]);
}

/** A body reads the variables around it, and assigns none of them; a distributed Map's sees none. */
function checkVariables({ States }: StateMap, outside: ReadonlySet<string>): void {
  const own = new Set<string>();
  for (const [state, { Assign, Catch, Choices }] of Object.entries(States ?? {}) as [string, MayAssign][]) {
    for (const assigning of [{ Assign }, ...(Catch ?? []), ...(Choices ?? [])]) {
      for (const name of Object.keys(assigning.Assign ?? {}).map(nameOf)) {
        if (outside.has(name))
          throw invalidMachine(`state ${state} assigns $${name}, which is assigned outside of it.`);
        own.add(name);
      }
    }
  }
  for (const state of Object.values(States ?? {})) {
    const isApart = state.Type === "Map" && processorOf(state)?.ProcessorConfig?.Mode === "DISTRIBUTED";
    for (const body of bodiesOf(state)) checkVariables(body, isApart ? new Set() : new Set([...outside, ...own]));
  }
}

interface MayAssign extends Assigning {
  readonly Catch?: readonly Assigning[];
  readonly Choices?: readonly Assigning[];
}

function processorOf(state: MapState): ItemProcessor | undefined {
  return state.ItemProcessor ?? state.Iterator;
}

function bodiesOf(state: State): readonly StateMap[] {
  if (state.Type === "Parallel") return state.Branches ?? [];
  if (state.Type !== "Map") return [];
  const body = processorOf(state);
  return body === undefined ? [] : [body];
}

/** Where states begin, of the machine itself or a body within it. */
export function checkStart(map: StateMap): void {
  const missing = (["StartAt", "States"] as const).filter((field) => map[field] === undefined);
  if (missing.length > 0) throw invalidMachine(`These fields are required: [${missing.join(", ")}].`);
  if (!Object.hasOwn(map.States, map.StartAt)) throw invalidMachine(`StartAt "${map.StartAt}" is not a state.`);
}

/** Something must lead to every state. Apart from the rest, since a part of a machine may well be run by itself. */
export function checkReachable(map: StateMap): void {
  const reached = new Set<string>();
  const open = [map.StartAt];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (reached.has(name)) continue;
    reached.add(name);
    open.push(...targetsOf(map.States[name]!));
  }
  for (const [name, state] of Object.entries(map.States)) {
    if (!reached.has(name)) throw invalidMachine(`State "${name}" is not reachable.`);
    bodiesOf(state).forEach(checkReachable);
  }
}

/** The states that one names as those to go on to. */
export function targetsOf(state: State): string[] {
  const targets: (string | undefined)[] = [];
  if (state.Type === "Choice") targets.push(state.Default, ...(state.Choices ?? []).map(({ Next }) => Next));
  if ("Catch" in state) targets.push(...(state.Catch ?? []).map(({ Next }) => Next));
  if ("Next" in state) targets.push(state.Next);
  return targets.filter((target) => target !== undefined);
}

const ANY = ["Type", "Comment", "QueryLanguage"];
const IN_OUT = [...ANY, "InputPath", "OutputPath"];
const GOES_ON = ["Next", "End", "Assign"];
const GUARDED = [...IN_OUT, ...GOES_ON, "ResultPath", "ResultSelector", "Retry", "Catch"];
const ITEMS = ["ItemsPath", "ItemSelector", "Parameters", "ItemReader", "ItemBatcher"];
const ITERATED = [...ITEMS, "ItemProcessor", "Iterator", "ResultWriter", "Label"];
const orItsPath = (...fields: string[]) => fields.flatMap((field) => [field, `${field}Path`]);

const FIELDS: Readonly<Record<State["Type"], readonly string[]>> = {
  Task: [...GUARDED, "Resource", "Parameters", "Credentials", ...orItsPath("TimeoutSeconds", "HeartbeatSeconds")],
  Pass: [...IN_OUT, ...GOES_ON, "Result", "ResultPath", "Parameters"],
  Wait: [...IN_OUT, ...GOES_ON, ...orItsPath("Seconds", "Timestamp")],
  Choice: [...IN_OUT, "Choices", "Default", "Assign"],
  Parallel: [...GUARDED, "Branches", "Parameters"],
  Map: [...GUARDED, ...ITERATED, ...orItsPath("MaxConcurrency", "ToleratedFailureCount", "ToleratedFailurePercentage")],
  Succeed: IN_OUT,
  Fail: [...ANY, ...orItsPath("Error", "Cause")],
};

/** What one state says, by itself. */
export function checkStateFields(state: State): void {
  const fields = Object.hasOwn(FIELDS, state.Type) ? FIELDS[state.Type] : undefined;
  if (fields === undefined) {
    const types = Object.keys(FIELDS).join(", ");
    throw invalidMachine(`The field 'Type' should have one of these values: [${types}], not ${String(state.Type)}.`);
  }
  refuseUnknown(state, fields, `A ${state.Type} state`);
  if ("Next" in state && "End" in state && state.End) throw invalidMachine("A state has Next or End, not both.");
  if ("Retry" in state) for (const retrier of state.Retry ?? []) checkRetrier(retrier);
  if ("Catch" in state) for (const catcher of state.Catch ?? []) checkCatcher(catcher);
  if (state.Type === "Task") {
    const { TimeoutSeconds: timeout, HeartbeatSeconds: heartbeat } = state;
    if (timeout !== undefined) within("TimeoutSeconds", timeout, { least: 1, most: MOST_SECONDS });
    if (heartbeat !== undefined)
      within("HeartbeatSeconds", heartbeat, { least: 1, most: (timeout ?? MOST_SECONDS + 1) - 1 });
  }
  if (state.Type === "Map") checkMap(state);
}

function checkRetrier(retrier: Retrier): void {
  const { IntervalSeconds, MaxAttempts, BackoffRate, MaxDelaySeconds, JitterStrategy } = retrier;
  const fields = ["ErrorEquals", "IntervalSeconds", "MaxAttempts", "BackoffRate", "MaxDelaySeconds", "JitterStrategy"];
  refuseUnknown(retrier, ["Comment", ...fields], "A retrier");
  if (IntervalSeconds !== undefined) within("IntervalSeconds", IntervalSeconds, { least: 0, most: MOST_SECONDS });
  if (MaxAttempts !== undefined) within("MaxAttempts", MaxAttempts, { least: 0, most: MOST_SECONDS });
  if (MaxDelaySeconds !== undefined)
    within("MaxDelaySeconds", MaxDelaySeconds, { least: 1, most: MOST_DELAY_SECONDS - 1 });
  if (BackoffRate !== undefined && !(BackoffRate >= 1)) throw invalidMachine("BackoffRate must be at least 1.");
  if (JitterStrategy !== undefined && JitterStrategy !== "FULL" && JitterStrategy !== "NONE")
    throw invalidMachine("JitterStrategy must be FULL or NONE.");
}

function checkCatcher(catcher: Catcher): void {
  refuseUnknown(catcher, ["Comment", "ErrorEquals", "ResultPath", "Next", "Assign"], "A catcher");
}

function checkMap(state: MapState): void {
  const config: ProcessorConfig | undefined = processorOf(state)?.ProcessorConfig;
  if (config?.Mode !== undefined && config.Mode !== "INLINE" && config.Mode !== "DISTRIBUTED")
    throw invalidMachine("ProcessorConfig's Mode must be INLINE or DISTRIBUTED.");
  if (config?.Mode === "DISTRIBUTED" && !["STANDARD", "EXPRESS"].includes(config.ExecutionType))
    throw invalidMachine("ProcessorConfig's ExecutionType must be STANDARD or EXPRESS where its Mode is DISTRIBUTED.");
  const { Label } = state;
  if (Label !== undefined && (Label.length > 40 || FORBIDDEN_IN_LABEL.test(Label)))
    throw invalidMachine("Label has at most 40 characters, and none that stand apart in a name of AWS.");
}

/** Source: AWS Step Functions, "Creating state machines": spaces, wildcards, brackets, special and control characters. */
// oxlint-disable-next-line no-control-regex
const FORBIDDEN_IN_LABEL = /[\s?*<>{}[\]:;,\\|^~$#%&`"\u0000-\u001f\u007f-\u009f\ufffe\uffff\ud800-\udfff]/;

function within(field: string, value: unknown, { least, most }: { least: number; most: number }): void {
  if (Number.isInteger(value) && (value as number) >= least && (value as number) <= most) return;
  throw invalidMachine(`${field} must be a whole number from ${least} to ${most}, not ${JSON.stringify(value)}.`);
}

function refuseUnknown(part: object, known: readonly string[], what: string): void {
  const unknown = Object.entries(part).find(([field, value]) => value !== undefined && !known.includes(field));
  if (unknown !== undefined) throw invalidMachine(`${what} has no field ${unknown[0]}.`);
}
