import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import type { JsonObject } from "../../graph/graph.ts";
import { accountError } from "../account-error.ts";

/** AWS Lambda, for whoever calls functions. */
export interface Functions {
  /** Calls a function and waits for its answer. Throws MillraceError `account.*` where it can't be called. */
  invoke(name: string, payload: JsonObject): Promise<FunctionAnswer>;
  close(): void;
}

export interface FunctionAnswer {
  /** JSON, or nothing. */
  readonly text: string;
  /** The end of what it printed. */
  readonly log?: string;
  /** It threw, or died: `text` says why. */
  readonly hasFailed: boolean;
}

/** By the rights of the person at this machine. */
export function openFunctions(region: string): Functions {
  // Whether it is tried again is the machine's to say: a call that was cut off may have been carried out.
  const client = new LambdaClient({ region, maxAttempts: 1 });
  return {
    async invoke(name, payload) {
      try {
        const Payload = Buffer.from(JSON.stringify(payload));
        const answer = await client.send(new InvokeCommand({ FunctionName: name, Payload, LogType: "Tail" }));
        const log = answer.LogResult && Buffer.from(answer.LogResult, "base64").toString("utf8");
        return {
          text: Buffer.from(answer.Payload ?? []).toString("utf8"),
          hasFailed: answer.FunctionError !== undefined,
          ...(log && { log }),
        };
      } catch (thrown) {
        throw accountError(thrown, "AWS Lambda");
      }
    },
    close: () => client.destroy(),
  };
}
