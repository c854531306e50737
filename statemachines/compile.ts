import type { Graph } from "../graph/graph.ts";
import { stepsOf } from "../graph/walk.ts";
import type { StateMachine } from "./asl.ts";
import { openFlow } from "./compile-body.ts";
import { compileMachine } from "./compile-nested.ts";
import { divide, MACHINE_SIZE, type MachineSize } from "./divide.ts";
import { jobsWanted, type JobWanted } from "./job-definition.ts";
import { piecesOf } from "./piece.ts";
import type { MachineResources } from "./resources.ts";
import { addGroup, type StateGroup } from "./state-group.ts";
import { machineWithin } from "./stack-names.ts";

/** A flow's state machines. */
export interface CompiledFlow {
  /** The flow's own: an execution of it is a run. */
  readonly machine: StateMachine;
  /**
   * Those of which executions are started within a run, by their ARNs; most flows need none. They are named after what
   * is in them, so that one never changes under the runs that need it.
   */
  readonly children: Readonly<Record<string, StateMachine>>;
  /** What a run enters of them, how often, and what each of these states does: what a run costs is counted by it. */
  readonly run: StateGroup;
  /** Of the steps whose jobs need a definition of their own what that must have; the others have the deployment's. */
  readonly jobDefinitions: Readonly<Record<string, JobWanted>>;
}

/**
 * Compiles a flow's graph to its state machines: one, and others within it where one history or one definition would be
 * too small. Pure: the same graph and resources give the same bytes. contract.ts says what a machine is started with and
 * what it says to those it calls.
 *
 * The graph must be a valid one; what else AWS would not take is checkFlowMachines' to say.
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
  const run = addGroup(undefined, { is: "once" }, true);
  const machine = compileMachine(piecesOf(division, graph.body), flow, {
    comment,
    depth: 0,
    isEntered: true,
    group: run,
  });
  return { machine, children, run, jobDefinitions: jobsWanted(stepsOf(graph.body)) };
}

function childArn(flow: string, machines: string, machine: StateMachine): string {
  const from = machines.lastIndexOf(":") + 1;
  return machines.slice(0, from) + machineWithin(machines.slice(from), flow, JSON.stringify(machine));
}
