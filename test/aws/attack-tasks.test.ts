import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { DescribeStateMachineCommand, ListStateMachinesCommand, SFNClient } from "@aws-sdk/client-sfn";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { RunKey } from "../../graph/run-name.ts";
import { startProof } from "../../statemachines/contract/start-proof.ts";
import { Attacker, Victim } from "../support/attack-flows.ts";
import { isSkipped } from "./account.ts";
import { openLent, type Deployed } from "./deployed.ts";
import { borrowAccount, LENT_STAGE } from "./lent.ts";
import { proofOf, secretOf } from "./run-secret.ts";
import { signedHeaders, type Keys } from "./sign.ts";
import { clientOf } from "./stack.ts";

const account = await borrowAccount();

describe.skipIf(isSkipped(account))("attack: a task's role in the account", { timeout: 120_000 }, () => {
  if (isSkipped(account)) return;
  const { rig } = account;
  let service: Deployed;
  let codePackage: string;
  const roles = new Map<string, string>();

  beforeAll(async () => {
    service = await openLent(account);
    await service.deploy(Victim, Attacker);
    ({ codePackage } = await service.client.readFlow("Victim"));
    for (const { owner } of (await rig("GET", "rights")) as { readonly owner: string }[]) {
      const [, logical = ""] = new RegExp(`^role/millrace-${LENT_STAGE}-(\\w+?)-\\w+$`).exec(owner) ?? [];
      roles.set(logical, owner.slice("role/".length));
    }
  }, 240_000);
  afterAll(() => account.stop());

  /** What a step's code reads of its process: the credentials of its role. */
  async function session(logical: string, of: string): Promise<Keys> {
    const told = await rig("POST", "sessions", { role: roles.get(logical), service: of, seconds: 900 });
    const { AccessKeyId, SecretAccessKey, Token } = told as Record<string, string>;
    return { accessKeyId: AccessKeyId!, secretAccessKey: SecretAccessKey!, sessionToken: Token };
  }
  const holders = [
    ["JobRole", "ecs-tasks.amazonaws.com"],
    ["RunnerRole", "lambda.amazonaws.com"],
  ] as const;

  async function ask(by: Keys, path: string, content: object): Promise<{ status: number; text: string }> {
    const url = new URL(service.api + path);
    const body = JSON.stringify(content);
    const headers = signedHeaders({ method: "POST", url, body, service: "execute-api", by });
    const response = await fetch(url, {
      method: "POST",
      body,
      headers: { ...headers, "content-type": "application/json" },
    });
    return { status: response.status, text: await response.text() };
  }

  /** A run that goes on, since nobody begins its tasks. */
  async function ownRun(one: typeof Victim | typeof Attacker): Promise<RunKey> {
    const owner = { host: "here", pid: process.pid };
    const given = { graph: one.graph, codePackage, parameters: {}, controls: [], tags: [], user: "ann", owner };
    const { flow, run } = await service.client.own.create(given);
    return { flow, run };
  }

  test.each(holders)("a step with the credentials of %s cannot begin another flow's task", async (role, of) => {
    const [victim, own] = [await ownRun(Victim), await ownRun(Attacker)];
    const by = await session(role, of);
    const table = service.outputs["Table"]!;
    const begin = (proof: string | undefined, { flow, run }: RunKey) =>
      ask(by, `/runs/${flow}/${run}/tasks/start`, {
        step: "start",
        index: "0",
        by: "attacker",
        ...(proof && { proof }),
      });
    const mine = await proofOf(account, table, { ...own, step: "start" });
    for (const shown of [undefined, "0".repeat(64), mine])
      expect(await begin(shown, victim)).toMatchObject({
        status: 403,
        text: expect.stringContaining("proof.invalid") as string,
      });
    expect(await service.attempts(victim, "start").catch(() => [])).toEqual([]);
    // It is the proof that was missing: by its own it begins its own task.
    expect((await begin(mine, own)).status).toBe(200);
  });

  test.each(holders)("a step with the credentials of %s cannot ask for a run's secret", async (role, of) => {
    const by = await session(role, of);
    const made = {
      engine: "client",
      graph: Victim.graph,
      codePackage,
      parameters: {},
      controls: [],
      tags: [],
      user: "x",
    };
    expect((await ask(by, "/flows/Victim/runs", { ...made, owner: { host: "x", pid: 1 } })).status).toBe(403);
  });

  test.each(holders)("a step with the credentials of %s cannot speak as a state machine does", async (role, of) => {
    const keys = await session(role, of);
    const lambda = new LambdaClient({ ...clientOf(account), credentials: keys as Required<Keys>, maxAttempts: 1 });
    const Payload = Buffer.from(JSON.stringify({ action: "control", run: "Victim/1", node: "end", index: "0" }));
    for (const name of ["tasks", "runs", "register"]) {
      const called = lambda.send(new InvokeCommand({ FunctionName: `millrace-${LENT_STAGE}-${name}`, Payload }));
      await expect(called).rejects.toMatchObject({ name: "AccessDeniedException" });
    }
  });

  test("a reader of logs finds no secret there: the machines log nothing of what they are given", async () => {
    const run = await service.start(Victim);
    expect(await service.end(Victim, run)).toMatchObject({ status: "succeeded" });
    const secret = await secretOf(account, service.outputs["Table"]!, run);
    const told = [
      await service.client.runs.readRun(run),
      await service.client.runs.listRuns({ flow: "Victim" }),
      await service.attempts(run, "start"),
    ];
    const text = JSON.stringify(told);
    expect(text).not.toContain(secret);
    expect(text).not.toContain(startProof(secret, "start", "0"));
    const sfn = new SFNClient(clientOf(account));
    const { stateMachines = [] } = await sfn.send(new ListStateMachinesCommand({}));
    const { stateMachineArn } = stateMachines.find(({ name }) => name!.endsWith("Victim"))!;
    const { loggingConfiguration } = await sfn.send(new DescribeStateMachineCommand({ stateMachineArn }));
    expect(loggingConfiguration?.includeExecutionData ?? false).toBe(false);
  });
});
