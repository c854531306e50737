import { BatchClient, DescribeJobDefinitionsCommand, RegisterJobDefinitionCommand } from "@aws-sdk/client-batch";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { createInterface } from "node:readline";
import { runStep } from "../../runtime/lambda/lambda-runner.ts";
import { runnerHere } from "./runner-here.ts";
import type { TaskApi } from "../../runtime/task-client.ts";
import { arrayChildIndex } from "../../statemachines/contract/contract.ts";

export interface TaskServer {
  /** How many tasks it carried out. */
  readonly count: number;
  close(): void;
}

/**
 * Carries out the tasks of an account's Batch jobs in this process, where a process for each would take too long: a
 * job's command only tells its environment and waits to be told its exit code. The task itself is a real one: it begins
 * and ends by the deployed API, with the code package and the artifacts of the account's store.
 *
 * `depthOf` says how many foreachs and loops are around a flow's step.
 */
export async function serveTasks(
  batch: BatchClient,
  definition: string,
  { api, depthOf }: { readonly api: TaskApi; readonly depthOf: (flow: string, step: string) => number },
): Promise<TaskServer> {
  let count = 0;
  const runner = runnerHere(api);
  const carryOut = async (line: string): Promise<number> => {
    const [run = "", step = "", index = "", attempts, offset, child, job, proof] = line.split("\t");
    const flow = run.slice(0, run.lastIndexOf("/"));
    const position = Number(offset || 0) + Number(child);
    const own = child === "" ? index : arrayChildIndex(index, depthOf(flow, step) - 1, position);
    count += 1;
    const request = { run, step, index: own, attempts: Number(attempts), proof: proof! };
    await runStep(runner, request, { awsRequestId: job! });
    return 0;
  };
  const answer = (socket: Socket) => {
    socket.on("error", () => {});
    createInterface({ input: socket }).once("line", (line) => {
      carryOut(line).then(
        (code) => socket.end(`${code}\n`),
        (error: unknown) => {
          console.error(line, error);
          socket.end("1\n");
        },
      );
    });
  };
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  await replaceCommand(batch, definition, [...COMMAND, String((server.address() as AddressInfo).port)]);
  return {
    get count() {
      return count;
    },
    close: () => void server.close(),
  };
}

const COMMAND = [
  "bash",
  "-c",
  `exec 3<>/dev/tcp/127.0.0.1/$0
  printf '%s\\t%s\\t%s\\t%s\\t%s\\t%s\\t%s\\t%s\\n' "$MILLRACE_RUN" "$MILLRACE_STEP" "$MILLRACE_INDEX" "$MILLRACE_ATTEMPTS" \\
    "$MILLRACE_OFFSET" "$AWS_BATCH_JOB_ARRAY_INDEX" "$AWS_BATCH_JOB_ID#$AWS_BATCH_JOB_ATTEMPT" "$MILLRACE_START_PROOF" >&3
  read -r code <&3
  exit "$code"`,
];

/** Makes a new revision of the definition, which is the one that its name stands for from then on. */
async function replaceCommand(batch: BatchClient, name: string, command: string[]): Promise<void> {
  const { jobDefinitions = [] } = await batch.send(new DescribeJobDefinitionsCommand({ jobDefinitionName: name }));
  const { type, platformCapabilities, containerProperties } = jobDefinitions[0]!;
  await batch.send(
    new RegisterJobDefinitionCommand({
      jobDefinitionName: name,
      type: type as "container",
      platformCapabilities: platformCapabilities!,
      containerProperties: { ...containerProperties, command },
    }),
  );
}
