import {
  BatchClient,
  type BatchClientConfig,
  DeregisterJobDefinitionCommand,
  DescribeJobDefinitionsCommand,
  type JobDefinition,
  RegisterJobDefinitionCommand,
} from "@aws-sdk/client-batch";
import { createHash } from "node:crypto";
import { MillraceError } from "../../graph/errors.ts";
import { FLOW_TAG, type StackNames } from "../../statemachines/stack-names.ts";
import { accountError } from "../account-error.ts";
import type { JobWanted } from "../../statemachines/job-definition.ts";
import type { JobDefinitions } from "./job-definitions.ts";

export interface BatchOptions {
  /** The deployment's own definition, as a name or ARN: what is registered starts from it. */
  readonly base: string;
  readonly names: StackNames;
  readonly client?: BatchClientConfig;
}

/** What is in a definition, so that the same again, of a deployment or of every run, is no revision of its own. */
const CONTENT_TAG = "millrace:content";

function digestOf(definition: object): string {
  return createHash("sha256").update(JSON.stringify(definition)).digest("hex");
}

/** Throws MillraceError `account.*`, and `job.refused` for what Batch does not take. */
export function openJobDefinitions({ base, names, client: config }: BatchOptions): JobDefinitions {
  const client = new BatchClient({ maxAttempts: 8, ...config });
  let standing: Promise<JobDefinition> | undefined;

  async function readBase(): Promise<JobDefinition> {
    const { jobDefinitions = [] } = await client.send(
      new DescribeJobDefinitionsCommand(
        base.startsWith("arn:") ? { jobDefinitions: [base] } : { jobDefinitionName: base, status: "ACTIVE" },
      ),
    );
    const newest = jobDefinitions.toSorted((a, b) => (b.revision ?? 0) - (a.revision ?? 0))[0];
    if (!newest) throw new MillraceError("account.missing", `The account has not got the job definition ${base}`);
    return newest;
  }

  return {
    async put(flow, step, wanted) {
      try {
        const definition = registration(await (standing ??= readBase()), wanted);
        const tags = { ...names.tagsOf(flow), [CONTENT_TAG]: digestOf(definition) };
        const jobDefinitionName = names.jobDefinition(flow, step);
        const same = await findRevision(client, jobDefinitionName, tags);
        if (same !== undefined) return same;
        const command = new RegisterJobDefinitionCommand({ ...definition, jobDefinitionName, tags });
        return (await client.send(command)).jobDefinitionArn!;
      } catch (error) {
        standing = undefined;
        if (error instanceof Error && error.name === "ClientException") {
          throw new MillraceError("job.refused", `Batch does not take what it wants of its job: ${error.message}`, {
            where: { flow, step },
            cause: error,
          });
        }
        throw accountError(error, "its job definitions");
      }
    },
    async remove(flow) {
      try {
        let nextToken: string | undefined;
        do {
          const page = await client.send(new DescribeJobDefinitionsCommand({ status: "ACTIVE", nextToken }));
          for (const { jobDefinitionArn: jobDefinition, jobDefinitionName, tags } of page.jobDefinitions ?? [])
            if (jobDefinitionName?.startsWith(names.prefix) && names.isOwn(tags) && tags?.[FLOW_TAG] === flow)
              await client.send(new DeregisterJobDefinitionCommand({ jobDefinition }));
          nextToken = page.nextToken;
        } while (nextToken !== undefined);
      } catch (error) {
        throw accountError(error, "its job definitions");
      }
    },
  };
}

/** A revision that was registered with these tags. */
async function findRevision(
  client: BatchClient,
  jobDefinitionName: string,
  wanted: Readonly<Record<string, string>>,
): Promise<string | undefined> {
  const { jobDefinitions = [] } = await client.send(
    new DescribeJobDefinitionsCommand({ jobDefinitionName, status: "ACTIVE" }),
  );
  const isSame = ({ tags }: JobDefinition) => Object.entries(wanted).every(([name, value]) => tags?.[name] === value);
  return jobDefinitions.find(isSame)?.jobDefinitionArn;
}

/** The base, with the step's image, environment and secrets; on EC2 without what only Fargate knows. */
function registration(base: JobDefinition, { image, env, secrets, needsEc2 }: JobWanted) {
  const { containerProperties: container = {}, type, retryStrategy, timeout, propagateTags } = base;
  const environment = new Map((container.environment ?? []).map(({ name, value }) => [name, value]));
  for (const [name, value] of Object.entries(env)) if (!name.startsWith("MILLRACE_")) environment.set(name, value);
  const { fargatePlatformConfiguration, networkConfiguration, runtimePlatform, ...common } = container;
  const fargate = { fargatePlatformConfiguration, networkConfiguration, runtimePlatform };
  return {
    type: type === "multinode" ? ("multinode" as const) : ("container" as const),
    platformCapabilities: [needsEc2 ? ("EC2" as const) : ("FARGATE" as const)],
    containerProperties: {
      ...common,
      ...(!needsEc2 && fargate),
      ...(image !== undefined && { image }),
      environment: [...environment].map(([name, value]) => ({ name, value })),
      secrets: [
        ...(container.secrets ?? []),
        ...Object.entries(secrets).map(([name, valueFrom]) => ({ name, valueFrom })),
      ],
    },
    ...(retryStrategy && { retryStrategy }),
    ...(timeout && { timeout }),
    ...(propagateTags !== undefined && { propagateTags }),
  };
}
