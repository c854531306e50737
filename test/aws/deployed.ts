import { CloudFormationClient, DescribeStacksCommand } from "@aws-sdk/client-cloudformation";
import { spawn } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Attempt } from "../../store/ledger/ledger.ts";
import type { RunKey } from "../../graph/run-name.ts";
import { register, trigger } from "../../sdk/account.ts";
import { createClient, type Client } from "../../sdk/client/client.ts";
import { readAccountTasks } from "../../sdk/client/read-tasks.ts";
import type { AnyFlow } from "../../sdk/language/language.ts";
import type { FlowResult } from "../../sdk/client/results.ts";
import type { Account } from "./account.ts";
import type { LentAccount } from "./lent.ts";
import { actAs, ownKeys, personOf } from "./person.ts";
import { signedHeaders } from "./sign.ts";
import { clientOf } from "./stack.ts";

const repository = join(import.meta.dirname, "../..");

/** A stack in this account is done at once; `sls` would look after it every five seconds. In milliseconds. */
const LOOKS_OFTEN = { SLS_AWS_MONITORING_FREQUENCY: "200" };

/** Runs `sls` as the administrator of that account or (without one) in none. Throws with what it said where it fails. */
export async function sls(args: readonly string[], account?: Account): Promise<string> {
  const folder = serviceFolder();
  try {
    const child = spawn(process.execPath, [join(repository, "node_modules/serverless/bin/serverless.js"), ...args], {
      cwd: folder,
      env: { ...process.env, CI: "true", ...LOOKS_OFTEN, ...account?.administrator },
    });
    let said = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (text: Buffer) => (said += text.toString()));
    const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
    if (code !== 0) throw new Error(`sls ${args.join(" ")} ended with ${code}:\n${said}`);
    return said;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The service in a folder of its own: `sls` leaves beside serverless.yml what it packs, and other tests run it as well. */
function serviceFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "millrace-service-"));
  for (const name of ["serverless.yml", "package.json", "infrastructure"])
    cpSync(join(repository, name), join(folder, name), { recursive: true });
  for (const name of [
    "aws",
    "functions",
    "graph",
    "runtime",
    "sdk",
    "statemachines",
    "store",
    "tasks",
    "node_modules",
    "tsconfig.json",
  ])
    symlinkSync(join(repository, name), join(folder, name));
  return folder;
}

/** Deploys the whole of Millrace into the account and answers the stack's outputs. */
export async function deployMillrace(
  account: Account,
  stage: string,
  ...options: readonly string[]
): Promise<Record<string, string>> {
  await sls(["deploy", "--stage", stage, ...options], account);
  const { Stacks = [] } = await new CloudFormationClient(clientOf(account)).send(
    new DescribeStacksCommand({ StackName: `millrace-${stage}` }),
  );
  const outputs = Stacks[0]?.Outputs ?? [];
  return Object.fromEntries(outputs.map(({ OutputKey, OutputValue }) => [OutputKey!, OutputValue!]));
}

/** Asks the deployed HTTP API, signed as whom this process acts as (`actAs`). */
export async function ask(
  api: string,
  route: string,
  { content, headers = {} }: { readonly content?: unknown; readonly headers?: Readonly<Record<string, string>> } = {},
): Promise<{ readonly status: number; readonly answer: unknown }> {
  const [method = "", path = ""] = route.split(" ");
  const url = new URL(api + path);
  const body = content === undefined ? "" : JSON.stringify(content);
  const signed = signedHeaders({ method, url, body, service: "execute-api", by: ownKeys() });
  const response = await fetch(url, {
    method,
    headers: { "content-type": "application/json", ...headers, ...signed },
    ...(body !== "" && { body }),
  });
  const text = await response.text();
  return { status: response.status, answer: text === "" ? undefined : (JSON.parse(text) as unknown) };
}

/** A deployment, and this process as its user. */
export interface Deployed {
  readonly api: string;
  readonly outputs: Readonly<Record<string, string>>;
  readonly client: Client;
  /** A folder of the test's own. */
  readonly home: string;
  /** Waits until the run has ended; answers how, and what every task left. */
  end<F extends AnyFlow>(flow: F, run: RunKey): Promise<FlowResult<F>>;
  /** Deploys flows, one after the other: one module is bundled and stored once. */
  deploy(...flows: readonly (AnyFlow | string)[]): Promise<void>;
  start(flow: AnyFlow, parameters?: object): Promise<RunKey>;
  carryOut<F extends AnyFlow>(flow: F, parameters?: object): Promise<FlowResult<F>>;
  attempts(run: RunKey, step: string, index?: string): Promise<readonly Attempt[]>;
  /** Ends the account as well. */
  close(): Promise<void>;
}

/** Deploys Millrace and makes this process, its environment included, a person who may use it. */
export async function openDeployed(account: Account, stage: string): Promise<Deployed> {
  return openStack(account, await deployMillrace(account, stage));
}

/** Makes this process, its environment included, a person who may use what stands in a lent account. */
export async function openLent(account: LentAccount): Promise<Deployed> {
  return openStack(account, account.outputs);
}

async function openStack(account: Account, outputs: Readonly<Record<string, string>>): Promise<Deployed> {
  const { ApiUrl: api = "" } = outputs;
  const home = mkdtempSync(join(tmpdir(), "millrace-test-"));
  actAs(await personOf(account, outputs));
  Object.assign(process.env, { MILLRACE_HOME: join(home, "home"), MILLRACE_SERVICE_URL: api });
  const client = createClient({ api, region: "us-east-1" });

  const deployed: Deployed = {
    api,
    outputs,
    client,
    home,
    async end(flow, run) {
      for (;;) {
        const found = await client.runs.readRun(run);
        if (!found) throw new Error(`there is no run ${run.flow}/${run.run}`);
        const { status, error } = found;
        if (status !== "running") return readAccountTasks(client, { ...run, status, ...(error && { error }) }) as never;
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
    },
    async deploy(...flows) {
      for (const flow of flows) await register(flow);
    },
    start: ({ name }, parameters = {}) => trigger(name, { ...parameters }),
    carryOut: async (flow, parameters) => deployed.end(flow, await deployed.start(flow, parameters)),
    attempts: ({ flow, run }, step, index = "0") => client.runs.listAttempts({ flow, run }, { step, index }),
    async close() {
      await account.stop();
      rmSync(home, { recursive: true, force: true });
    },
  };
  return deployed;
}
