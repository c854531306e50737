import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, describe, expect, test } from "vitest";
import { examples } from "../widest.ts";
import { sls } from "./deployed.ts";

const execute = promisify(execFile);
const python = process.env["MILLRACE_TEST_PYTHON"] ?? "python3";
const hasLinter = await execute(python, ["-c", "import cfnlint"]).then(
  () => true,
  () => false,
);
if (!hasLinter) {
  const hint = "pip install -r test/aws/requirements.txt";
  if (process.env["MILLRACE_TEST_AWS"] === "require") throw new Error(`there is no cfn-lint: ${hint}`);
  console.warn(`Skipped: there is no cfn-lint: ${hint}`);
}

/** Without it the alarms have an empty name in them; none is made then. */
const ALARMS = "alarmTopic=arn:aws:sns:us-east-1:123456789012:alarms";

/** W3005: dependencies that are stated though they are plain. W8003: conditions that the parameters have settled. */
const PASSED_OVER = ["W3005", "W8003"];

describe.skipIf(!hasLinter)("CloudFormation's linter", () => {
  const folder = mkdtempSync(join(tmpdir(), "millrace-lint-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const deployments: readonly (readonly [string, readonly string[]])[] = [
    ["without a way to the internet, with every queue", ["network=private", "ec2=on", "gpu=on"]],
    ["of tasks with public addresses", []],
    [
      "in subnets that are there",
      ["network=given", "subnets=subnet-0123456a,subnet-0123456b", "securityGroups=sg-0123456a"],
    ],
  ];

  test.each(examples(deployments, 1))(
    "finds nothing in the template of a deployment %s",
    async (_, parameters) => {
      const place = mkdtempSync(join(folder, "package-"));
      await sls(["package", "--package", place, ...[ALARMS, ...parameters].flatMap((one) => ["--param", one])]);
      const template = join(place, "cloudformation-template-update-stack.json");
      const passedOver = PASSED_OVER.flatMap((rule) => ["--ignore-checks", rule]);
      const lint = [
        "-c",
        "from cfnlint.runner import main; main()",
        "--regions",
        "us-east-1",
        "--format",
        "parseable",
        ...passedOver,
        "--",
        template,
      ];
      const found = await execute(python, lint).catch((error: { stdout: string; stderr: string }) => error);
      expect(found).toMatchObject({ stdout: "", stderr: "" });
    },
    120_000,
  );
});
