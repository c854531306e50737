import type { ErrorCode } from "../graph/error-codes.ts";
import { MillraceError } from "../graph/errors.ts";
import type { Graph, Json, StepNode } from "../graph/graph.ts";
import { lineageOf } from "../graph/lineage.ts";
import { parseDuration } from "../graph/units.ts";
import { allStates } from "./all-states.ts";
import type { State, StateMachine } from "./asl.ts";
import type { CompiledFlow } from "./compile.ts";
import { askedSize, placeOf } from "./container-size.ts";
import { TIMEOUT_GRACE_SECONDS } from "./contract/contract.ts";
import { LIMITS } from "./limits.ts";
import { attemptsOf } from "./contract/retries.ts";

/**
 * What AWS would refuse of a flow's machines, when it is deployed or once it runs: everything that can be told beforehand, all
 * at once, each with its hint. Empty where there is nothing. Offline nothing of it is asked, as no limit is there.
 */
export function checkFlowMachines(graph: Graph, { machine, children }: CompiledFlow): MillraceError[] {
  const steps = [...lineageOf(graph).steps.values()].map(({ node }) => node);
  const machines = [machine, ...Object.values(children)];
  return [
    ...machines.flatMap((one) => checkWhole(graph, one)),
    ...machines.flatMap((one) => allStates(one).flatMap(([name, state]) => checkState(graph, name, state))),
    ...steps.flatMap((step) => checkStep(graph, step)),
  ];
}

/** Its length was seen to when the flow was divided; its size by names that an account's may be longer than. */
function checkWhole(graph: Graph, machine: StateMachine): MillraceError[] {
  const bytes = bytesOf(JSON.stringify(machine));
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

function checkState(graph: Graph, name: string, state: State): MillraceError[] {
  const where = { flow: graph.name, step: name.split(".")[0] };
  const mistakes: MillraceError[] = [];
  if (name.length > LIMITS.stateName) {
    mistakes.push(
      new MillraceError(
        "machine.nameTooLong",
        `the state's name ${name} has ${name.length} characters; Step Functions takes ${LIMITS.stateName}`,
        {
          where,
          hint: "Give the step a shorter name.",
        },
      ),
    );
  }
  const overrides =
    state.Type === "Task" ? (state.Parameters as Record<string, Json> | undefined)?.["ContainerOverrides"] : undefined;
  if (overrides !== undefined && bytesOf(overrides) > LIMITS.overridesBytes) {
    mistakes.push(
      new MillraceError(
        "machine.overridesTooLarge",
        `what its job is told has ${bytesOf(overrides)} bytes; Batch takes ${LIMITS.overridesBytes}`,
        { where },
      ),
    );
  }
  return mistakes;
}

function checkStep(graph: Graph, step: StepNode): MillraceError[] {
  const { options } = step;
  const refuse = (code: ErrorCode, message: string, hint: string) =>
    new MillraceError(code, message, { where: { flow: graph.name, step: step.name }, hint });
  const mistakes: MillraceError[] = [];
  const timeoutSeconds = options.timeout === undefined ? 0 : parseDuration(options.timeout);
  const { memoryMiB = 0 } = askedSize(options);
  if (options.compute === "lambda") {
    if (timeoutSeconds > LIMITS.lambdaSeconds) {
      mistakes.push(
        refuse(
          "step.lambdaTimeout",
          `a Lambda function runs 15 minutes at most, not ${options.timeout}`,
          'Give it compute "batch", or a shorter timeout.',
        ),
      );
    }
    if (memoryMiB > LIMITS.lambdaMemoryMiB) {
      mistakes.push(
        refuse(
          "step.lambdaMemory",
          `a Lambda function has 10,240 MiB at most, not ${options.memory}`,
          'Give it compute "batch", or less memory.',
        ),
      );
    }
    if (options.gpu !== undefined)
      mistakes.push(refuse("step.lambdaGpu", "a Lambda function has no GPU", 'Give it compute "batch".'));
    return mistakes;
  }
  if (attemptsOf(options) > LIMITS.jobAttempts) {
    mistakes.push(
      refuse(
        "step.attempts",
        `a Batch job has ${LIMITS.jobAttempts} attempts at most, not ${attemptsOf(options)}`,
        `Retry at most ${LIMITS.jobAttempts - 1} times.`,
      ),
    );
  }
  if (placeOf(options) === "fargate" && timeoutSeconds + TIMEOUT_GRACE_SECONDS > LIMITS.fargateSeconds) {
    mistakes.push(
      refuse(
        "step.timeout",
        `a job on Fargate may not run longer than 14 days, so a timeout of ${options.timeout} is never reached`,
        "Give it a shorter timeout, or split the step.",
      ),
    );
  }
  return mistakes;
}

function bytesOf(json: Json): number {
  return Buffer.byteLength(JSON.stringify(json));
}
