import {
  DeleteFunctionCommand,
  type FunctionConfiguration,
  type LambdaClient,
  ListTagsCommand,
  paginateListFunctions,
  paginateListVersionsByFunction,
  TagResourceCommand,
} from "@aws-sdk/client-lambda";
import type { StackNames } from "../../statemachines/stack-names.ts";

/**
 * What people's own runs leave behind. Nobody says when the last of them is over that began with a version, so one that
 * nothing has begun with for so long is taken for unused; a run that goes on for longer makes it anew.
 */
const UNUSED_MILLISECONDS = 30 * 86_400_000;

const USED_TAG = "millrace:used";

/** Notes that the function is used, and takes away its versions that were superseded long ago. */
export async function tidyVersions(client: LambdaClient, versionArn: string, now: number): Promise<void> {
  const functionArn = versionArn.slice(0, versionArn.lastIndexOf(":"));
  const today = new Date(now).toISOString().slice(0, 10);
  await client.send(new TagResourceCommand({ Resource: functionArn, Tags: { [USED_TAG]: today } }));
  const FunctionName = functionArn.slice(functionArn.lastIndexOf(":") + 1);
  const versions = await versionsOf(client, FunctionName);
  for (const [at, { Version, FunctionArn }] of versions.entries()) {
    const next = versions[at + 1];
    if (FunctionArn !== versionArn && next && isOld(next.LastModified, now))
      await client.send(new DeleteFunctionCommand({ FunctionName, Qualifier: Version }));
  }
}

/** What was published of a function, the oldest first. */
export async function versionsOf(client: LambdaClient, FunctionName: string): Promise<FunctionConfiguration[]> {
  const versions: FunctionConfiguration[] = [];
  for await (const page of paginateListVersionsByFunction({ client }, { FunctionName }))
    versions.push(...(page.Versions ?? []).filter(({ Version }) => Version !== "$LATEST"));
  return versions.toSorted((a, b) => Number(a.Version) - Number(b.Version));
}

/** Takes away the functions of people that nobody has used for long. */
export async function tidyOwnRunners(client: LambdaClient, names: StackNames, now: number): Promise<void> {
  for await (const page of paginateListFunctions({ client }, {}))
    for (const { FunctionName = "", FunctionArn, LastModified } of page.Functions ?? []) {
      if (!FunctionName.startsWith(names.ownRunners) || !isOld(LastModified, now)) continue;
      const { Tags } = await client.send(new ListTagsCommand({ Resource: FunctionArn }));
      if (names.isOwn(Tags) && isOld(Tags?.[USED_TAG] ?? LastModified, now))
        await client.send(new DeleteFunctionCommand({ FunctionName }));
    }
}

function isOld(at: string | undefined, now: number): boolean {
  return at !== undefined && Date.parse(at) < now - UNUSED_MILLISECONDS;
}
