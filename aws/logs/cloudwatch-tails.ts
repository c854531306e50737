import {
  CloudWatchLogsClient,
  GetLogEventsCommand,
  type GetLogEventsCommandOutput,
} from "@aws-sdk/client-cloudwatch-logs";
import type { LogTails } from "./job-log.ts";

/** Pages that one look reads of a stream at most: some 10,000 lines each. */
const PAGES = 20;

/** CloudWatch Logs by the rights of the person at this machine. */
export function openLogTails(region: string): LogTails {
  const client = new CloudWatchLogsClient({ region, maxAttempts: 5 });
  return {
    async read({ group, stream, token, toEnd }) {
      const lines: string[] = [];
      let nextToken = token;
      for (let page = 0; page < PAGES; page++) {
        const asked = {
          logGroupName: group,
          logStreamName: stream,
          startFromHead: true,
          ...(nextToken !== undefined && { nextToken }),
        };
        const { events = [], nextForwardToken }: GetLogEventsCommandOutput = await client.send(
          new GetLogEventsCommand(asked),
        );
        for (const { message = "" } of events) lines.push(message.replace(/\r?\n$/, ""));
        // The last page's token leads to itself.
        if (nextForwardToken === undefined || nextForwardToken === nextToken) break;
        nextToken = nextForwardToken;
        if (!toEnd) break;
      }
      return { lines, token: nextToken };
    },
    close: () => client.destroy(),
  };
}
