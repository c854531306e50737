import {
  CloudWatchLogsClient,
  DeleteLogGroupCommand,
  ListTagsForResourceCommand,
  paginateDescribeLogGroups,
} from "@aws-sdk/client-cloudwatch-logs";
import { DeleteFunctionCommand, LambdaClient, ListTagsCommand, paginateListFunctions } from "@aws-sdk/client-lambda";
import type { StackNames } from "../../statemachines/stack-names.ts";

/** Removes all functions of flows, people's own too, and their logs: those that have this deployment's names and its tag. */
export async function removeRunners(names: StackNames): Promise<void> {
  const client = new LambdaClient({ maxAttempts: 8 });
  for await (const page of paginateListFunctions({ client }, {}))
    for (const { FunctionName = "", FunctionArn } of page.Functions ?? []) {
      if (!FunctionName.startsWith(names.prefix)) continue;
      const { Tags } = await client.send(new ListTagsCommand({ Resource: FunctionArn }));
      if (names.isOwn(Tags)) await client.send(new DeleteFunctionCommand({ FunctionName }));
    }

  const logs = new CloudWatchLogsClient({ maxAttempts: 8 });
  const logGroupNamePrefix = `/aws/lambda/${names.prefix}`;
  for await (const page of paginateDescribeLogGroups({ client: logs }, { logGroupNamePrefix }))
    for (const { logGroupName, arn = "" } of page.logGroups ?? []) {
      // Of a group's two ARNs tags go by the one without a star.
      const resourceArn = arn.replace(/:\*$/, "");
      const { tags } = await logs.send(new ListTagsForResourceCommand({ resourceArn }));
      if (names.isOwn(tags)) await logs.send(new DeleteLogGroupCommand({ logGroupName }));
    }
}
