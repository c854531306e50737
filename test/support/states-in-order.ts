import type { State, StateMachine } from "../../statemachines/asl.ts";

/** What an execution of a machine entered, with its Map Runs' states. */
export interface Execution {
  readonly machine: StateMachine;
  readonly entered: readonly Entered[];
}
export interface Entered {
  readonly state: string;
  readonly input: unknown;
}

/**
 * The states of a run's executions in the order they were entered, each branch's and each iteration's by itself: side by
 * side they come in any order. An iteration, or a round of a loop, is known by the position that its states are entered
 * with.
 */
export function statesInOrder(executions: readonly Execution[]): Record<string, readonly string[]> {
  const orders: Record<string, string[]> = {};
  for (const { machine, entered } of executions) {
    const places = placesOfStates(machine);
    for (const { state, input } of entered) {
      const at = JSON.stringify((input as { at: unknown }).at);
      const place = `${machine.Comment} from ${machine.StartAt}${places.get(state)} at ${at}`;
      (orders[place] ??= []).push(state);
    }
  }
  return orders;
}

/** Of each state in which Map's or Parallel's part of the machine it stands: `` is the machine itself. */
function placesOfStates(machine: Pick<StateMachine, "States">, place = ""): Map<string, string> {
  const places = new Map<string, string>();
  for (const [name, state] of Object.entries(machine.States)) {
    places.set(name, place);
    for (const [i, part] of partsOf(state).entries())
      for (const [inner, where] of placesOfStates(part, `${place}/${name}.${i}`)) places.set(inner, where);
  }
  return places;
}

function partsOf(state: State): readonly Pick<StateMachine, "States">[] {
  if (state.Type === "Map") return state.ItemProcessor ? [state.ItemProcessor] : [];
  return state.Type === "Parallel" ? state.Branches : [];
}
