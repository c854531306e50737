import { MillraceError } from "../graph/errors.ts";
import type { Graph, StepNode } from "../graph/graph.ts";
import { lineageOf } from "../graph/lineage.ts";
import { parseDuration } from "../graph/units.ts";
import type { StateMachine } from "./asl.ts";
import type { CompiledFlow } from "./compile.ts";
import { placeOf } from "./container-size.ts";
import { TIMEOUT_GRACE_SECONDS } from "./contract/contract.ts";
import { LIMITS } from "./limits.ts";

/**
 * What AWS would refuse of a flow's machines, when it is deployed or once it runs: everything that can be known beforehand, all
 * at once, each with its hint. Empty where there is nothing. Offline nothing of it is asked, as no limit is there.
 */
export function checkFlowMachines(graph: Graph, { machine, children }: CompiledFlow): MillraceError[] {
  const steps = [...lineageOf(graph).steps.values()].map(({ node }) => node);
  const machines = [machine, ...Object.values(children)];
  return [...machines.flatMap((one) => checkWhole(graph, one)), ...steps.flatMap((step) => checkStep(graph, step))];
}

/** Its length was seen to when the flow was divided; its size by names that an account's may be longer than. */
function checkWhole(graph: Graph, machine: StateMachine): MillraceError[] {
  const bytes = Buffer.byteLength(JSON.stringify(JSON.stringify(machine)));
  if (bytes <= LIMITS.definitionBytes) return [];
  return [
    new MillraceError(
      "machine.tooLarge",
      `a state machine of it has ${bytes} bytes in a request; Step Functions takes ${LIMITS.definitionBytes}`,
      {
        where: { flow: graph.name },
        hint: "Make one step of several, or split the flow in two.",
      },
    ),
  ];
}

/** What Lambda and Batch take at most of retries, memory and time is graph/check-options.ts's to say, which any graph passes before. */
function checkStep(graph: Graph, { name, options }: StepNode): MillraceError[] {
  const timeoutSeconds = options.timeout === undefined ? 0 : parseDuration(options.timeout);
  if (options.compute === "lambda" || placeOf(options) !== "fargate") return [];
  if (timeoutSeconds + TIMEOUT_GRACE_SECONDS <= LIMITS.fargateSeconds) return [];
  return [
    new MillraceError(
      "step.timeout",
      `a job on Fargate may not run longer than 14 days, so a timeout of ${options.timeout} is never reached`,
      { where: { flow: graph.name, step: name }, hint: "Give it a shorter timeout, or split the step." },
    ),
  ];
}
