import { describe, expect, test } from "vitest";
import { isOfRole, principalOf } from "./principal.ts";

const role = "arn:aws:sts::123456789012:assumed-role/Admin";

describe("whom an ARN stands for", () => {
  test.each([
    ["a user", "arn:aws:iam::123456789012:user/ann", "arn:aws:iam::123456789012:user/ann"],
    ["a session that is named after a person", `${role}/ann@example.com`, `${role}/ann@example.com`],
    ["a session that an SDK names anew every hour", `${role}/aws-sdk-js-1764560000000`, role],
    ["one of the AWS command line's", `${role}/botocore-session-1764560000`, role],
    ["nobody", undefined, undefined],
  ])("%s", (_, arn, principal) => {
    expect(principalOf(arn)).toBe(principal);
  });

  test.each([
    [true, "arn:aws:sts::1:assumed-role/millrace-dev-JobRole-A1/0f3c"],
    [true, "arn:aws:sts::1:assumed-role/path/millrace-dev-JobRole-A1/0f3c"],
    [false, "arn:aws:sts::1:assumed-role/millrace-dev-JobRole-A12/0f3c"],
    [false, "arn:aws:sts::1:assumed-role/Admin/millrace-dev-JobRole-A1"],
    [false, "arn:aws:iam::1:user/millrace-dev-JobRole-A1"],
    [false, undefined],
  ])("%s: of a task's role is %s", (isOf, arn) => {
    expect(isOfRole(arn, ["millrace-dev-JobRole-A1", ""])).toBe(isOf);
  });
});
