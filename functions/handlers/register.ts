import { openJobDefinitions } from "../../aws/batch/job-definitions-in-batch.ts";
import { openLambdaRunners } from "../../aws/lambda/lambda-runners.ts";
import { openSchedules } from "../../aws/scheduler/eventbridge-schedules.ts";
import { openS3Ranges } from "../../aws/s3/ranges.ts";
import { answerStack, removeDeployed, type StackEvent } from "../../aws/cloudformation/removal.ts";
import { openAccount, openSigning } from "./account.ts";
import type { SharedResources } from "../deploy/resources-for.ts";
import { listSetting, numberSetting, setting } from "./setting.ts";
import { handleHttp } from "./http.ts";
import { openMachines } from "./machines.ts";
import { openNames } from "./names.ts";

const { blobs, lineageOf, now } = openAccount();
const names = openNames();
const spot = process.env["MILLRACE_QUEUE_SPOT"];
const ec2 = process.env["MILLRACE_QUEUE_EC2"];
const gpu = process.env["MILLRACE_QUEUE_GPU"];

const resources: SharedResources = {
  queues: {
    onDemand: setting("MILLRACE_QUEUE_ON_DEMAND"),
    ...(spot && { spot }),
    ...(ec2 && { ec2 }),
    ...(gpu && { gpu }),
  },
  jobDefinition: { default: setting("MILLRACE_JOB_DEFINITION") },
  bookkeeping: setting("MILLRACE_BOOKKEEPING"),
  machines: `${setting("MILLRACE_STATES_ARN")}stateMachine:${names.prefix}`,
  tags: names.tags,
  table: setting("MILLRACE_TABLE"),
  bucket: setting("MILLRACE_BUCKET"),
  keepsMapRuns: true,
  waitSeconds: numberSetting("MILLRACE_WAIT_SECONDS"),
};

const http = handleHttp({
  register: {
    blobs,
    lineageOf,
    now,
    resources,
    signer: openSigning().signer,
    ...openMachines(),
    schedules: openSchedules({
      names,
      group: setting("MILLRACE_SCHEDULE_GROUP"),
      targetArn: setting("MILLRACE_DISPATCH"),
      roleArn: setting("MILLRACE_SCHEDULE_ROLE"),
      deadLetterArn: setting("MILLRACE_DEAD_LETTERS"),
    }),
    secretNames: {
      ofFlows: `millrace/${setting("MILLRACE_STAGE")}/`,
      shared: listSetting("MILLRACE_SHARED_SECRETS"),
    },
    maxRounds: numberSetting("MILLRACE_MAX_ROUNDS"),
    imageRepositories: listSetting("MILLRACE_IMAGE_REPOSITORIES"),
    jobs: openJobDefinitions({ base: setting("MILLRACE_JOB_DEFINITION"), names }),
    runners: openLambdaRunners({
      names,
      roleArn: setting("MILLRACE_RUNNER_ROLE"),
      api: setting("MILLRACE_API"),
      runtime: setting("MILLRACE_RUNNER_RUNTIME"),
      logDays: Number(setting("MILLRACE_LOG_DAYS")),
    }),
    storeRanges: openS3Ranges(setting("MILLRACE_BUCKET")),
  },
});

/** Code packages, and flows as they are deployed; all of these go where the stack itself does. */
export async function handler(event: StackEvent | Parameters<typeof http>[0], context?: unknown) {
  if ("RequestType" in event) return answerStack(event, () => removeDeployed(names));
  return http(event, context as Parameters<typeof http>[1]);
}
