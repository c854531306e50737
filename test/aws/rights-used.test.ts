import { expect, test } from "vitest";
import { judgeRights, type Right } from "./rights-used.ts";

const right = (stage: string, resource: string, used: boolean): Right => ({
  owner: `role/millrace-${stage}-RunsRole-53SQ0I35LK65`,
  action: "s3:GetObject",
  resource,
  used,
});
const blobs = (stage: string, used: boolean) =>
  right(stage, `arn:aws:s3:::millrace-${stage}-bucket-v1h9th7pwwyg/blobs/*`, used);

test("a right that one account of the run has used is not superfluous, whatever the stage", () => {
  expect(judgeRights([blobs("lent", false), blobs("dev-2", true), blobs("dev", false)], {})).toEqual({
    superfluous: [],
    outdated: [],
  });
});

test("a right that none has used is superfluous unless there is a reason for it", () => {
  const reported = [blobs("lent", false), blobs("large", false)];
  const name = "RunsRole s3:GetObject s3:bucket/blobs/*";
  expect(judgeRights(reported, {})).toEqual({ superfluous: [name], outdated: [] });
  expect(judgeRights(reported, { [name]: "AWS asks for it" })).toEqual({ superfluous: [], outdated: [] });
});

test("a reason is outdated once its right is used, or given no more", () => {
  const used = "RunsRole s3:GetObject s3:bucket/blobs/*";
  const reasons = { [used]: "it was", "RunsRole s3:GetObject s3:bucket/gone": "it was" };
  expect(judgeRights([blobs("lent", true)], reasons)).toEqual({ superfluous: [], outdated: Object.keys(reasons) });
});

test.each([
  ["arn:aws:execute-api:us-east-1:123456789012:mjazkpov/*", "execute-api:API/*"],
  ["arn:aws:logs:us-east-1:123456789012:log-group:/millrace/lent/tasks:*", "logs:log-group:/millrace/STAGE/tasks:*"],
  ["arn:aws:cloudformation:us-east-1:123456789012:stack/millrace-lent/9b5b-35", "cloudformation:stack/STACK"],
  ["arn:aws:batch:us-east-1:123456789012:job-definition/millrace-lent__*", "batch:job-definition/STACK__*"],
  ["arn:aws:iam::123456789012:role/millrace-lent-JobRole-A3PO5JUOJZHX", "iam:role/JobRole"],
  ["*", "*"],
])("%s is named without what differs between deployments", (resource, name) => {
  expect(judgeRights([right("lent", resource, false)], {}).superfluous).toEqual([`RunsRole s3:GetObject ${name}`]);
});

test("of other stacks than Millrace's nothing is said", () => {
  expect(judgeRights([{ ...blobs("lent", false), owner: "role/instant-Role-53SQ0I35LK65" }], {}).superfluous).toEqual(
    [],
  );
});
