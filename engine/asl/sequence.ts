import type { Json } from "../../graph/graph.ts";
import type { State } from "../../statemachines/asl.ts";
import { Aborted, located } from "./errors.ts";
import type { ExecutionContext, Frame, RunState, Scope } from "./execution.ts";
import { emit } from "./execution.ts";

/** States ready to run: a machine, a Parallel's branch or a Map's body with everything in it parsed. */
export interface Sequence {
  readonly startAt: string;
  readonly states: ReadonlyMap<string, PreparedState>;
}

export interface PreparedState {
  readonly type: State["Type"];
  readonly run: RunState;
}

/** After so many transitions the rest of the process has its turn; some milliseconds' worth. */
const TRANSITIONS_A_TURN = 1024;

/**
 * Runs states one after another until one ends the sequence, and answers its output. Throws TaskFailure where one
 * fails, Aborted once the scope's signal has fired: no state starts after that.
 */
export async function runSequence(sequence: Sequence, input: Json, scope: Scope): Promise<Json> {
  const { execution, signal } = scope;
  const frame: Frame = {
    scope,
    state: sequence.startAt,
    type: "Pass",
    enteredAt: 0,
    entered: undefined,
    retries: 0,
    token: undefined,
    variables: { own: new Map(), outer: scope.variables },
    assigned: undefined,
  };
  let output = input;
  for (;;) {
    if (execution.pause !== undefined) await execution.pause;
    if (signal.aborted) throw new Aborted();
    execution.transitions += 1;
    if (execution.transitions % TRANSITIONS_A_TURN === 0) letOthersRun(execution);
    const state = sequence.states.get(frame.state)!;
    enter(frame, state.type, output);
    // So that branches which begin together are told of in AWS's order.
    if (scope.line !== undefined && state.type !== "Task") await undefined;
    let step;
    try {
      const running = state.run(output, frame);
      step = running instanceof Promise ? await running : running;
    } catch (thrown) {
      throw located(thrown, frame);
    }
    if (signal.aborted) throw new Aborted();
    output = step.output;
    const { assigned } = frame;
    if (assigned) for (const [name, value] of Object.entries(assigned)) frame.variables.own.set(name, value);
    if (scope.line) emit(frame, { type: "StateExited", stateType: state.type, output, ...(assigned && { assigned }) });
    if (step.next === undefined) return output;
    frame.state = step.next;
  }
}

function enter(frame: Frame, type: State["Type"], input: Json): void {
  const { line, execution } = frame.scope;
  frame.type = type;
  frame.enteredAt = execution.clock.now();
  frame.retries = 0;
  frame.assigned = undefined;
  if (line === undefined) return;
  line.current = { state: frame.state, type };
  frame.entered = emit(frame, { type: "StateEntered", stateType: type, input });
}

/** Promises that are resolved already never give the event loop a turn; this does, for all branches at once. */
function letOthersRun(execution: ExecutionContext): void {
  if (execution.pause !== undefined) return;
  const release = execution.clock.hold?.();
  execution.pause = new Promise<void>((resolve) => setImmediate(resolve)).then(() => {
    execution.pause = undefined;
    release?.();
  });
}
