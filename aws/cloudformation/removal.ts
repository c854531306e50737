import { BatchClient, DeregisterJobDefinitionCommand, paginateDescribeJobDefinitions } from "@aws-sdk/client-batch";
import {
  DeleteStateMachineCommand,
  ListTagsForResourceCommand,
  paginateListStateMachines,
  SFNClient,
} from "@aws-sdk/client-sfn";
import { removeRunners } from "../lambda/remove-runners.ts";
import type { StackNames } from "../../statemachines/stack-names.ts";

/**
 * Removes what deploying flows has made beside the stack: their state machines, job definitions and functions, which are
 * known by the deployment's prefix and by its tag, so that what somebody else has named so stays. Their schedules go with the stack's schedule group.
 */
export async function removeDeployed(names: StackNames): Promise<void> {
  const machines = new SFNClient({ maxAttempts: 8 });
  for await (const page of paginateListStateMachines({ client: machines }, {}))
    for (const { name, stateMachineArn } of page.stateMachines ?? [])
      if (name?.startsWith(names.prefix) && names.isOwn(await tagsOf(machines, stateMachineArn!)))
        await machines.send(new DeleteStateMachineCommand({ stateMachineArn }));

  const jobs = new BatchClient({ maxAttempts: 8 });
  for await (const page of paginateDescribeJobDefinitions({ client: jobs }, { status: "ACTIVE" }))
    for (const { jobDefinitionName, jobDefinitionArn, tags } of page.jobDefinitions ?? [])
      if (jobDefinitionName?.startsWith(names.prefix) && names.isOwn(tags))
        await jobs.send(new DeregisterJobDefinitionCommand({ jobDefinition: jobDefinitionArn }));

  await removeRunners(names);
}

async function tagsOf(machines: SFNClient, resourceArn: string): Promise<Record<string, string>> {
  const { tags = [] } = await machines.send(new ListTagsForResourceCommand({ resourceArn }));
  return Object.fromEntries(tags.map(({ key, value }) => [key!, value!]));
}

/** What CloudFormation asks of a custom resource. Source: CloudFormation user guide, "Custom resource request reference". */
export interface StackEvent {
  readonly RequestType: "Create" | "Update" | "Delete";
  readonly ResponseURL: string;
  readonly StackId: string;
  readonly RequestId: string;
  readonly LogicalResourceId: string;
  readonly PhysicalResourceId?: string;
}

/** Carries out `remove` where the stack goes, and tells CloudFormation, which else waits for an hour. */
export async function answerStack(event: StackEvent, remove: () => Promise<void>): Promise<void> {
  const { RequestType, ResponseURL, StackId, RequestId, LogicalResourceId } = event;
  let outcome: { readonly Status: "SUCCESS" | "FAILED"; readonly Reason?: string } = { Status: "SUCCESS" };
  try {
    if (RequestType === "Delete") await remove();
  } catch (error) {
    console.error(error);
    outcome = { Status: "FAILED", Reason: (error as Error).message.slice(0, 1000) };
  }
  const PhysicalResourceId = event.PhysicalResourceId ?? LogicalResourceId;
  const body = JSON.stringify({ ...outcome, PhysicalResourceId, StackId, RequestId, LogicalResourceId });
  // The URL is signed for a PUT without a type.
  const response = await fetch(ResponseURL, { method: "PUT", headers: { "content-type": "" }, body });
  if (!response.ok) throw new Error(`CloudFormation answered ${response.status}`);
}
