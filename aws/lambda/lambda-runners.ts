import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  PutRetentionPolicyCommand,
  ResourceAlreadyExistsException,
} from "@aws-sdk/client-cloudwatch-logs";
import {
  CreateFunctionCommand,
  DeleteFunctionCommand,
  type FunctionConfiguration,
  GetFunctionConfigurationCommand,
  LambdaClient,
  PublishVersionCommand,
  ResourceNotFoundException,
  type Runtime,
  UpdateFunctionCodeCommand,
  UpdateFunctionConfigurationCommand,
} from "@aws-sdk/client-lambda";
import { createHash } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import { MillraceError } from "../../graph/errors.ts";
import type { StackNames } from "../../statemachines/stack-names.ts";
import { RUNNER_CODE, RUNNER_ENVIRONMENT } from "../../statemachines/contract/runner-function.ts";
import { LIMITS } from "../../statemachines/limits.ts";
import { accountError } from "../account-error.ts";
import { tidyOwnRunners, tidyVersions, versionsOf } from "./own-runners.ts";
import { runnerZip } from "./runner-zip.ts";
import type { RunnerWanted, Runners } from "./runners.ts";

export interface LambdaRunnersOptions {
  readonly names: StackNames;
  /** The role that the steps' own code has. */
  readonly roleArn: string;
  /** The URL of the API that the functions call. */
  readonly api: string;
  /** Such as `nodejs22.x`. */
  readonly runtime: string;
  /** How long the functions' logs are kept. */
  readonly logDays: number;
  readonly now?: () => number;
}

/** Of a change that takes longer than an answer of the API may. */
const SETTLED_MILLISECONDS = 20_000;
const LOOK_MILLISECONDS = 250;

/** Somebody else changes the function at the same moment. */
const OVERTAKEN = new Set(["ResourceConflictException", "PreconditionFailedException"]);

interface Account {
  readonly client: LambdaClient;
  readonly logs: CloudWatchLogsClient;
  readonly options: LambdaRunnersOptions;
}

/**
 * Functions of AWS Lambda. Throws MillraceError `account.*`, `code.tooLarge`, `runner.busy`, and `runner.refused` for what
 * Lambda does not take.
 */
export function openLambdaRunners(options: LambdaRunnersOptions): Runners {
  const { names, now = Date.now } = options;
  const client = new LambdaClient({ maxAttempts: 8 });
  const account: Account = { client, logs: new CloudWatchLogsClient({ maxAttempts: 8 }), options };

  return {
    put: (wanted) =>
      said(wanted.flow, async () => {
        const versionArn = await putFunction(account, wanted);
        if (wanted.person !== undefined) await tidyVersions(client, versionArn, now());
        return versionArn;
      }),
    keep: (flow, versionArns) =>
      said(flow, async () => {
        const FunctionName = names.runner(flow);
        if (versionArns.length === 0) {
          await unlessGone(() => client.send(new DeleteFunctionCommand({ FunctionName })));
          return;
        }
        for (const { FunctionArn = "", Version } of await versionsOf(client, FunctionName))
          if (!versionArns.includes(FunctionArn))
            await unlessGone(() => client.send(new DeleteFunctionCommand({ FunctionName, Qualifier: Version })));
      }),
  };
}

async function said<T>(flow: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Error && error.name === "InvalidParameterValueException")
      throw new MillraceError("runner.refused", `Lambda does not take its function: ${error.message}`, {
        where: { flow },
        cause: error,
      });
    throw accountError(error, "its function");
  }
}

async function putFunction(account: Account, wanted: RunnerWanted): Promise<string> {
  const { client, options } = account;
  const FunctionName = nameOf(options.names, wanted);
  const until = Date.now() + SETTLED_MILLISECONDS;
  for (;;) {
    try {
      const standing = await settled(client, { FunctionName }, until);
      if (!standing) await make(account, FunctionName, wanted);
      else if (!isAsWanted(standing, wanted, options)) await change(account, FunctionName, wanted);
      const ready = await settled(client, { FunctionName }, until);
      if (ready && isAsWanted(ready, wanted, options)) return await publish(client, ready, until);
    } catch (error) {
      if (!(error instanceof Error && OVERTAKEN.has(error.name))) throw error;
    }
    if (Date.now() > until)
      throw new MillraceError("runner.busy", "its function on Lambda is still being changed", {
        where: { flow: wanted.flow },
        hint: "Try again in a minute.",
      });
    await setTimeout(LOOK_MILLISECONDS);
  }
}

/** Says at last what it is made of, so that what was broken off in between is done again. */
async function change({ client, options }: Account, FunctionName: string, wanted: RunnerWanted): Promise<void> {
  const zip = runnerZip(wanted.flow, await wanted.readCode());
  await client.send(new UpdateFunctionCodeCommand({ FunctionName, ZipFile: zip.bytes }));
  await settled(client, { FunctionName }, Date.now() + SETTLED_MILLISECONDS);
  const settings = settingsOf(wanted, zip.sha256, options);
  await client.send(new UpdateFunctionConfigurationCommand({ FunctionName, ...settings }));
}

async function make(account: Account, FunctionName: string, wanted: RunnerWanted): Promise<void> {
  const { client, options } = account;
  const { names, now = Date.now } = options;
  const Tags = { ...names.tagsOf(wanted.flow) };
  const zip = runnerZip(wanted.flow, await wanted.readCode());
  await makeLogGroup(account, `/aws/lambda/${FunctionName}`, Tags);
  await client.send(
    new CreateFunctionCommand({
      FunctionName,
      Architectures: ["arm64"],
      Code: { ZipFile: zip.bytes },
      Tags,
      ...settingsOf(wanted, zip.sha256, options),
    }),
  );
  if (wanted.person !== undefined) await tidyOwnRunners(client, names, now());
}

async function makeLogGroup(
  { logs, options }: Account,
  logGroupName: string,
  tags: Record<string, string>,
): Promise<void> {
  try {
    await logs.send(new CreateLogGroupCommand({ logGroupName, tags }));
  } catch (error) {
    if (!(error instanceof ResourceAlreadyExistsException)) throw error;
  }
  await logs.send(new PutRetentionPolicyCommand({ logGroupName, retentionInDays: options.logDays }));
}

/** A version of what was looked at and of nothing else; the same again where nothing has changed since. */
async function publish(client: LambdaClient, ready: FunctionConfiguration, until: number): Promise<string> {
  const { FunctionName = "", CodeSha256, RevisionId } = ready;
  const made = await client.send(new PublishVersionCommand({ FunctionName, CodeSha256, RevisionId }));
  await settled(client, { FunctionName, Qualifier: made.Version }, until);
  return made.FunctionArn!;
}

function nameOf(names: StackNames, { flow, person }: RunnerWanted): string {
  if (person === undefined) return names.runner(flow);
  return names.runner(flow, createHash("sha256").update(person).digest("hex").slice(0, 12));
}

/** What a function is, but for its code; its description says which that is. */
function settingsOf(wanted: RunnerWanted, sha256: string, { roleArn, api, runtime }: LambdaRunnersOptions) {
  const { flow, codePackage, memoryMiB } = wanted;
  return {
    Description: `Flow ${flow}, code ${sha256}`,
    Handler: RUNNER_CODE.handler,
    Runtime: runtime as Runtime,
    Role: roleArn,
    Timeout: LIMITS.lambdaSeconds,
    MemorySize: memoryMiB,
    Environment: { Variables: { [RUNNER_ENVIRONMENT.api]: api, [RUNNER_ENVIRONMENT.code]: codePackage } },
  };
}

function isAsWanted(standing: FunctionConfiguration, wanted: RunnerWanted, options: LambdaRunnersOptions): boolean {
  const { Environment, CodeSha256 = "", ...rest } = standing;
  const { Environment: variables, ...settings } = settingsOf(wanted, CodeSha256, options);
  return (
    Object.entries(settings).every(([name, value]) => rest[name as keyof typeof rest] === value) &&
    Object.entries(variables.Variables).every(([name, value]) => Environment?.Variables?.[name] === value)
  );
}

/** The function, or a version of it, once no change of it is under way; undefined where there is none. */
async function settled(
  client: LambdaClient,
  which: { readonly FunctionName: string; readonly Qualifier?: string | undefined },
  until: number,
): Promise<FunctionConfiguration | undefined> {
  for (;;) {
    const found = await unlessGone(() => client.send(new GetFunctionConfigurationCommand(which)));
    if (!found || (found.State !== "Pending" && found.LastUpdateStatus !== "InProgress")) return found;
    if (Date.now() > until)
      throw Object.assign(new Error("it is still being made"), { name: "ResourceConflictException" });
    await setTimeout(LOOK_MILLISECONDS);
  }
}

async function unlessGone<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof ResourceNotFoundException)) throw error;
    return undefined;
  }
}
