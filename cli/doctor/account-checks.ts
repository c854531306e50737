import { createHash } from "node:crypto";
import type { BodyOf } from "../../functions/api/contract.ts";
import { shortName, type Trouble } from "../../aws/batch/job.ts";
import { ApiClient } from "../../sdk/client/api.ts";
import { personalCredentials } from "../../aws/credentials.ts";
import { askAws } from "../../aws/request.ts";
import { queuesOf } from "../../aws/batch/waiting.ts";
import { BatchHealth } from "../../aws/batch/health.ts";
import { readStackOutputs } from "../../aws/cloudformation/stack.ts";
import type { AccountProfile } from "../../sdk/client/profiles.ts";
import { MillraceError } from "../../graph/errors.ts";
import { STACK_TAG } from "../../statemachines/stack-names.ts";
import { formatCount, formatSeconds } from "../output/words.ts";
import { wrong, type Check } from "./check.ts";
import { nodeCheck } from "./local-checks.ts";

/** AWS refuses requests whose time is more than five minutes off (AWS IAM User Guide, "Signature Version 4"). */
const MOST_SKEW_SECONDS = 300;
const MANY_SKEW_SECONDS = 60;
const JOB_LIMIT_MILLISECONDS = 10 * 60_000;

/** What working with an account takes, in the order in which one leans on the other. */
export function accountChecks(profile: AccountProfile, { jobs }: { readonly jobs: boolean }): Check[] {
  const queues = queuesOf(profile);
  // What the deployment's own job definition is for.
  const fargate = queues.filter((queue) =>
    [profile.outputs["OnDemandQueue"], profile.outputs["SpotQueue"]].includes(queue),
  );
  const known = profile.stack !== undefined;
  return [
    nodeCheck,
    identityCheck(profile),
    ...(known ? [stackCheck(profile)] : []),
    apiCheck(profile),
    bucketCheck(profile),
    ...queues.map((queue) => queueCheck(profile, queue)),
    ...(known ? [schedulesCheck(profile), deadLettersCheck(profile)] : []),
    ...(jobs ? fargate.map((queue) => jobCheck(profile, queue)) : []),
  ];
}

function identityCheck({ region }: AccountProfile): Check {
  return {
    name: "identity",
    isNeeded: true,
    async look() {
      const form = { Action: "GetCallerIdentity", Version: "2011-06-15" };
      const { status, text, date } = await askAws({ service: "sts", region, path: "/", form });
      const skewSeconds = date ? Math.abs(Date.now() - date.getTime()) / 1000 : 0;
      if (skewSeconds > MOST_SKEW_SECONDS || (skewSeconds > MANY_SKEW_SECONDS && status !== 200))
        throw wrong(
          `this machine's clock is ${formatSeconds(skewSeconds)} off, and AWS refuses what is signed at another time`,
          "Set the clock, or let the system keep it.",
        );
      const [, arn] = /<Arn>([^<]+)<\/Arn>/.exec(text) ?? [];
      if (status !== 200 || arn === undefined)
        throw wrong(
          `AWS does not know these credentials (status ${status}): ${saidOf(text)}`,
          "Sign in to the account again, or set AWS_PROFILE.",
        );
      return `${arn}${skewSeconds > MANY_SKEW_SECONDS ? ` (this machine's clock is ${formatSeconds(skewSeconds)} off)` : ""}`;
    },
  };
}

function stackCheck({ stack, region, outputs }: AccountProfile): Check {
  return {
    name: "stack",
    async look() {
      const { outputs: now } = await readStackOutputs(stack!, region);
      const changed = Object.keys({ ...now, ...outputs }).filter((name) => now[name] !== outputs[name]);
      if (changed.length > 0)
        throw wrong(
          `${stack} has changed since the profile was made (${changed.join(", ")})`,
          `Read it again: millrace configure aws --stack ${stack}`,
        );
      return `${stack} in ${region} is as the profile knows it`;
    },
  };
}

function apiCheck(profile: AccountProfile): Check {
  return {
    name: "API",
    async look() {
      try {
        await new ApiClient(profile, personalCredentials).call("GET /flows", { query: { limit: 1 } });
      } catch (error) {
        throw lacking(error, profile, "execute-api:Invoke on it");
      }
      return `${profile.api} answers`;
    },
  };
}

/** A blob of today's, so that looking often leaves little. */
function bucketCheck(profile: AccountProfile): Check {
  return {
    name: "bucket",
    async look() {
      const body = Buffer.from(`millrace doctor ${new Date().toISOString().slice(0, 10)}\n`);
      const hash = createHash("sha256").update(body).digest("hex");
      const api = new ApiClient(profile, personalCredentials);
      const sign = (body: BodyOf<"POST /artifacts/sign">) => api.call("POST /artifacts/sign", { body });
      const hint = "Look whether a proxy or an endpoint policy stands between this machine and S3.";
      const upload = (await sign({ reads: [], writes: [{ hash, size: body.length }] })).writes[hash];
      if (upload) {
        const { status, text } = await send(upload.url, { method: "PUT", headers: { ...upload.headers }, body });
        if (status !== 200) throw wrong(`it does not take what is written (status ${status}): ${saidOf(text)}`, hint);
      }
      const { reads } = await sign({ reads: [hash], writes: [] });
      const { status, text } = await send(reads[hash]!);
      if (text !== body.toString()) throw wrong(`it does not give back what was written (status ${status})`, hint);
      return `${profile.outputs["Bucket"] ?? "it"} can be ${upload ? "written and read" : "read"}`;
    },
  };
}

async function send(url: string, init: RequestInit = {}): Promise<{ status: number; text: string }> {
  try {
    const response = await fetch(url, init);
    return { status: response.status, text: await response.text() };
  } catch (error) {
    const { host } = new URL(url);
    throw wrong(
      `${host} can't be reached: ${String((error as Error).cause ?? error)}`,
      "Look whether the network is there.",
    );
  }
}

function queueCheck(profile: AccountProfile, queue: string): Check {
  return {
    name: `queue ${shortName(queue)}`,
    async look() {
      const batch = new BatchHealth(profile.region);
      try {
        return findingOf(await batch.lookAt(queue));
      } catch (error) {
        throw lacking(error, profile, "batch:DescribeJobQueues and batch:DescribeComputeEnvironments");
      } finally {
        batch.close();
      }
    },
  };
}

function jobCheck(profile: AccountProfile, queue: string): Check {
  return {
    name: `job in ${shortName(queue)}`,
    async look(onProgress) {
      const batch = new BatchHealth(profile.region);
      const definition = profile.outputs["JobDefinition"]!;
      try {
        const tags = { [STACK_TAG]: profile.outputs["Stack"]! };
        return findingOf(await batch.tryJob({ queue, definition, tags }, onProgress, JOB_LIMIT_MILLISECONDS));
      } catch (error) {
        throw lacking(error, profile, "batch:SubmitJob and batch:DescribeJobs");
      } finally {
        batch.close();
      }
    },
  };
}

function schedulesCheck(profile: AccountProfile): Check {
  return {
    name: "schedules",
    async look() {
      // The group has the stack's own name.
      const group = profile.outputs["Stack"]!;
      const path = `/schedule-groups/${encodeURIComponent(group)}`;
      const { status, text } = await askAws({ service: "scheduler", region: profile.region, path });
      if (status === 403) throw lacking(denied(text), profile, "scheduler:GetScheduleGroup");
      if (status !== 200)
        throw wrong(
          `there is no group ${group} of schedules (status ${status})`,
          "Deploy Millrace again: npx sls deploy",
        );
      return `the group ${group} is there`;
    },
  };
}

function deadLettersCheck(profile: AccountProfile): Check {
  return {
    name: "dead letters",
    async look() {
      const url = profile.outputs["DeadLetters"]!;
      const form = {
        Action: "GetQueueAttributes",
        Version: "2012-11-05",
        QueueUrl: url,
        "AttributeName.1": "ApproximateNumberOfMessages",
      };
      const path = new URL(url).pathname;
      const { status, text } = await askAws({ service: "sqs", region: profile.region, path, form });
      if (status === 403) throw lacking(denied(text), profile, "sqs:GetQueueAttributes");
      const count = Number(/<Value>(\d+)<\/Value>/.exec(text)?.[1]);
      if (status !== 200 || Number.isNaN(count))
        throw wrong(`they can't be counted (status ${status}): ${saidOf(text)}`);
      if (count > 0)
        throw wrong(
          `${formatCount(count, "event")} could not be dealt with: an end of a run, or a schedule`,
          `Each tells which and why: aws sqs receive-message --queue-url ${url}`,
        );
      return "there are none";
    },
  };
}

function findingOf(found: Trouble | { readonly finding: string }): string {
  if ("finding" in found) return found.finding;
  throw wrong(found.message, found.hint);
}

function denied(text: string): MillraceError {
  return new MillraceError("account.denied", saidOf(text));
}

/** A refusal names the right that is missing, and who has it to give. */
function lacking(error: unknown, { outputs }: AccountProfile, right: string): unknown {
  if (!(error instanceof MillraceError) || error.code !== "account.denied") return error;
  const policy = outputs["PeoplePolicy"];
  return wrong(
    `you lack the right ${right}: ${error.detail}`,
    policy ? `Ask for the policy ${policy}, which has all that is needed.` : "Ask for it.",
  );
}

/** What AWS says of a refusal, as XML or as JSON. */
function saidOf(text: string): string {
  const found = [/<Code>([^<]*)</, /<Message>([^<]*)</, /"[mM]essage":"([^"]*)"/].map((one) => one.exec(text)?.[1]);
  return (found.filter(Boolean).join(": ") || text).slice(0, 300) || "it says nothing";
}
