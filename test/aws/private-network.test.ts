import { BatchClient, DescribeJobDefinitionsCommand, DescribeJobsCommand } from "@aws-sdk/client-batch";
import { CloudFormationClient, GetTemplateCommand } from "@aws-sdk/client-cloudformation";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { register, trigger } from "../../sdk/account.ts";
import { createClient, type Client } from "../../sdk/client/client.ts";
import closed, { large } from "../support/closed-flow.ts";
import { isWidest, NOT_WIDEST } from "../widest.ts";
import { isSkipped, startAccount } from "./account.ts";
import { deployMillrace } from "./deployed.ts";
import { actAs, personOf } from "./person.ts";
import { ADMINISTRATOR, signedHeaders } from "./sign.ts";
import { clientOf } from "./stack.ts";

const account = !isWidest ? NOT_WIDEST : await startAccount();

interface Resource {
  readonly Type: string;
  readonly Properties: Record<string, any>;
}

describe.skipIf(isSkipped(account))("a deployment without a way to the internet", () => {
  if (isSkipped(account)) return;
  const home = mkdtempSync(join(tmpdir(), "millrace-private-"));
  let outputs: Readonly<Record<string, string>>;
  let client: Client;
  let resources: Readonly<Record<string, Resource>>;
  const ofType = (type: string) => Object.values(resources).filter(({ Type }) => Type === type);

  beforeAll(async () => {
    outputs = await deployMillrace(account, "closed", "--param", "network=private", "--param", "ec2=on");
    actAs(await personOf(account, outputs));
    Object.assign(process.env, { MILLRACE_HOME: home, MILLRACE_SERVICE_URL: outputs["ApiUrl"] });
    client = createClient({ api: outputs["ApiUrl"]!, region: "us-east-1" });
    const { TemplateBody = "" } = await new CloudFormationClient(clientOf(account)).send(
      new GetTemplateCommand({ StackName: "millrace-closed" }),
    );
    ({ Resources: resources } = JSON.parse(TemplateBody) as { Resources: Record<string, Resource> });
  }, 120_000);
  afterAll(async () => {
    await account.stop();
    rmSync(home, { recursive: true, force: true });
  });

  test("has no gateway, no route out and no public address", () => {
    for (const type of ["InternetGateway", "NatGateway", "EgressOnlyInternetGateway", "EIP", "Route"])
      expect(ofType(`AWS::EC2::${type}`)).toEqual([]);
    const { NetworkConfiguration } = resources["TaskDefinition"]!.Properties["ContainerProperties"];
    expect(NetworkConfiguration).toEqual({ AssignPublicIp: "DISABLED" });
  });

  test("reaches all that a task calls by endpoints of its own", () => {
    const services = ofType("AWS::EC2::VPCEndpoint").map(({ Properties }) =>
      (Properties["ServiceName"]["Fn::Sub"] as string).replace("com.amazonaws.${AWS::Region}.", ""),
    );
    const wanted = ["ecr.api", "ecr.dkr", "execute-api", "logs", "s3", "secretsmanager", "ssm"];
    expect(services.toSorted()).toEqual(wanted);
  });

  test("gives tasks an API that takes signed requests through its endpoint alone, and only theirs", () => {
    const [api] = ofType("AWS::ApiGateway::RestApi");
    expect(api!.Properties["EndpointConfiguration"]["Types"]).toEqual(["PRIVATE"]);
    const { Statement } = api!.Properties["Policy"] as { Statement: Record<string, unknown>[] };
    expect(Statement[0]).toMatchObject({
      Resource: "execute-api:/*/POST/runs/*/*/tasks/*",
      Condition: { StringEquals: { "aws:SourceVpce": { Ref: "ApiEndpoint" } } },
    });
    const methods = ofType("AWS::ApiGateway::Method").map(({ Properties }) => Properties["AuthorizationType"]);
    expect(methods).toEqual(["AWS_IAM", "AWS_IAM"]);
  });

  test("attack: whoever is no task is refused by the private API, an administrator too", async () => {
    const batch = new BatchClient(clientOf(account));
    const { jobDefinitions = [] } = await batch.send(
      new DescribeJobDefinitionsCommand({ jobDefinitionName: outputs["JobDefinition"]!, status: "ACTIVE" }),
    );
    const { environment = [] } = jobDefinitions[0]!.containerProperties!;
    const { value = "" } = environment.find(({ name }) => name === "MILLRACE_API")!;
    const [, id = ""] = /^https:\/\/(\w+)\./.exec(value) ?? [];
    const url = new URL(`${account.http}/_private/${id}/private/runs/Closed/1/tasks/heartbeat`);
    const asked = { method: "POST", url, body: "{}", service: "execute-api", by: ADMINISTRATOR };
    const response = await fetch(url, { method: "POST", body: "{}", headers: signedHeaders(asked) });
    expect([response.status, await response.text()]).toEqual([403, expect.stringContaining("is not authorized")]);
  });

  test("runs what is larger than a container on Fargate on a machine of EC2", async () => {
    await register(large);
    const run = await trigger(large, {}, { wait: true });
    expect(run.status).toBe("succeeded");
    const [attempt] = await client.runs.listAttempts(run, { step: "fit", index: "0" });
    const batch = new BatchClient(clientOf(account));
    const { jobs = [] } = await batch.send(new DescribeJobsCommand({ jobs: [attempt!.by.split("#")[0]!] }));
    expect(jobs[0]!.jobQueue).toContain("Ec2Queue");
    const { jobDefinitions = [] } = await batch.send(
      new DescribeJobDefinitionsCommand({ jobDefinitions: [jobs[0]!.jobDefinition!] }),
    );
    expect(jobDefinitions[0]).toMatchObject({ platformCapabilities: ["EC2"] });
  }, 60_000);

  test("carries a flow through, each task by the private API", async () => {
    await register(closed);
    await account.rig("DELETE", "stats");
    const result = await trigger(closed, {}, { wait: true });
    expect([result.status, result.artifacts("end").count]).toEqual(["succeeded", 2_000]);
    const { http = {} } = await account.stats();
    expect(http).toMatchObject({
      "private POST /runs/{flow}/{run}/tasks/{action}": 4,
      "private POST /runs/{flow}/{run}/tasks/sign": 1,
    });
    expect(Object.keys(http).filter((route) => /^POST .*\/tasks\//.test(route))).toEqual([]);
  }, 60_000);
});
