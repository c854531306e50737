import type { Graph } from "../graph/graph.ts";
import type { StateMachine } from "./asl.ts";
import { openFlow } from "./compile-body.ts";
import { compileMachine } from "./compile-nested.ts";
import { divide, MACHINE_SIZE, type MachineSize } from "./divide.ts";
import { piecesOf } from "./piece.ts";
import type { MachineResources } from "./resources.ts";
import { machineWithin } from "./stack-names.ts";
import type { ExecutionStates } from "./tally.ts";

/** A flow's state machines. */
export interface CompiledFlow {
  /** The flow's own: an execution of it is a run. */
  readonly machine: StateMachine;
  /**
   * Those of which executions are started within a run, by their ARNs; most flows need none. They are named after what
   * is in them, so that one never changes under the runs that need it.
   */
  readonly children: Readonly<Record<string, StateMachine>>;
  /** What a run's executions enter of them, and how often: what a run costs is counted by it. */
  readonly executions: readonly ExecutionStates[];
}

/**
 * Compiles a flow's graph to its state machines: one, and others within it where one history or one definition would be
 * too small. Pure: the same graph and resources give the same bytes. contract.ts says what a machine is started with and
 * what it says to those it calls.
 *
 * The graph must be a valid one; what else AWS would not take is checkMachine's to say.
 *
 * @throws MillraceError `machine.tooLarge` where the graph fits into no machines.
 */
export function compile(graph: Graph, resources: MachineResources, size: MachineSize = MACHINE_SIZE): CompiledFlow {
  const children: Record<string, StateMachine> = {};
  const nest = (make: () => StateMachine) => {
    const machine = make();
    const arn = childArn(graph.name, resources.machines ?? "", machine);
    children[arn] = machine;
    return arn;
  };
  const division = divide(graph, size);
  const flow = openFlow({ graph, resources, division, nest });
  const comment = `Flow ${graph.name}`;
  const machine = compileMachine(piecesOf(division, graph.body), flow, { comment, depth: 0, isEntered: true });
  return { machine, children, executions: flow.executions };
}

function childArn(flow: string, machines: string, machine: StateMachine): string {
  const from = machines.lastIndexOf(":") + 1;
  return machines.slice(0, from) + machineWithin(machines.slice(from), flow, JSON.stringify(machine));
}
