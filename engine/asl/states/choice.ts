import type { Assigning, ChoiceState } from "../../../statemachines/asl.ts";
import { prepareTest } from "../choice-test.ts";
import { invalidMachine, stateFailure } from "../errors.ts";
import type { RunState } from "../execution.ts";
import { prepareAssign, prepareInput, prepareOutput } from "../input-output.ts";

/** Goes where the first rule that holds says, else to Default. */
export function prepareChoice(state: ChoiceState): RunState {
  const select = prepareInput(state);
  const toOutput = prepareOutput(state);
  if (state.Choices.length === 0) throw invalidMachine("A Choice state must have a rule.");
  const rules = state.Choices.map((rule) => ({
    test: prepareTest(rule),
    next: rule.Next as string | undefined,
    assign: prepareAssign(rule as Assigning),
  }));
  const otherwise = { next: state.Default, assign: prepareAssign(state) };
  return (raw, frame) => {
    const input = select(raw, frame);
    const { next, assign } = rules.find(({ test }) => test(input, frame)) ?? otherwise;
    if (next === undefined) {
      throw stateFailure(
        "States.NoChoiceMatched",
        "Failed to transition out of the state. The state does not point to a next state.",
      );
    }
    assign(input, frame);
    return { next, output: toOutput(input, frame) };
  };
}
