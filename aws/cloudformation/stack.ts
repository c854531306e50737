import { accountError } from "../account-error.ts";
import { MillraceError } from "../../graph/errors.ts";

/** What a deployed stack says of itself. Throws MillraceError `stack.unknown`, `stack.unfinished` and for credentials. */
export async function readStackOutputs(
  stack: string,
  region: string | undefined,
): Promise<{ readonly region: string; readonly outputs: Readonly<Record<string, string>> }> {
  const { CloudFormationClient, DescribeStacksCommand } = await import("@aws-sdk/client-cloudformation");
  const client = new CloudFormationClient(region === undefined ? {} : { region });
  try {
    const where = await client.config.region();
    const { Stacks = [] } = await client.send(new DescribeStacksCommand({ StackName: stack }));
    const [found] = Stacks;
    if (!found?.Outputs) {
      throw new MillraceError("stack.unfinished", `the stack ${stack} has no outputs: it is ${found?.StackStatus}`, {
        hint: "Deploy it first: npx sls deploy",
      });
    }
    const outputs = found.Outputs.map(({ OutputKey, OutputValue }) => [OutputKey!, OutputValue!] as const);
    return { region: where, outputs: Object.fromEntries(outputs) };
  } catch (error) {
    if (error instanceof Error && /does not exist/.test(error.message)) {
      throw new MillraceError("stack.unknown", `there is no stack ${stack}${region ? ` in ${region}` : ""}`, {
        hint: "Deploy it first with: npx sls deploy. Its name is the service's and the stage's, such as millrace-dev.",
        cause: error,
      });
    }
    if (error instanceof Error && error.message === "Region is missing") {
      throw new MillraceError("region.missing", "it is not known in which region the stack is", {
        hint: "Give --region, or set AWS_REGION.",
      });
    }
    throw accountError(error, `the stack ${stack}`);
  } finally {
    client.destroy();
  }
}
