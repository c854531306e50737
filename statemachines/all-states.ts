import type { State, StateMap } from "./asl.ts";

/** Every state of a machine by its name, those in branches and Map bodies too. */
export function allStates({ States }: StateMap): [name: string, state: State][] {
  return Object.entries(States).flatMap(([name, state]): [string, State][] => [
    [name, state],
    ...scopesIn(state).flatMap(allStates),
  ]);
}

/** A Parallel's branches, a Map's body. */
export function scopesIn(state: State): readonly StateMap[] {
  if (state.Type === "Parallel") return state.Branches;
  return state.Type === "Map" && state.ItemProcessor ? [state.ItemProcessor] : [];
}
