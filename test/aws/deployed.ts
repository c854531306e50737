import { CloudFormationClient, DescribeStacksCommand } from "@aws-sdk/client-cloudformation";
import { spawn } from "node:child_process";
import { join } from "node:path";
import type { Account } from "./account.ts";
import { signedHeaders } from "./sign.ts";
import { clientOf } from "./stack.ts";

const repository = join(import.meta.dirname, "../..");

/** Runs `sls` as a person would, in that account or (without one) in none. Throws with what it said where it fails. */
export async function sls(args: readonly string[], account?: Account): Promise<string> {
  const child = spawn(process.execPath, [join(repository, "node_modules/serverless/bin/serverless.js"), ...args], {
    cwd: repository,
    env: { ...process.env, CI: "true", ...account?.env },
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (text: Buffer) => (said += text.toString()));
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  if (code !== 0) throw new Error(`sls ${args.join(" ")} ended with ${code}:\n${said}`);
  return said;
}

/** Deploys the whole of Millrace into the account and answers the stack's outputs. */
export async function deployMillrace(account: Account, stage: string): Promise<Record<string, string>> {
  await sls(["deploy", "--stage", stage], account);
  const { Stacks = [] } = await new CloudFormationClient(clientOf(account)).send(
    new DescribeStacksCommand({ StackName: `millrace-${stage}` }),
  );
  const outputs = Stacks[0]?.Outputs ?? [];
  return Object.fromEntries(outputs.map(({ OutputKey, OutputValue }) => [OutputKey!, OutputValue!]));
}

/** Asks the deployed HTTP API, signed as the test's own user. */
export async function ask(
  api: string,
  route: string,
  given?: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<{ readonly status: number; readonly answer: unknown }> {
  const [method = "", path = ""] = route.split(" ");
  const url = new URL(api + path);
  const body = given === undefined ? "" : JSON.stringify(given);
  const signed = signedHeaders({ method, url, body, service: "execute-api" });
  const response = await fetch(url, {
    method,
    headers: { "content-type": "application/json", ...headers, ...signed },
    ...(body !== "" && { body }),
  });
  const text = await response.text();
  return { status: response.status, answer: text === "" ? undefined : (JSON.parse(text) as unknown) };
}
