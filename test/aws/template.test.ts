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

interface Policy {
  readonly PolicyDocument: { readonly Statement: readonly Statement[] };
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

  test("leaves the compute environments to AWS Batch's own role", () => {
    for (const [, { Properties }] of ofType("AWS::Batch::ComputeEnvironment"))
      expect(Properties).not.toHaveProperty("ServiceRole");
  });

  test("lets no service take a role for another account's sake, but for machines, where EC2 does not say", () => {
    const account = { "aws:SourceAccount": { Ref: "AWS::AccountId" } };
    const trusted = ofType("AWS::IAM::Role").map(([role, { Properties }]) => {
      const [{ Principal, Condition }] = Properties["AssumeRolePolicyDocument"]["Statement"];
      return [role, Principal["Service"], Condition];
    });
    const functionRoles = ["Register", "Runs", "Tasks", "Sign", "Dispatch", "Runner"].map((one) => `${one}Role`);
    expect(trusted.toSorted()).toEqual(
      [
        ...functionRoles.map((role) => [role, "lambda.amazonaws.com", { StringEqualsIfExists: account }]),
        ["JobRole", "ecs-tasks.amazonaws.com", { StringEquals: account }],
        ["ExecutionRole", "ecs-tasks.amazonaws.com", { StringEquals: account }],
        ["MachineRole", "states.amazonaws.com", { StringEquals: account }],
        ["ScheduleRole", "scheduler.amazonaws.com", { StringEquals: account }],
        ["MachineProfileRole", "ec2.amazonaws.com", undefined],
      ].toSorted(),
    );
  });

  test("gives nothing to requests without a key where all keys must be such and such", () => {
    const conditions = ofType("AWS::IAM::Role")
      .flatMap(([, { Properties }]) => (Properties["Policies"] ?? []) as Policy[])
      .flatMap(({ PolicyDocument }) => PolicyDocument.Statement.flatMap(({ Condition }) => Condition ?? []))
      .filter((condition) => JSON.stringify(condition).includes("ForAllValues"));
    expect(conditions).toHaveLength(4);
    for (const condition of conditions as Record<string, object>[]) {
      const keys = Object.entries(condition).filter(([operator]) => operator.startsWith("ForAllValues:"));
      expect(condition["Null"]).toEqual(
        Object.fromEntries(keys.flatMap(([, asked]) => Object.keys(asked).map((key) => [key, "false"]))),
      );
    }
  });

  test("has machines whose credentials are told by IMDSv2 alone, on one hop, and whose disks are encrypted", () => {
    const { LaunchTemplateData } = resources["MachineTemplate"]!.Properties;
    expect(LaunchTemplateData).toEqual({
      MetadataOptions: { HttpEndpoint: "enabled", HttpTokens: "required", HttpPutResponseHopLimit: 1 },
      BlockDeviceMappings: [
        { DeviceName: "/dev/xvda", Ebs: { Encrypted: true, VolumeType: "gp3", DeleteOnTermination: true } },
      ],
    });
    const machines = ofType("AWS::Batch::ComputeEnvironment").filter(
      ([, { Properties }]) => Properties["ComputeResources"]["Type"] === "EC2",
    );
    expect(machines.map(([name]) => name)).toEqual(["Ec2Environment", "GpuEnvironment"]);
    for (const [, { Properties }] of machines)
      expect(Properties["ComputeResources"]["LaunchTemplate"]["LaunchTemplateId"]).toEqual({ Ref: "MachineTemplate" });
  });

  test("lets the machines on EC2 read no image, no secret, no table and no bucket", () => {
    const { Policies } = resources["MachineProfileRole"]!.Properties as { Policies: Policy[] };
    const actions = Policies.flatMap(({ PolicyDocument }) => PolicyDocument.Statement.flatMap(({ Action }) => Action));
    expect(new Set(actions.map((one) => one.split(":")[0]))).toEqual(new Set(["ecs", "logs"]));
  });

  test("takes so many requests a second, and keeps no invocations for itself unless it is told", () => {
    expect(resources["HttpApiStage"]!.Properties["DefaultRouteSettings"]).toEqual({
      ThrottlingRateLimit: 1000,
      ThrottlingBurstLimit: 2000,
    });
    expect(invocationsKept(resources)).toEqual([]);
  });

  test("lets what was removed of the bucket go, and nothing else that a run left", () => {
    const rules = resources["Bucket"]!.Properties["LifecycleConfiguration"]["Rules"] as Record<string, unknown>[];
    const expiring = rules.filter((rule) => "ExpirationInDays" in rule);
    expect(expiring).toMatchObject([
      { Prefix: "map-runs/" },
      { TagFilters: [{ Key: "millrace:removed", Value: "true" }], ExpirationInDays: 30 },
    ]);
  });

  test("lets containers be started with no image of the account's own registry, unless it is named", () => {
    expect(resources).not.toHaveProperty("ImagesPolicy");
    expect(JSON.stringify(resources)).not.toContain("ecr:");
  });

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
    expect(roles).toHaveLength(5);
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

  test("logs who called what, and nothing of what was shown or asked", () => {
    const [stage] = ofType("AWS::ApiGatewayV2::Stage").map(([, { Properties }]) => Properties);
    const format = JSON.parse(stage!["AccessLogSettings"].Format as string) as Record<string, string>;
    expect(format).toMatchObject({
      caller: "$context.identity.userArn",
      route: "$context.routeKey",
      status: "$context.status",
    });
    expect(Object.values(format).join(" ")).not.toMatch(/query|header|token|body/i);
  });

  test("tells each function which roles are tasks' own, whose callers are no people", () => {
    for (const [, { Properties }] of ofType("AWS::Lambda::Function").filter(([name]) =>
      /^(Runs|Sign|Tasks)Lambda/.test(name),
    ))
      expect(JSON.stringify(Properties["Environment"])).toContain("${JobRole} ${RunnerRole}");
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

  test.each(["register", "runs", "tasks", "sign", "dispatch"])("%s has under 1 MB", (name) => {
    expect(statSync(join(folder, `${name}.zip`)).size).toBeLessThan(1_000_000);
  });
});

/** Of the account's own registry, by its digest. */
const image = `123456789012.dkr.ecr.us-east-1.amazonaws.com/base@sha256:${"0".repeat(64)}`;

describe("a deployment in a network of its own, with images of the account's own", () => {
  const folder = mkdtempSync(join(tmpdir(), "millrace-package-"));
  let resources: Readonly<Record<string, Resource>>;

  beforeAll(async () => {
    const parameters = [
      "network=private",
      "reservedConcurrency=20",
      "imageRepositories=orders,team/*",
      `image=${image}`,
    ];
    await sls(["package", "--package", folder, ...parameters.flatMap((one) => ["--param", one])]);
    const text = readFileSync(join(folder, "cloudformation-template-update-stack.json"), "utf8");
    ({ Resources: resources } = JSON.parse(text) as { Resources: Record<string, Resource> });
  }, 60_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test("pulls from the repositories that are named and that of its own image, and from no other", () => {
    expect(resources["TaskDefinition"]!.Properties["ContainerProperties"]["Image"]).toBe(image);
    const { Roles, PolicyDocument } = resources["ImagesPolicy"]!.Properties as Policy & { Roles: unknown };
    expect(Roles).toEqual([{ Ref: "ExecutionRole" }]);
    expect(PolicyDocument.Statement.map(({ Resource }) => [Resource].flat().map(nameOf))).toEqual([
      ["*"],
      ["ecr:repository/orders", "ecr:repository/team/*", "ecr:repository/base"],
    ]);
  });

  test("keeps invocations for the functions behind the API and the events where it is told how many", () => {
    const behindTheApi = ["Dispatch", "Register", "Runs", "Sign", "Tasks"];
    expect(invocationsKept(resources)).toEqual(behindTheApi.map((name) => `${name}LambdaFunction 20`));
  });

  test("has an API that denies everybody but its tasks' role, whatever others are allowed", () => {
    const { Statement } = resources["TasksApi"]!.Properties["Policy"] as { Statement: Statement[] };
    const role = "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/millrace-dev-JobRole-*";
    expect(Statement).toMatchObject([
      { Effect: "Allow", Condition: { ArnLike: { "aws:PrincipalArn": { "Fn::Sub": role } } } },
      {
        Effect: "Deny",
        Resource: "execute-api:/*",
        Condition: { ArnNotLike: { "aws:PrincipalArn": { "Fn::Sub": role } } },
      },
    ]);
  });
});

describe("secrets that all flows would share", () => {
  test.each([
    ["millrace/", "to no other flow's"],
    ["millrace/dev/Orders/", "to no other flow's"],
    ["shared", "end with a slash"],
    ["shared/,*/", "end with a slash"],
  ])("are refused where they would be flows' own, or everybody's: %s", async (prefix, why) => {
    await expect(sls(["package", "--param", `secretsPrefix=${prefix}`])).rejects.toThrow(why);
  });
});

describe("a stage whose name would be no part of the names that AWS takes", () => {
  test.each(["2nd", "a-stage-of-a-name-too-long"])("is refused before anything is deployed: %s", async (stage) => {
    await expect(sls(["package", "--stage", stage])).rejects.toThrow(
      /A stage can't be named .*at most 24 letters, digits/,
    );
  });
});

function invocationsKept(resources: Readonly<Record<string, Resource>>): string[] {
  return Object.entries(resources)
    .filter(([, { Properties }]) => Properties?.["ReservedConcurrentExecutions"] !== undefined)
    .map(([name, { Properties }]) => `${name} ${Properties["ReservedConcurrentExecutions"]}`)
    .toSorted();
}

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
