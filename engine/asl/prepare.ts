import { MillraceError } from "../../graph/errors.ts";
import type { State, StateMachine, StateMap } from "../../statemachines/asl.ts";
import { checkMachineFields, checkStart, checkStateFields, targetsOf } from "./check.ts";
import { invalidMachine } from "./errors.ts";
import type { RunState } from "./execution.ts";
import type { PreparedState, Sequence } from "./sequence.ts";
import { prepareChoice } from "./states/choice.ts";
import { prepareFail } from "./states/fail.ts";
import { prepareMap } from "./states/map.ts";
import { prepareParallel } from "./states/parallel.ts";
import { preparePass } from "./states/pass.ts";
import { prepareSucceed } from "./states/succeed.ts";
import { prepareTask } from "./states/task.ts";
import { prepareWait } from "./states/wait.ts";

const prepared = new WeakMap<StateMachine, Sequence>();

/**
 * Parses everything in a machine once: its paths, templates and choices. The answer is kept with the machine, which must
 * not change afterwards. Throws MillraceError `machine.invalid`, naming the state, for what Step Functions would refuse.
 */
export function prepareMachine(machine: StateMachine): Sequence {
  const known = prepared.get(machine);
  if (known !== undefined) return known;
  checkLanguage(machine);
  checkMachineFields(machine);
  const sequence = prepareStates(machine);
  prepared.set(machine, sequence);
  return sequence;
}

function prepareStates(machine: StateMap): Sequence {
  checkStart(machine);
  const states = new Map<string, PreparedState>();
  for (const [name, state] of Object.entries(machine.States)) {
    try {
      checkFields(state);
      checkTransitions(state, machine);
      states.set(name, { type: state.Type, run: prepareState(state) });
    } catch (error) {
      throw located(error, name);
    }
  }
  return { startAt: machine.StartAt, states };
}

function prepareState(state: State): RunState {
  const { Type: type } = state;
  switch (type) {
    case "Task":
      return prepareTask(state);
    case "Pass":
      return preparePass(state);
    case "Wait":
      return prepareWait(state);
    case "Choice":
      return prepareChoice(state);
    case "Parallel":
      return prepareParallel(state, prepareStates);
    case "Map":
      return prepareMap(state, prepareStates);
    case "Succeed":
      return prepareSucceed(state);
    case "Fail":
      return prepareFail(state);
  }
}

/** Fields that only a state in JSONata has, of any type. Source: AWS Step Functions, "Transforming data". */
const JSONATA_FIELDS = ["Arguments", "Output", "Items"] as const;

function checkLanguage(one: { readonly QueryLanguage?: unknown }): void {
  if (one.QueryLanguage === undefined || one.QueryLanguage === "JSONPath") return;
  throw invalidMachine(`QueryLanguage "${String(one.QueryLanguage)}" is not supported, only JSONPath.`);
}

function checkFields(state: State): void {
  checkLanguage(state);
  const wrong = JSONATA_FIELDS.find((field) => field in state);
  if (wrong !== undefined) throw invalidMachine(`${wrong} is JSONata's, and only JSONPath is supported.`);
  checkStateFields(state);
  if (state.Type !== "Task" || !String(state.Resource).endsWith(".waitForTaskToken")) refuseToken(state);
}

/** What of a state are other states, or data that nothing reads. */
const NO_PATHS: ReadonlySet<string> = new Set(["ItemProcessor", "Iterator", "Branches", "Result", "Comment"]);

/** `$$.Task.Token` is there only while a task waits for it. */
function refuseToken(part: unknown): void {
  if (typeof part !== "object" || part === null) return;
  for (const [key, value] of Object.entries(part)) {
    if (NO_PATHS.has(key)) continue;
    if (typeof value !== "string") refuseToken(value);
    else if (/(\.\$|Path|Variable)$/.test(key) && value.includes("$$.Task.Token"))
      throw invalidMachine(
        `${key} reads $$.Task.Token, which is there only where a Resource ends in .waitForTaskToken.`,
      );
  }
}

/** Every place that a state names must be there, and a state that can go on must say where or that it ends. */
function checkTransitions(state: State, { States }: StateMap): void {
  if (state.Type === "Choice" && !Array.isArray(state.Choices))
    throw invalidMachine("A Choice state must have Choices.");
  const goesOn = ("Next" in state && state.Next !== undefined) || ("End" in state && state.End);
  if (!goesOn && !["Choice", "Succeed", "Fail"].includes(state.Type))
    throw invalidMachine("The state has neither Next nor End.");
  for (const target of targetsOf(state)) {
    if (!Object.hasOwn(States, target)) throw invalidMachine(`Next "${target}" is not a state.`);
  }
}

function located(error: unknown, state: string): unknown {
  if (!(error instanceof MillraceError) || error.where.state !== undefined) return error;
  return new MillraceError(error.code, error.detail, {
    where: { ...error.where, state },
    hint: error.hint,
    cause: error,
  });
}
