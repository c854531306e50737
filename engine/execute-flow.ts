import type { Json } from "../graph/graph.ts";
import type { Lineage } from "../graph/lineage.ts";
import type { StateMachine } from "../statemachines/asl.ts";
import type { CompiledFlow } from "../statemachines/compile.ts";
import { INTEGRATIONS } from "../statemachines/contract/contract.ts";
import { TaskFailure } from "./asl/errors.ts";
import {
  interpret,
  type InterpreterOptions,
  type ExecutionResult,
  type HistoryEvent,
  type Integrations,
} from "./asl/interpreter.ts";

/** A flow that is to be run. */
export interface RunnableFlow {
  readonly lineage: Lineage;
  readonly compiled: CompiledFlow;
  /** What the machine calls the bookkeeping function by. */
  readonly bookkeeping: string;
}

export interface ExecuteFlowOptions extends Omit<InterpreterOptions, "onEvent"> {
  /** Answers who listens to an execution that begins, the flow's own and each within it. */
  readonly onExecution?: (machine: StateMachine) => (event: HistoryEvent) => void;
}

/**
 * Executes a flow's machine, and the others where it has executions of them: their failure is the run's, their end is
 * waited for, and they are aborted with the run. `transitions` are those of all.
 */
export async function executeFlow(
  { machine, children }: CompiledFlow,
  input: Json,
  options: ExecuteFlowOptions,
): Promise<ExecutionResult> {
  const { onExecution, integrations: outside, ...rest } = options;
  let nestedTransitions = 0;

  const start = (one: StateMachine, input: Json, about: Partial<InterpreterOptions>) =>
    interpret(one, input, { ...rest, ...about, integrations, ...(onExecution && { onEvent: onExecution(one) }) });

  const integrations: Integrations = async (resource, parameters, task) => {
    if (resource !== INTEGRATIONS.nest) return outside(resource, parameters, task);
    const { StateMachineArn, Input } = parameters as { StateMachineArn: string; Input: Json };
    const ended = await start(children[StateMachineArn]!, Input, { signal: task.signal });
    nestedTransitions += ended.transitions;
    if (ended.status === "SUCCEEDED") return { Status: ended.status, Output: ended.output };
    const { error, cause } = ended.status === "FAILED" ? ended : { error: "States.TaskFailed", cause: ended.status };
    throw new TaskFailure(error, cause);
  };

  const ended = await start(machine, input, {});
  return { ...ended, transitions: ended.transitions + nestedTransitions };
}
