import {
  CreateStateMachineCommand,
  DeleteStateMachineCommand,
  ExecutionAlreadyExists,
  ExecutionDoesNotExist,
  SFNClient,
  type SFNClientConfig,
  StartExecutionCommand,
  StateMachineDoesNotExist,
  StopExecutionCommand,
  UpdateStateMachineCommand,
} from "@aws-sdk/client-sfn";
import { MillraceError } from "../../sdk/errors.ts";
import { accountError } from "../account-error.ts";
import type { Machines } from "./machines.ts";

export interface StepFunctionsOptions {
  /** What the names of this deployment's machines begin with. */
  readonly prefix: string;
  /** `arn:aws:states:REGION:ACCOUNT:`. */
  readonly arnPrefix: string;
  /** The role that the machines have. */
  readonly roleArn: string;
  readonly client?: SFNClientConfig;
}

/** Throws MillraceError `account.*`, and `machine.refused` for a definition that Step Functions does not take. */
export function openStepFunctions(options: StepFunctionsOptions): Machines {
  const { prefix, arnPrefix, roleArn } = options;
  const client = new SFNClient({ maxAttempts: 8, ...options.client });

  async function told<T>(flow: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof Error && error.name === "InvalidDefinition") {
        throw new MillraceError("machine.refused", `Step Functions does not take its state machine: ${error.message}`, {
          where: { flow },
          cause: error,
        });
      }
      if (error instanceof Error && error.name === "StateMachineDeleting") {
        throw new MillraceError("flow.deploying", "its machine of before is still being deleted", {
          where: { flow },
          mend: "Wait until its last runs have ended, or stop them.",
          cause: error,
        });
      }
      throw accountError(error, "its state machines");
    }
  }

  return {
    put: (flow, definition, version) =>
      told(flow, async () => {
        const name = prefix + flow;
        const arn = `${arnPrefix}stateMachine:${name}`;
        const machine = {
          definition: JSON.stringify(definition),
          roleArn,
          publish: true,
          versionDescription: `version ${version} of flow ${flow}`,
        };
        try {
          await client.send(new UpdateStateMachineCommand({ stateMachineArn: arn, ...machine }));
        } catch (error) {
          if (!(error instanceof StateMachineDoesNotExist)) throw error;
          await client.send(new CreateStateMachineCommand({ name, type: "STANDARD", ...machine }));
        }
        return { arn };
      }),

    remove: (stateMachineArn) =>
      told("", async () => {
        await client.send(new DeleteStateMachineCommand({ stateMachineArn }));
      }),

    start: (stateMachineArn, name, input) =>
      told("", async () => {
        try {
          await client.send(new StartExecutionCommand({ stateMachineArn, name, input: JSON.stringify(input) }));
        } catch (error) {
          if (!(error instanceof ExecutionAlreadyExists)) throw error;
        }
      }),

    stop: (stateMachineArn, name, cause) =>
      told("", async () => {
        const executionArn = `${stateMachineArn.replace(":stateMachine:", ":execution:")}:${name}`;
        try {
          await client.send(new StopExecutionCommand({ executionArn, error: "Stopped", cause }));
        } catch (error) {
          if (!(error instanceof ExecutionDoesNotExist)) throw error;
        }
      }),
  };
}
