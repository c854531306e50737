import type { HistoryEvent } from "../engine/asl/interpreter.ts";
import type { StateMachine, StateMap } from "../statemachines/asl.ts";

/** Which execution of Step Functions a state's events are of: those in a distributed Map are of its children. */
interface Place {
  readonly map: string;
  /** How many of the positions around a state tell the child. */
  readonly positions: number;
}

/** Counts the events of an execution as Step Functions does, for it and for each child of its distributed Maps. */
export class Histories {
  readonly #counts = new Map<string, number>();
  /** How often a distributed Map was entered: in each round of a loop its children are others. */
  readonly #mapRuns = new Map<string, number>();
  readonly #places: ReadonlyMap<string, Place>;
  readonly #distributed: ReadonlySet<string>;

  constructor(machine: StateMachine) {
    const places = new Map<string, Place>();
    const distributed = new Set<string>();
    const visit = ({ States }: StateMap, place: Place, depth: number): void => {
      for (const [name, state] of Object.entries(States)) {
        places.set(name, place);
        if (state.Type === "Parallel") for (const branch of state.Branches) visit(branch, place, depth + 1);
        if (state.Type !== "Map" || !state.ItemProcessor) continue;
        const isOwn = state.ItemProcessor.ProcessorConfig?.Mode === "DISTRIBUTED";
        if (isOwn) distributed.add(name);
        visit(state.ItemProcessor, isOwn ? { map: name, positions: depth + 1 } : place, depth + 1);
      }
    };
    visit(machine, { map: "", positions: 0 }, 0);
    this.#places = places;
    this.#distributed = distributed;
  }

  get counts(): readonly number[] {
    return [...this.#counts.values()];
  }

  add(event: HistoryEvent): void {
    if (UNCOUNTED.has(event.type) || (event.child !== undefined && !("state" in event))) return;
    if (!("state" in event)) return this.#add("", 1);
    if (this.#distributed.has(event.state) && event.type.startsWith("MapIteration")) return;
    if (this.#distributed.has(event.state) && event.type === "StateEntered") {
      const entered = `${event.state}/${event.within.join(".")}`;
      this.#mapRuns.set(entered, (this.#mapRuns.get(entered) ?? 0) + 1);
    }
    const { map, positions } = this.#places.get(event.state)!;
    const run = this.#mapRuns.get(`${map}/${event.within.slice(0, positions - 1).join(".")}`);
    const child = `${map}/${event.within.slice(0, positions).join(".")}#${run}`;
    // A child's own start and end.
    if (map !== "" && !this.#counts.has(child)) this.#add(child, 2);
    this.#add(map === "" ? "" : child, eventsOf(event));
  }

  #add(execution: string, events: number): void {
    this.#counts.set(execution, (this.#counts.get(execution) ?? 0) + events);
  }
}

/** What is counted with another event, below or above. */
const UNCOUNTED: ReadonlySet<HistoryEvent["type"]> = new Set([
  "TaskStarted",
  "TaskSubmitted",
  "ParallelStarted",
  "ParallelSucceeded",
  "MapSucceeded",
  "MapRunStarted",
  "MapRunSucceeded",
]);

/**
 * How many events Step Functions tells where the interpreter tells one: a task is also started, and one that is waited
 * for submitted; a Parallel is started and succeeds, a Map succeeds.
 */
function eventsOf(event: HistoryEvent): number {
  if (event.type === "TaskScheduled") return event.resource.includes(".sync") ? 3 : 2;
  if (event.type === "StateEntered") return { Parallel: 3, Map: 2 }[event.stateType as string] ?? 1;
  return 1;
}
