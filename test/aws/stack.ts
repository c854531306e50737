import { CloudFormationClient, CreateStackCommand, DescribeStacksCommand } from "@aws-sdk/client-cloudformation";
import type { Account } from "./account.ts";

/** What a test declares of its stack: JSON as CloudFormation wants it. */
export type Resources = Readonly<
  Record<string, { readonly Type: string; readonly Properties: unknown; readonly DependsOn?: string }>
>;

/** The configuration of a client of that account as its administrator: for what a test looks up or prepares. */
export function clientOf(account: Account) {
  return {
    endpoint: account.endpoint,
    region: "us-east-1",
    credentials: { accessKeyId: "testing", secretAccessKey: "testing" },
  };
}

/** Deploys a stack and answers its outputs. Throws where a resource could not be made. */
export async function deployStack(
  account: Account,
  name: string,
  { resources, outputs = {} }: { readonly resources: Resources; readonly outputs?: Readonly<Record<string, unknown>> },
): Promise<Record<string, string>> {
  const client = new CloudFormationClient(clientOf(account));
  const template = {
    Resources: resources,
    Outputs: Object.fromEntries(Object.entries(outputs).map(([key, Value]) => [key, { Value }])),
  };
  await client.send(new CreateStackCommand({ StackName: name, TemplateBody: JSON.stringify(template) }));
  const { Stacks } = await client.send(new DescribeStacksCommand({ StackName: name }));
  const stack = Stacks?.[0];
  if (stack?.StackStatus !== "CREATE_COMPLETE")
    throw new Error(`${name}: ${stack?.StackStatus} ${stack?.StackStatusReason ?? ""}`);
  return Object.fromEntries((stack.Outputs ?? []).map(({ OutputKey, OutputValue }) => [OutputKey!, OutputValue!]));
}

/** A role for functions and state machines: they write their logs and call functions. */
export const role = {
  Type: "AWS::IAM::Role",
  Properties: {
    AssumeRolePolicyDocument: {
      Version: "2012-10-17",
      Statement: ["lambda", "states", "batch"].map((service) => ({
        Effect: "Allow",
        Principal: { Service: `${service}.amazonaws.com` },
        Action: "sts:AssumeRole",
      })),
    },
    Policies: [
      {
        PolicyName: "all",
        PolicyDocument: {
          Version: "2012-10-17",
          Statement: [
            {
              Effect: "Allow",
              Action: ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents", "lambda:InvokeFunction"],
              Resource: "*",
            },
          ],
        },
      },
    ],
  },
} as const;

/** That a service, or a role by its ARN, may call the function of a logical name. */
export function permission(name: string, caller: string) {
  return {
    Type: "AWS::Lambda::Permission",
    Properties: {
      Action: "lambda:InvokeFunction",
      FunctionName: { "Fn::GetAtt": [name, "Arn"] },
      Principal: caller.startsWith("arn:") ? caller : `${caller}.amazonaws.com`,
    },
  } as const;
}

/** A Fargate queue and a job definition whose command is a shell's; the name of the queue is "jobs". */
export const batchResources: Resources = {
  BatchRole: role,
  Network: { Type: "AWS::EC2::VPC", Properties: { CidrBlock: "10.0.0.0/16" } },
  Subnet: {
    Type: "AWS::EC2::Subnet",
    Properties: { VpcId: { Ref: "Network" }, CidrBlock: "10.0.0.0/24" },
  },
  Group: {
    Type: "AWS::EC2::SecurityGroup",
    Properties: { GroupDescription: "jobs", VpcId: { Ref: "Network" } },
  },
  Environment: {
    Type: "AWS::Batch::ComputeEnvironment",
    Properties: {
      Type: "MANAGED",
      ServiceRole: { "Fn::GetAtt": ["BatchRole", "Arn"] },
      ComputeResources: {
        Type: "FARGATE",
        MaxvCpus: 4,
        Subnets: [{ Ref: "Subnet" }],
        SecurityGroupIds: [{ "Fn::GetAtt": ["Group", "GroupId"] }],
      },
    },
  },
  Queue: {
    Type: "AWS::Batch::JobQueue",
    Properties: {
      Priority: 1,
      JobStateTimeLimitActions: [
        {
          State: "RUNNABLE",
          Reason: "MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE",
          Action: "CANCEL",
          MaxTimeSeconds: 600,
        },
      ],
      ComputeEnvironmentOrder: [{ Order: 1, ComputeEnvironment: { Ref: "Environment" } }],
    },
  },
  Definition: {
    Type: "AWS::Batch::JobDefinition",
    Properties: {
      Type: "container",
      ContainerProperties: {
        Image: "node:22",
        Command: ["sh", "-c", "echo hello"],
        ResourceRequirements: [
          { Type: "VCPU", Value: "1" },
          { Type: "MEMORY", Value: "512" },
        ],
      },
    },
  },
};
