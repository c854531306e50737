import {
  CreateStateMachineCommand,
  DeleteStateMachineCommand,
  DeleteStateMachineVersionCommand,
  ExecutionAlreadyExists,
  ExecutionDoesNotExist,
  ListExecutionsCommand,
  SFNClient,
  type SFNClientConfig,
  StartExecutionCommand,
  StateMachineDoesNotExist,
  StopExecutionCommand,
  type Tag,
  UpdateStateMachineCommand,
} from "@aws-sdk/client-sfn";
import { MillraceError } from "../../graph/errors.ts";
import type { StateMachine } from "../../statemachines/asl.ts";
import type { StackNames } from "../../statemachines/stack-names.ts";
import { accountError } from "../account-error.ts";
import type { Machines } from "./machines.ts";

export interface StepFunctionsOptions {
  readonly names: StackNames;
  /** `arn:aws:states:REGION:ACCOUNT:`. */
  readonly arnPrefix: string;
  /** The role that the machines have. */
  readonly roleArn: string;
  readonly client?: SFNClientConfig;
}

/** Throws MillraceError `account.*`, and `machine.refused` for a definition that Step Functions does not take. */
export function openStepFunctions(options: StepFunctionsOptions): Machines {
  const { names, arnPrefix, roleArn } = options;
  const client = new SFNClient({ maxAttempts: 8, ...options.client });

  return {
    put: (flow, { machine, children }, version) =>
      withFlow(flow, async () => {
        const tags = Object.entries(names.tagsOf(flow)).map(([key, value]) => ({ key, value }));
        const putChild = childPut(client, { roleArn, tags });
        await Promise.all(Object.entries(children).map(([child, definition]) => putChild(child, definition)));
        const name = names.machine(flow);
        const arn = `${arnPrefix}stateMachine:${name}`;
        const settings = {
          definition: JSON.stringify(machine),
          roleArn,
          publish: true,
          versionDescription: `version ${version} of flow ${flow}`,
        };
        const { stateMachineVersionArn } = await client
          .send(new UpdateStateMachineCommand({ stateMachineArn: arn, ...settings }))
          .catch((error: unknown) => {
            if (!(error instanceof StateMachineDoesNotExist)) throw error;
            return client.send(new CreateStateMachineCommand({ name, type: "STANDARD", ...settings, tags }));
          });
        return { arn, versionArn: stateMachineVersionArn!, children: Object.keys(children) };
      }),

    isRunning: (versionArn) =>
      withFlow("", async () => {
        const listed = { stateMachineArn: versionArn, statusFilter: "RUNNING", maxResults: 1 } as const;
        const { executions = [] } = (await unlessGone(() => client.send(new ListExecutionsCommand(listed)))) ?? {};
        return executions.length > 0;
      }),

    removeVersion: (stateMachineVersionArn) =>
      withFlow("", async () => {
        await unlessGone(() => client.send(new DeleteStateMachineVersionCommand({ stateMachineVersionArn })));
      }),

    remove: (stateMachineArn) =>
      withFlow("", async () => {
        await unlessGone(() => client.send(new DeleteStateMachineCommand({ stateMachineArn })));
      }),

    start: (versionArn, name, input) =>
      withFlow("", async () => {
        try {
          await client.send(
            new StartExecutionCommand({ stateMachineArn: versionArn, name, input: JSON.stringify(input) }),
          );
        } catch (error) {
          if (!(error instanceof ExecutionAlreadyExists)) throw error;
        }
      }),

    stop: (stateMachineArn, name, cause) =>
      withFlow("", async () => {
        // The same for every version of the machine.
        const executionArn = `${stateMachineArn.replace(":stateMachine:", ":execution:")}:${name}`;
        try {
          await client.send(new StopExecutionCommand({ executionArn, error: "Stopped", cause }));
        } catch (error) {
          if (!(error instanceof ExecutionDoesNotExist)) throw error;
        }
      }),
  };
}

/** Says what Step Functions throws as what became of the flow. */
async function withFlow<T>(flow: string, work: () => Promise<T>): Promise<T> {
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
        hint: "Wait until its last runs have ended, or stop them.",
        cause: error,
      });
    }
    throw accountError(error, "its state machines");
  }
}

/** Its definition is in a child's name: one that is there has it already, but perhaps the role of an earlier stack. */
function childPut(client: SFNClient, settings: { readonly roleArn: string; readonly tags: Tag[] }) {
  return async (stateMachineArn: string, machine: StateMachine): Promise<void> => {
    try {
      await client.send(new UpdateStateMachineCommand({ stateMachineArn, roleArn: settings.roleArn }));
    } catch (error) {
      if (!(error instanceof StateMachineDoesNotExist)) throw error;
      const name = stateMachineArn.slice(stateMachineArn.lastIndexOf(":") + 1);
      const definition = JSON.stringify(machine);
      await client.send(new CreateStateMachineCommand({ name, type: "STANDARD", definition, ...settings }));
    }
  };
}

/** Undefined where the machine or its version is not there. */
async function unlessGone<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    const isGone = error instanceof Error && ["StateMachineDoesNotExist", "ResourceNotFound"].includes(error.name);
    if (!isGone) throw error;
    return undefined;
  }
}
