import type { LogStream } from "./log-stream.ts";
import { accountError } from "../account-error.ts";
import type { Attempt, RunSummary } from "../../store/ledger/ledger.ts";
import { foreignLog } from "../../graph/foreign-log.ts";
import { MillraceError } from "../../graph/errors.ts";
import { batchLogStream } from "../batch/log-stream.ts";

/** What Lambda itself says in a function's log. */
const PLATFORM = /^(INIT_START|START|END|REPORT) |^XRAY /;

/**
 * What an attempt printed, in pieces. An attempt that never came to report says not where its output is: then its Batch
 * job does, for as long as Batch knows it. Throws MillraceError `log.missing`, `log.foreign`.
 */
export async function* readAttemptLog(
  { region, outputs }: { readonly region: string; readonly outputs: StackOutputs },
  run: RunSummary,
  attempt: Attempt,
): AsyncGenerator<Uint8Array> {
  const found = streamOf(attempt) ?? (await batchLogStream(region, attempt.by));
  if (!found) return;
  if (!isStackGroup(found.group, outputs)) throw foreignLog(`${found.group}:${found.stream}`, "a log of this stack");
  const { CloudWatchLogsClient, GetLogEventsCommand } = await import("@aws-sdk/client-cloudwatch-logs");
  const client = new CloudWatchLogsClient({ region });
  const { group, stream, from, to } = found;
  let nextToken: string | undefined;
  try {
    for (;;) {
      const page = await client.send(
        new GetLogEventsCommand({
          logGroupName: group,
          logStreamName: stream,
          startFromHead: true,
          ...(from !== undefined && { startTime: from }),
          ...(to !== undefined && { endTime: to + 1 }),
          ...(nextToken !== undefined && { nextToken }),
        }),
      );
      const lines = (page.events ?? []).map(({ message = "" }) => message).filter((line) => !PLATFORM.test(line));
      if (lines.length > 0) yield Buffer.from(lines.map((line) => (line.endsWith("\n") ? line : `${line}\n`)).join(""));
      // The last page's token leads to itself.
      if (page.nextForwardToken === undefined || page.nextForwardToken === nextToken) return;
      nextToken = page.nextForwardToken;
    }
  } catch (error) {
    if (error instanceof Error && error.name === "ResourceNotFoundException") {
      throw new MillraceError("log.missing", `the log of ${run.flow}/${run.run} is no longer in CloudWatch`, {
        where: { step: attempt.step },
        cause: error,
      });
    }
    throw accountError(error, `the log group ${group}`);
  } finally {
    client.destroy();
  }
}

type StackOutputs = Readonly<Record<string, string>>;

/** Whether the output of a stack's tasks is there: in its jobs' group, or in one of its functions'. */
function isStackGroup(group: string, { TaskLogs, Prefix }: StackOutputs): boolean {
  // Of a stack that is known by its URL alone the name is not known.
  if (TaskLogs === undefined) return /^\/(millrace\/|aws\/lambda\/millrace-)[\w./-]+$/.test(group);
  return group === TaskLogs || (Prefix !== undefined && group.startsWith(`/aws/lambda/${Prefix}`));
}

/** As the task itself reported: `GROUP:STREAM`. */
function streamOf({ log }: Attempt): LogStream | undefined {
  const colon = log?.stream.indexOf(":") ?? -1;
  if (!log || colon < 0) return undefined;
  return { group: log.stream.slice(0, colon), stream: log.stream.slice(colon + 1), from: log.from, to: log.to };
}
