import { BatchClient, DescribeJobDefinitionsCommand } from "@aws-sdk/client-batch";
import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import {
  CreateStateMachineCommand,
  DescribeStateMachineCommand,
  ListStateMachinesCommand,
  ListTagsForResourceCommand,
  SFNClient,
} from "@aws-sdk/client-sfn";
import { flow } from "millrace";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { AnyFlow } from "../../sdk/language/language.ts";
import { isSkipped, startAccount } from "./account.ts";
import { ask, deployMillrace, sls } from "./deployed.ts";
import { actAs, personOf } from "./person.ts";
import { clientOf } from "./stack.ts";

const account = await startAccount();

/** Each with a machine and a job definition of its own. */
const orders = flow("Orders").step("start", { image: "orders:1" }, () => ({}));
const orders2 = flow("2-Orders").step("start", { image: "attacker:1" }, () => ({}));

describe.skipIf(isSkipped(account))("attack: a stage whose name begins another's", { timeout: 120_000 }, () => {
  if (isSkipped(account)) return;
  const client = clientOf(account);
  const outputs: Record<string, Record<string, string>> = {};

  async function deployFlow(stage: string, { name, graph }: AnyFlow): Promise<Record<string, string>> {
    const { ApiUrl = "", Bucket } = outputs[stage]!;
    const codePackage = "0".repeat(64);
    const s3 = new S3Client({ ...client, forcePathStyle: true });
    await s3.send(new PutObjectCommand({ Bucket, Key: `blobs/${codePackage}`, Body: "the code" }));
    const content = { graph, codePackage, user: "ann", tags: [] };
    const { status, answer } = await ask(ApiUrl, `PUT /flows/${name}`, { content });
    expect([status, answer]).toEqual([200, expect.objectContaining({ flow: name })]);
    return answer as Record<string, string>;
  }

  async function definitionOf(stateMachineArn: string): Promise<unknown> {
    const command = new DescribeStateMachineCommand({ stateMachineArn });
    const { definition } = await new SFNClient(client).send(command);
    return JSON.parse(definition!) as unknown;
  }

  async function tagsOf(resourceArn: string): Promise<Record<string, string>> {
    const { tags = [] } = await new SFNClient(client).send(new ListTagsForResourceCommand({ resourceArn }));
    return Object.fromEntries(tags.map(({ key, value }) => [key!, value!]));
  }

  /** The names of what deploying flows has made, of all stages. */
  async function made(): Promise<string[]> {
    const { stateMachines = [] } = await new SFNClient(client).send(new ListStateMachinesCommand({}));
    const command = new DescribeJobDefinitionsCommand({ status: "ACTIVE" });
    const { jobDefinitions = [] } = await new BatchClient(client).send(command);
    const jobs = jobDefinitions.filter(({ containerProperties }) => !containerProperties?.image?.includes("node:"));
    return [...stateMachines.map(({ name }) => name!), ...jobs.map((one) => one.jobDefinitionName!)].toSorted();
  }

  let victim: Record<string, string>;
  let before: unknown;

  beforeAll(async () => {
    for (const stage of ["dev", "dev-2"]) outputs[stage] = await deployMillrace(account, stage);
    actAs(await personOf(account, ...Object.values(outputs)));
    victim = await deployFlow("dev-2", orders);
    before = await definitionOf(victim["stateMachineArn"]!);
  }, 300_000);
  afterAll(() => account.stop());

  test("makes a machine of its own where the two names together are the other's machine's", async () => {
    const attacker = await deployFlow("dev", orders2);
    expect(attacker["stateMachineArn"]).not.toBe(victim["stateMachineArn"]);
    expect(await definitionOf(victim["stateMachineArn"]!)).toEqual(before);
    expect(await tagsOf(attacker["stateMachineArn"]!)).toEqual({
      "millrace:stack": "millrace-dev",
      "millrace:stage": "dev",
      "millrace:flow": "2-Orders",
    });
  });

  test("takes nothing with it of the other's, nor what somebody else gave a name like its own", async () => {
    const sfn = new SFNClient(client);
    const { stateMachineArn = "" } = await sfn.send(
      new CreateStateMachineCommand({
        name: "millrace-dev__Theirs",
        definition: JSON.stringify(before),
        roleArn: outputs["dev"]!["MachineRole"],
      }),
    );
    const theirs = await made();
    await sls(["remove", "--stage", "dev"], account);
    expect(await made()).toEqual(theirs.filter((name) => !name.includes("2-Orders")));
    expect(await definitionOf(stateMachineArn)).toEqual(before);
    expect(await definitionOf(victim["stateMachineArn"]!)).toEqual(before);
  });
});
