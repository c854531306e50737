import { execFileSync, spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";

const python = process.env["MILLRACE_TEST_PYTHON"] ?? "python3";
const hasPython =
  spawnSync(python, ["-m", "account.iam.check"], { cwd: import.meta.dirname, input: "[]" }).status === 0;
if (!hasPython && process.env["MILLRACE_TEST_AWS"] === "require") throw new Error("Python does not start");

interface Case {
  readonly policies: readonly object[];
  readonly action: string;
  readonly resource: string;
  readonly context?: Readonly<Record<string, string | readonly string[]>>;
  readonly caller?: readonly [kind: string, name: string];
}

const TABLE = "arn:aws:dynamodb:us-east-1:123456789012:table/t";
const OBJECT = "arn:aws:s3:::bucket/blobs/ab";
const allow = (Action: string | string[], Resource: string | string[], more: object = {}) => ({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Action, Resource, ...more }],
});
const deny = (Action: string, Resource: string, Condition?: object) => ({
  Version: "2012-10-17",
  Statement: { Effect: "Deny", Action, Resource, ...(Condition && { Condition }) },
});
const read = (policies: object[], resource = OBJECT, context?: Case["context"]): Case => ({
  policies,
  action: "s3:GetObject",
  resource,
  ...(context && { context }),
});
const leading = (operator: string, keys: readonly string[] | undefined, more: object = {}): Case => ({
  policies: [
    allow("dynamodb:GetItem", TABLE, { Condition: { [operator]: { "dynamodb:LeadingKeys": ["flow#*"] }, ...more } }),
  ],
  action: "dynamodb:GetItem",
  resource: TABLE,
  ...(keys && { context: { "dynamodb:LeadingKeys": keys } }),
});
const passing = (condition: object, service?: string): Case => ({
  policies: [allow("iam:PassRole", "arn:aws:iam::123456789012:role/r", { Condition: condition })],
  action: "iam:PassRole",
  resource: "arn:aws:iam::123456789012:role/r",
  ...(service && { context: { "iam:PassedToService": service } }),
});
const queue = "arn:aws:sqs:us-east-1:123456789012:q";
const rule = "arn:aws:events:us-east-1:123456789012:rule/r";
const sending = (allowed: object, caller: Case["caller"], source = rule): Case => ({
  policies: [allow("sqs:SendMessage", queue, allowed)],
  action: "sqs:SendMessage",
  resource: queue,
  context: { "aws:SourceArn": source },
  ...(caller && { caller }),
});

const VERDICTS: readonly (readonly [what: string, asked: Case, verdict: string])[] = [
  ["nothing allows", read([]), "none"],
  ["a statement allows", read([allow("s3:GetObject", OBJECT)]), "allow"],
  ["another action is allowed", read([allow("s3:PutObject", OBJECT)]), "none"],
  ["another resource is allowed", read([allow("s3:GetObject", `${OBJECT}c`)]), "none"],
  [
    "one of several actions and resources is it",
    read([allow(["s3:PutObject", "s3:GetObject"], [TABLE, OBJECT])]),
    "allow",
  ],
  ["the action is spelled in another case", read([allow("S3:getobject", OBJECT)]), "allow"],
  ["the action has a star", read([allow("s3:Get*", OBJECT)]), "allow"],
  ["the action's star does not reach", read([allow("s3:Put*", OBJECT)]), "none"],
  [
    "the resource has a star, which reaches over slashes",
    read([allow("s3:GetObject", "arn:aws:s3:::bucket/*")]),
    "allow",
  ],
  ["the resource has a question mark", read([allow("s3:GetObject", "arn:aws:s3:::bucket/blobs/a?")]), "allow"],
  ["the resource's case is another", read([allow("s3:GetObject", "arn:aws:s3:::bucket/BLOBS/*")]), "none"],
  ["the resource is a star", read([allow("s3:GetObject", "*")]), "allow"],
  [
    "a star does not reach over a colon before the last part",
    read([allow("s3:GetObject", "arn:*:bucket:x:y:z")]),
    "none",
  ],
  ["a prefix is another's beginning", read([allow("s3:GetObject", "arn:aws:s3:::bucket/blobs")]), "none"],
  [
    "an action without resources is granted on some",
    { policies: [allow("batch:DescribeJobs", TABLE)], action: "batch:DescribeJobs", resource: "*" },
    "none",
  ],
  [
    "all but another action is allowed",
    read([{ Version: "2012-10-17", Statement: { Effect: "Allow", NotAction: "s3:PutObject", Resource: "*" } }]),
    "allow",
  ],
  [
    "all but this action is allowed",
    read([{ Version: "2012-10-17", Statement: { Effect: "Allow", NotAction: "s3:Get*", Resource: "*" } }]),
    "none",
  ],
  [
    "all but another resource is allowed",
    read([{ Version: "2012-10-17", Statement: { Effect: "Allow", Action: "s3:GetObject", NotResource: TABLE } }]),
    "allow",
  ],
  [
    "all but this resource is allowed",
    read([
      {
        Version: "2012-10-17",
        Statement: { Effect: "Allow", Action: "s3:GetObject", NotResource: "arn:aws:s3:::bucket/*" },
      },
    ]),
    "none",
  ],
  ["it is denied, whatever allows it", read([allow("s3:GetObject", "*"), deny("s3:*", "*")]), "deny"],
  [
    "plain HTTP is denied, and it is plain",
    read([allow("s3:GetObject", "*"), deny("s3:*", "*", { Bool: { "aws:SecureTransport": "false" } })], OBJECT, {
      "aws:SecureTransport": "false",
    }),
    "deny",
  ],
  [
    "plain HTTP is denied, and it is not",
    read([allow("s3:GetObject", "*"), deny("s3:*", "*", { Bool: { "aws:SecureTransport": "false" } })], OBJECT, {
      "aws:SecureTransport": "true",
    }),
    "allow",
  ],
  ["all keys fit", leading("ForAllValues:StringLike", ["flow#A", "flow#B"]), "allow"],
  ["one key does not fit", leading("ForAllValues:StringLike", ["flow#A", "run#B"]), "none"],
  ["the request has no keys, which fits them all", leading("ForAllValues:StringLike", undefined), "allow"],
  [
    "it has none, and Null asks for them",
    leading("ForAllValues:StringLike", undefined, { Null: { "dynamodb:LeadingKeys": "false" } }),
    "none",
  ],
  ["any key fits", leading("ForAnyValue:StringLike", ["run#A", "flow#B"]), "allow"],
  ["none of the keys fits", leading("ForAnyValue:StringLike", ["run#A"]), "none"],
  ["any of none", leading("ForAnyValue:StringLike", undefined), "none"],
  [
    "a role is passed to its service",
    passing({ StringEquals: { "iam:PassedToService": "states.amazonaws.com" } }, "states.amazonaws.com"),
    "allow",
  ],
  [
    "a role is passed to another service",
    passing({ StringEquals: { "iam:PassedToService": "states.amazonaws.com" } }, "lambda.amazonaws.com"),
    "none",
  ],
  [
    "the request lacks what a condition asks of",
    passing({ StringEquals: { "iam:PassedToService": "states.amazonaws.com" } }),
    "none",
  ],
  [
    "it lacks that, and IfExists passes it over",
    passing({ StringEqualsIfExists: { "iam:PassedToService": "states.amazonaws.com" } }),
    "allow",
  ],
  [
    "it is not what it must not be",
    passing({ StringNotEquals: { "iam:PassedToService": "lambda.amazonaws.com" } }, "states.amazonaws.com"),
    "allow",
  ],
  [
    "it is what it must not be",
    passing({ StringNotEquals: { "iam:PassedToService": ["a", "states.amazonaws.com"] } }, "states.amazonaws.com"),
    "none",
  ],
  [
    "two conditions, of which one holds",
    passing(
      { StringEquals: { "iam:PassedToService": "states.amazonaws.com" }, Bool: { "aws:SecureTransport": "true" } },
      "states.amazonaws.com",
    ),
    "none",
  ],
  [
    "a service that the resource lets in, for its rule",
    sending({ Principal: { Service: "events.amazonaws.com" }, Condition: { ArnEquals: { "aws:SourceArn": rule } } }, [
      "Service",
      "events.amazonaws.com",
    ]),
    "allow",
  ],
  [
    "that service, for another's rule",
    sending(
      { Principal: { Service: "events.amazonaws.com" }, Condition: { ArnLike: { "aws:SourceArn": rule } } },
      ["Service", "events.amazonaws.com"],
      `${rule}2`,
    ),
    "none",
  ],
  [
    "another service",
    sending({ Principal: { Service: "events.amazonaws.com" }, Condition: {} }, ["Service", "sns.amazonaws.com"]),
    "none",
  ],
  ["anybody", sending({ Principal: "*", Condition: {} }, ["AWS", "arn:aws:iam::123456789012:role/r"]), "allow"],
];

const ERRORS: readonly (readonly [what: string, asked: Case, said: RegExp])[] = [
  ["an operator", passing({ StringMaybe: { "iam:PassedToService": "x" } }, "x"), /operator StringMaybe/],
  ["a quantifier", leading("ForSomeValues:StringLike", ["flow#A"]), /operator ForSomeValues/],
  ["a condition key", passing({ StringEquals: { "iam:Moon": "full" } }), /condition key iam:moon/],
  [
    "a condition key that the action's requests have not",
    read([allow("s3:GetObject", "*", { Condition: { "ForAllValues:StringLike": { "dynamodb:LeadingKeys": "a" } } })]),
    /s3:GetObject have no condition key/,
  ],
  ["an action in a policy", read([allow("s3:GetObjects", "*")]), /action s3:GetObjects/],
  [
    "an action that is asked for",
    { ...read([allow("s3:GetObject", "*")]), action: "s3:HeadObject" },
    /action s3:HeadObject/,
  ],
  ["a policy variable", read([allow("s3:GetObject", "arn:aws:s3:::bucket/${aws:username}/*")]), /variables/],
  ["an element of a statement", read([allow("s3:GetObject", "*", { NotPrincipal: "*" })]), /NotPrincipal/],
  ["a resource that is no ARN", read([allow("s3:GetObject", "bucket/*")]), /not an ARN/],
  ["a version", read([{ Version: "2008-10-17", Statement: [] }]), /2012-10-17/],
  ["one value where there are several", leading("StringLike", ["flow#A"]), /several values/],
  [
    "several values where there is one",
    passing({ "ForAllValues:StringEquals": { "iam:PassedToService": "x" } }),
    /one value/,
  ],
  [
    "an Effect",
    read([{ Version: "2012-10-17", Statement: { Effect: "allow", Action: "s3:GetObject", Resource: "*" } }]),
    /Effect/,
  ],
];

describe.skipIf(!hasPython)("the account's policies", () => {
  if (!hasPython) return;
  const cases = [...VERDICTS, ...ERRORS].map(([, asked]) => asked);
  const judged = execFileSync(python, ["-m", "account.iam.check"], {
    cwd: import.meta.dirname,
    input: JSON.stringify(cases),
    env: { ...process.env, PYTHONDONTWRITEBYTECODE: "1" },
  });
  const verdicts = JSON.parse(judged.toString()) as string[];

  test.each(VERDICTS.map(([what, , verdict], index) => [what, verdict, index] as const))(
    "where %s: %s",
    (_, verdict, index) => {
      expect(verdicts[index]).toBe(verdict);
    },
  );

  test.each(ERRORS.map(([what, , said], index) => [what, said, VERDICTS.length + index] as const))(
    "are never judged by passing over %s that nobody here knows",
    (_, said, index) => {
      expect(verdicts[index]).toMatch(/^error: /);
      expect(verdicts[index]).toMatch(said);
    },
  );
});
