import { describe, expect, test } from "vitest";
import { flow } from "../../sdk/index.ts";
import { checkSecrets } from "./check-secrets.ts";

const names = { ofFlows: "millrace/dev/", shared: ["shared/", "team/data/"] };
const refused = (reference: string) =>
  checkSecrets(flow("Orders").step("pay", { secrets: { KEY: reference } }, () => ({})).graph, names);

const SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret:";
const PARAMETER = "arn:aws:ssm:us-east-1:123456789012:parameter/";

describe("a step may refer to", () => {
  test.each([
    ["its flow's secret", `${SECRET}millrace/dev/Orders/key-AbCdEf`],
    ["a part of it, of one version", `${SECRET}millrace/dev/Orders/key-AbCdEf:password:AWSCURRENT:`],
    ["its flow's parameter by its ARN", `${PARAMETER}millrace/dev/Orders/key`],
    ["the same by its name", "/millrace/dev/Orders/key"],
    ["what all flows share", `${SECRET}shared/key-AbCdEf`],
    ["and by another prefix", "/team/data/key"],
  ])("%s", (_, reference) => {
    expect(refused(reference)).toEqual([]);
  });
});

describe("attack: a step that names a secret which is not its flow's", () => {
  test.each([
    ["another flow's", `${SECRET}millrace/dev/Billing/key-AbCdEf`],
    ["that of a flow whose name begins alike", `${SECRET}millrace/dev/Orders-2/key-AbCdEf`],
    ["another stage's", `${SECRET}millrace/dev-2/Orders/key-AbCdEf`],
    ["one below no prefix", `${SECRET}database-AbCdEf`],
    ["another flow's parameter", "/millrace/dev/Billing/key"],
    ["the same by its ARN", `${PARAMETER}millrace/dev/Billing/key`],
    ["one whose name only ends well", `${SECRET}x/millrace/dev/Orders/key-AbCdEf`],
    ["one that pretends by a part's name", `${SECRET}database-AbCdEf:millrace/dev/Orders/key:`],
    ["a parameter of a version that pretends", `${PARAMETER}database:millrace/dev/Orders/key`],
    ["another service's", "arn:aws:s3:::millrace/dev/Orders/key"],
    ["none at all", "arn:aws:secretsmanager"],
  ])("is refused: %s", (_, reference) => {
    expect(refused(reference)).toEqual([
      expect.objectContaining({
        code: "step.secret",
        message: `its secret KEY refers to ${reference}, which is not this flow's`,
        where: { flow: "Orders", step: "pay" },
        hint: expect.stringContaining("below millrace/dev/Orders/") as string,
      }),
    ]);
  });
});
