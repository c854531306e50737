import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { routes, routesByFunction } from "../../functions/api/routes.ts";
import { stackNames } from "../../statemachines/stack-names.ts";
import { sls } from "./deployed.ts";

interface Resource {
  readonly Type: string;
  readonly Properties: Record<string, any>;
  readonly DeletionPolicy?: string;
  readonly Condition?: string;
}
interface Statement {
  readonly Effect: "Allow" | "Deny";
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
  readonly Condition?: unknown;
}

/** Kinds of resources that have a price while nothing runs. */
const PRICED =
  /NatGateway|::EIP|KMS::Key|SecretsManager|ElasticLoadBalancing|RDS|ECS::Service|EC2::Instance$|OpenSearch/;

describe("the compiled template", () => {
  const folder = mkdtempSync(join(tmpdir(), "millrace-package-"));
  let resources: Readonly<Record<string, Resource>>;
  const ofType = (type: string) => Object.entries(resources).filter(([, { Type }]) => Type === type);

  beforeAll(async () => {
    await sls(["package", "--package", folder]);
    const text = readFileSync(join(folder, "cloudformation-template-update-stack.json"), "utf8");
    ({ Resources: resources } = JSON.parse(text) as { Resources: Record<string, Resource> });
  }, 120_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test("gives up jobs that wait in any queue for longer than was set, for each reason that Batch may act on", () => {
    const limits = ofType("AWS::Batch::JobQueue").map(([, { Properties }]) => Properties["JobStateTimeLimitActions"]);
    expect(limits).toHaveLength(4);
    for (const actions of limits) {
      expect(actions).toMatchObject([
        { Reason: "MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT", MaxTimeSeconds: 600, Action: "CANCEL" },
        { Reason: "MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE", MaxTimeSeconds: 600, Action: "CANCEL" },
        { Reason: "CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY", MaxTimeSeconds: 14400, Action: "CANCEL" },
      ]);
    }
  });

  test.each(["JobRole", "RunnerRole"])("gives tasks (%s) no right but to call the routes that are theirs", (role) => {
    const statements = resources[role]!.Properties["Policies"][0].PolicyDocument.Statement as Statement[];
    const own = statements.filter(({ Action }) => ![Action].flat().every((action) => action.startsWith("logs:")));
    expect(own.flatMap(({ Action }) => Action)).toEqual(["execute-api:Invoke"]);
    const [, pattern = ""] = /(\/\*\/.*)$/.exec(nameOf([own[0]!.Resource].flat()[0])) ?? [];
    const allowed = new RegExp(`^${pattern.replaceAll("*", ".*")}$`);
    const open = Object.values(routes).filter(({ route }) => allowed.test(`/stage/${route.replace(" ", "")}`));
    expect(open.map(({ route }) => route)).toEqual(
      Object.values(routes)
        .filter(({ caller }) => caller !== "person")
        .map(({ route }) => route),
    );
  });

  test("names what is made at run time as the functions do that make it", () => {
    const { prefix } = stackNames({ stack: "millrace-dev", stage: "dev" });
    const { Variables } = resources["RegisterLambdaFunction"]!.Properties["Environment"] as {
      Variables: Record<string, unknown>;
    };
    expect(Variables).toMatchObject({ MILLRACE_STACK: "millrace-dev", MILLRACE_STAGE: "dev" });
    const named = JSON.stringify(resources).matchAll(
      /(?:stateMachine|execution|job-definition)[:/](millrace[\w-]*)\*/g,
    );
    expect(new Set(Array.from(named, ([, beginning]) => beginning))).toEqual(new Set([prefix]));
    expect(JSON.stringify(resources["ExecutionEnded"])).toContain(`:execution:${prefix}"`);
  });

  test("gives each function a role of its own", () => {
    const roles = ofType("AWS::Lambda::Function").map(([, { Properties }]) => JSON.stringify(Properties["Role"]));
    expect(new Set(roles).size).toBe(roles.length);
    expect(roles).toHaveLength(6);
  });

  test("lets a role be passed only to the service that takes it", () => {
    const passing = ofType("AWS::IAM::Role")
      .flatMap(
        ([, { Properties }]) => (Properties["Policies"] ?? []) as { PolicyDocument: { Statement: Statement[] } }[],
      )
      .flatMap(({ PolicyDocument }) => PolicyDocument.Statement)
      .filter(({ Action }) => [Action].flat().includes("iam:PassRole"));
    expect(passing.length).toBeGreaterThan(0);
    for (const { Condition } of passing) expect(JSON.stringify(Condition)).toContain("iam:PassedToService");
  });

  test("offers each of the API's routes, for signed requests alone, by the function that serves it, and no other", () => {
    const functionOf = (target: unknown) => {
      const [integration = ""] = /\w*HttpApi\w*Integration\w*|HttpApiIntegration\w+/.exec(JSON.stringify(target)) ?? [];
      return nameOf(resources[integration]!.Properties["IntegrationUri"]);
    };
    const offered = ofType("AWS::ApiGatewayV2::Route").map(
      ([, { Properties }]) =>
        `${Properties["RouteKey"]} ${Properties["AuthorizationType"]} ${functionOf(Properties["Target"])}`,
    );
    const entries = Object.entries(routesByFunction).flatMap(([name, routes]) =>
      Object.values(routes).map(
        ({ route }) => `${route} AWS_IAM ${name.charAt(0).toUpperCase()}${name.slice(1)}LambdaFunction.Arn`,
      ),
    );
    expect(offered.toSorted()).toEqual(entries.toSorted());
  });

  test("encrypts every bucket, closes it to the public and to plain HTTP, and keeps the one with the artifacts", () => {
    const policies = ofType("AWS::S3::BucketPolicy").map(([, { Properties }]) => Properties);
    const guards = ofType("AWS::S3::Bucket").map(([name, { Properties }]) => {
      const policy = policies.find(({ Bucket }) => (Bucket as { Ref: string }).Ref === name);
      const denied = (policy?.["PolicyDocument"].Statement as Statement[] | undefined)?.find(
        ({ Effect, Action }) => Effect === "Deny" && Action === "s3:*",
      );
      return {
        name,
        encrypted: Properties["BucketEncryption"] !== undefined,
        closed: Object.values((Properties["PublicAccessBlockConfiguration"] ?? {}) as object).join(),
        plainHttp: /"aws:SecureTransport":"?false/.test(JSON.stringify(denied?.Condition ?? {})) ? "denied" : "allowed",
      };
    });
    const guarded = { encrypted: true, closed: "true,true,true,true", plainHttp: "denied" };
    expect(guards).toEqual(["ServerlessDeploymentBucket", "Bucket"].map((name) => ({ name, ...guarded })));
    expect(resources["Bucket"]!.DeletionPolicy).toBe("Retain");
  });

  test("keeps the table restorable, and its queue encrypted", () => {
    const { Properties } = resources["Table"]!;
    expect(Properties["PointInTimeRecoverySpecification"]).toEqual({ PointInTimeRecoveryEnabled: true });
    expect(resources["DeadLetters"]!.Properties["SqsManagedSseEnabled"]).toBe(true);
  });

  test("has nothing that costs money while nothing runs", () => {
    const priced = Object.entries(resources).filter(([, { Type, Properties, Condition }]) => {
      if (Type === "AWS::EC2::VPCEndpoint") return Properties["VpcEndpointType"] !== "Gateway";
      if (Type === "AWS::DynamoDB::Table") return Properties["BillingMode"] !== "PAY_PER_REQUEST";
      if (Type === "AWS::Batch::ComputeEnvironment") {
        const { Type: machines, MinvCpus } = Properties["ComputeResources"];
        return !machines.startsWith("FARGATE") && MinvCpus !== 0;
      }
      if (Type === "AWS::CloudWatch::Alarm") return Condition !== "IsAlarmed";
      return PRICED.test(Type);
    });
    expect(priced.map(([name]) => name)).toEqual([]);
  });

  test("forgets logs after a time", () => {
    const kept = ofType("AWS::Logs::LogGroup").filter(([, { Properties }]) => !(Properties["RetentionInDays"] > 0));
    expect(kept.map(([name]) => name)).toEqual([]);
  });

  test("lets nobody connect to a task", () => {
    const open = ofType("AWS::EC2::SecurityGroup").filter(([, { Properties }]) => Properties["SecurityGroupIngress"]);
    expect(open.map(([name]) => name)).toEqual([]);
  });

  test("starts every container with the bootstrap program, which Batch has room for", () => {
    const { Command } = resources["TaskDefinition"]!.Properties["ContainerProperties"] as { Command: string[] };
    expect(Command.slice(0, 2)).toEqual(["node", "-e"]);
    expect(() => new Function(Command[2]!)).not.toThrow(Error);
    expect(JSON.stringify(resources["TaskDefinition"]).length).toBeLessThan(24 * 1024);
  });

  test.each(["register", "runs", "tasks", "sign", "dispatch", "runner"])("%s has under 1 MB", (name) => {
    expect(statSync(join(folder, `${name}.zip`)).size).toBeLessThan(1_000_000);
  });
});

describe("a stage whose name would be no part of the names that AWS takes", () => {
  test.each(["2nd", "a-stage-of-a-name-too-long"])("is refused before anything is deployed: %s", async (stage) => {
    await expect(sls(["package", "--stage", stage])).rejects.toThrow(
      /A stage can't be named .*at most 24 letters, digits/,
    );
  });
});

/** A resource as the list above writes it: without the beginning that every ARN has. */
function nameOf(resource: unknown): string {
  if (typeof resource === "string") return resource;
  const { "Fn::Sub": text, Ref, "Fn::GetAtt": attribute } = resource as Record<string, string | string[] | undefined>;
  if (attribute) return [attribute].flat().join(".");
  return String(text ?? Ref).replace(
    /^arn:\$\{AWS::Partition\}:([\w-]+):\$\{AWS::Region\}:\$\{AWS::AccountId\}:/,
    "$1:",
  );
}
