import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { accountError } from "../../aws/account-error.ts";
import { MillraceError } from "../../graph/errors.ts";
import type { Json, JsonObject } from "../../graph/graph.ts";
import { TaskFailure } from "../../engine/asl/errors.ts";

export interface Functions {
  /** Throws TaskFailure with the error that a state machine would see; `onLog` has what was printed in either case. */
  invoke(name: string, payload: JsonObject, onLog: (log: string) => void): Promise<Json>;
  close(): void;
}

/** Characters of a failure's cause. Step Functions API reference, "TaskFailedEventDetails". */
const LONGEST_CAUSE = 32_768;

/** AWS Lambda by the rights of the person at this machine. */
export function openFunctions(region: string): Functions {
  // Whether it is tried again is the machine's to say: a call that was cut off may have been carried out.
  const client = new LambdaClient({ region, maxAttempts: 1 });
  return {
    async invoke(name, payload, onLog) {
      const answer = await send(client, name, payload);
      if (answer.LogResult) onLog(Buffer.from(answer.LogResult, "base64").toString("utf8"));
      const text = Buffer.from(answer.Payload ?? []).toString("utf8");
      if (answer.FunctionError === undefined) return text === "" ? null : (JSON.parse(text) as Json);
      const { errorType = "Lambda.Unknown" } = JSON.parse(text || "{}") as { errorType?: string };
      throw new TaskFailure(errorType, text.slice(0, LONGEST_CAUSE));
    },
    close: () => client.destroy(),
  };
}

async function send(client: LambdaClient, name: string, payload: JsonObject) {
  try {
    const Payload = Buffer.from(JSON.stringify(payload));
    return await client.send(new InvokeCommand({ FunctionName: name, Payload, LogType: "Tail" }));
  } catch (thrown) {
    const error = accountError(thrown, "AWS Lambda");
    if (error instanceof MillraceError && error.code !== "account.busy" && error.code !== "account.unreachable")
      throw error;
    const { name: type, message } = thrown as Error;
    throw new TaskFailure(
      /^(ECONN|ETIMEDOUT|TimeoutError)/.test(type) ? "Lambda.SdkClientException" : `Lambda.${type}`,
      message,
    );
  }
}
