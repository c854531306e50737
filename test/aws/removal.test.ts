import { BatchClient, DescribeJobDefinitionsCommand } from "@aws-sdk/client-batch";
import { CloudWatchLogsClient, DescribeLogGroupsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { DynamoDBClient, ListTablesCommand } from "@aws-sdk/client-dynamodb";
import { LambdaClient, ListFunctionsCommand } from "@aws-sdk/client-lambda";
import { ListBucketsCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { ListSchedulesCommand, SchedulerClient } from "@aws-sdk/client-scheduler";
import { ListStateMachinesCommand, SFNClient } from "@aws-sdk/client-sfn";
import { flow } from "millrace";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { packArchive } from "../../store/code/code-archive.ts";
import { ARCHIVED } from "../../store/code/code-archive-files.ts";
import { isWidest, NOT_WIDEST } from "../widest.ts";
import { isSkipped, startAccount } from "./account.ts";
import { ask, deployMillrace, sls } from "./deployed.ts";
import { actAs, personOf } from "./person.ts";
import { clientOf } from "./stack.ts";

const account = !isWidest ? NOT_WIDEST : await startAccount();

/** With a machine, a schedule, a job definition and a function of its own. */
const nightly = flow("Nightly", { schedule: "cron(0 6 * * ? *)" })
  .step("start", { image: "python:3.12", env: { MODE: "full" } }, () => ({}))
  .step("end", { compute: "lambda" }, () => ({}));

const code = packArchive({ [ARCHIVED.runtime]: "" });

describe.skipIf(isSkipped(account))("two stages in one account, of which one is removed", () => {
  if (isSkipped(account)) return;
  const client = clientOf(account);
  const outputs: Record<string, Record<string, string>> = {};

  async function deployFlow(stage: string): Promise<void> {
    const api = outputs[stage]!["ApiUrl"]!;
    const codePackage = code.hash;
    const s3 = new S3Client({ ...client, forcePathStyle: true });
    await s3.send(
      new PutObjectCommand({ Bucket: outputs[stage]!["Bucket"], Key: `blobs/${codePackage}`, Body: code.bytes }),
    );
    const { status, answer } = await ask(api, "PUT /flows/Nightly", {
      content: { graph: nightly.graph, codePackage, user: "ann", tags: [] },
    });
    expect([status, answer]).toEqual([200, expect.objectContaining({ flow: "Nightly", version: 1 })]);
  }

  /** What there is of a stage, by kind. */
  async function partsOf(stage: string) {
    const prefix = `millrace-${stage}`;
    const names = async (list: Promise<readonly (string | undefined)[]>) =>
      (await list).filter((name) => name?.startsWith(prefix)).length;
    const sfn = new SFNClient(client);
    return {
      machines: await names(
        sfn.send(new ListStateMachinesCommand({})).then(({ stateMachines = [] }) => stateMachines.map((m) => m.name)),
      ),
      jobDefinitions: await names(
        new BatchClient(client)
          .send(new DescribeJobDefinitionsCommand({ status: "ACTIVE" }))
          .then(({ jobDefinitions = [] }) => jobDefinitions.map((one) => one.jobDefinitionName)),
      ),
      schedules: await names(
        new SchedulerClient(client)
          .send(new ListSchedulesCommand({}))
          .then(({ Schedules = [] }) => Schedules.map((one) => one.GroupName)),
      ),
      functions: await names(
        new LambdaClient(client)
          .send(new ListFunctionsCommand({}))
          .then(({ Functions = [] }) => Functions.map((one) => one.FunctionName)),
      ),
      functionLogs: await names(
        new CloudWatchLogsClient(client)
          .send(new DescribeLogGroupsCommand({ logGroupNamePrefix: "/aws/lambda/" }))
          .then(({ logGroups = [] }) => logGroups.map((one) => one.logGroupName?.slice("/aws/lambda/".length))),
      ),
      tables: (await new DynamoDBClient(client).send(new ListTablesCommand({}))).TableNames!.filter(
        (name) => name === outputs[stage]!["Table"],
      ).length,
    };
  }
  const whole = { machines: 1, jobDefinitions: 2, schedules: 1, functions: 6, functionLogs: 6, tables: 1 };

  beforeAll(async () => {
    for (const stage of ["one", "two"]) outputs[stage] = await deployMillrace(account, stage);
    actAs(await personOf(account, ...Object.values(outputs)));
    for (const stage of ["one", "two"]) await deployFlow(stage);
  }, 300_000);
  afterAll(() => account.stop());

  test("stand side by side, each with a flow of the same name", async () => {
    expect(await partsOf("one")).toEqual(whole);
    expect(await partsOf("two")).toEqual(whole);
    expect(outputs["one"]!["Table"]).not.toBe(outputs["two"]!["Table"]);
  });

  test("`sls remove` takes all of one but its bucket with what is in it, and nothing of the other", async () => {
    await sls(["remove", "--stage", "one"], account);
    const nothing = Object.fromEntries(Object.keys(whole).map((kind) => [kind, 0]));
    expect(await partsOf("one")).toEqual(nothing);
    expect(await partsOf("two")).toEqual(whole);

    const s3 = new S3Client({ ...client, forcePathStyle: true });
    const { Buckets = [] } = await s3.send(new ListBucketsCommand({}));
    const left = Buckets.map(({ Name }) => Name!).filter((name) => name.startsWith("millrace-one"));
    expect(left).toEqual([outputs["one"]!["Bucket"]]);
    const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: left[0], Prefix: "blobs/" }));
    expect(Contents.length).toBeGreaterThan(0);
  }, 120_000);
});
