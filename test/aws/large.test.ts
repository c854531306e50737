import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import {
  paginateGetExecutionHistory,
  paginateListExecutions,
  paginateListStateMachines,
  SFNClient,
  type ExecutionListItem,
} from "@aws-sdk/client-sfn";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { RegisterFlowResponse } from "../../functions/api/contract.ts";
import type { Run } from "../../store/ledger/ledger.ts";
import { packArchive } from "../../store/code/code-archive.ts";
import { ARCHIVED } from "../../store/code/code-archive-files.ts";
import type { Graph, GraphNode } from "../../graph/graph.ts";
import { graph, lambda, loop } from "../../statemachines/fixtures.ts";
import { LIMITS } from "../../statemachines/limits.ts";
import { isWidest } from "../widest.ts";
import { isSkipped, startAccount } from "./account.ts";
import { ask, deployMillrace } from "./deployed.ts";
import { actAs, personOf } from "./person.ts";
import { clientOf } from "./stack.ts";

const account = await startAccount();

/**
 * In the place of the runtime, in the function that runs a flow's short steps: answers at once that a loop goes round until its 3,000th round; a
 * step called `fails` fails in its third.
 */
const INSTANT = `exports.handler = async ({ step, index }) => {
  const round = Number(index.split(".").at(-1));
  if (step === "fails" && round === 2) throw new Error("out of luck");
  return { control: { again: round + 1 < 3000 } };
};`;

const steps = (count: number): GraphNode[] => Array.from({ length: count }, (_, i) => lambda(`step${i}`));

describe.skipIf(isSkipped(account))("a flow of instant tasks in an account", () => {
  if (isSkipped(account)) return;
  const client = clientOf(account);
  const sfn = new SFNClient(client);
  const code = packArchive({ [ARCHIVED.runtime]: INSTANT });
  const codePackage = code.hash;
  let api = "";

  beforeAll(async () => {
    const outputs = await deployMillrace(account, "large");
    api = outputs["ApiUrl"]!;
    actAs(await personOf(account, outputs));
    const s3 = new S3Client({ ...client, forcePathStyle: true });
    await s3.send(new PutObjectCommand({ Bucket: outputs["Bucket"], Key: `blobs/${codePackage}`, Body: code.bytes }));
  }, 180_000);

  afterAll(() => account.stop());

  async function call<T>(route: string, body?: unknown): Promise<T> {
    const { status, answer } = await ask(api, route, { content: body });
    if (status >= 300) throw Object.assign(new Error(route), { status, ...(answer as object) });
    return answer as T;
  }
  const deploy = (flow: Graph) =>
    call<RegisterFlowResponse>(`PUT /flows/${flow.name}`, { graph: flow, codePackage, user: "ann", tags: [] });
  const start = (name: string) =>
    call<Run>(`POST /flows/${name}/runs`, { engine: "service", parameters: {}, tags: [], user: "ann" });
  const ended = ({ flow, run }: Run) =>
    vi.waitUntil(
      async () => {
        const now = await call<Run>(`GET /flows/${flow}/runs/${run}`);
        return now.status === "running" ? undefined : now;
      },
      { timeout: 200_000, interval: 250 },
    );
  const invocations = async (name: string) => (await account.stats()).function?.[name] ?? 0;

  async function machinesOf(flow: string): Promise<string[]> {
    const arns: string[] = [];
    for await (const { stateMachines = [] } of paginateListStateMachines({ client: sfn }, {}))
      for (const { name, stateMachineArn } of stateMachines)
        if (name!.split(".")[0] === `millrace-large__${flow}`) arns.push(stateMachineArn!);
    return arns;
  }
  /** The executions of the flow's machine and of those within it. */
  async function executionsOf(flow: string): Promise<ExecutionListItem[]> {
    const all: ExecutionListItem[] = [];
    for (const stateMachineArn of await machinesOf(flow))
      for await (const { executions = [] } of paginateListExecutions({ client: sfn }, { stateMachineArn }))
        all.push(...executions);
    return all;
  }
  async function eventsOf({ executionArn }: ExecutionListItem): Promise<number> {
    let count = 0;
    for await (const { events = [] } of paginateGetExecutionHistory({ client: sfn }, { executionArn }))
      count += events.length;
    return count;
  }

  /** Carries the flow out, and answers how many events each of the run's executions had. */
  async function histories(flow: Graph): Promise<number[]> {
    await deploy(flow);
    expect(await ended(await start(flow.name))).toMatchObject({ status: "succeeded" });
    const executions = await executionsOf(flow.name);
    expect(executions.every(({ status }) => status === "SUCCEEDED")).toBe(true);
    return Promise.all(executions.map(eventsOf));
  }

  test.skipIf(!isWidest)(
    "of 2,000 steps runs each once, in executions that are short enough",
    async () => {
      const told = await invocations("millrace-large-dispatch");
      const events = await histories(graph("Long", ...steps(2_000)));
      expect(await invocations("millrace-large__Long")).toBe(2_000);
      // Of the run's end, not of those of the executions within it.
      expect((await invocations("millrace-large-dispatch")) - told).toBe(1);
      expect(events.length).toBeGreaterThan(2);
      expect(Math.max(...events)).toBeLessThan(LIMITS.historyEvents);
      expect(events.reduce((sum, each) => sum + each, 0)).toBeGreaterThan(5 * 2_000);
    },
    240_000,
  );

  test.skipIf(!isWidest)(
    "goes round 3,000 times, more than a look each minute for 48 hours, in executions that are short enough",
    async () => {
      const events = await histories(graph("Rounds", loop(1, [lambda("look")], 5_000)));
      expect(await invocations("millrace-large__Rounds")).toBe(3_000);
      expect(events.reduce((sum, each) => sum + each, 0)).toBeGreaterThan(LIMITS.historyEvents);
      expect(Math.max(...events)).toBeLessThan(LIMITS.historyEvents);
    },
    240_000,
  );

  test("fails with what failed in an execution within its run", async () => {
    await deploy(graph("Broken", loop(1, [lambda("fails")], 5_000)));
    expect(await ended(await start("Broken"))).toMatchObject({
      status: "failed",
      error: { name: "Error", message: expect.stringContaining("out of luck") },
    });
  }, 60_000);

  test("is stopped with the executions within it, and runs on what it began with though it was deployed again", async () => {
    await deploy(graph("Again", loop(1, [lambda("look")], 5_000)));
    const [, ...within] = await machinesOf("Again");
    expect(within.length).toBeGreaterThan(0);
    const first = await start("Again");
    await vi.waitUntil(async () => (await executionsOf("Again")).length > 1, { timeout: 30_000, interval: 100 });

    await deploy(graph("Again", lambda("once")));
    expect(await machinesOf("Again")).toEqual(expect.arrayContaining(within));
    expect((await ended(await start("Again"))).status).toBe("succeeded");
    expect(await call<Run>(`GET /flows/Again/runs/${first.run}`)).toMatchObject({ status: "running" });

    await call(`POST /flows/Again/runs/${first.run}/stop`, { user: "ann" });
    expect(await ended(first)).toMatchObject({ status: "stopped" });
    const statuses = () =>
      executionsOf("Again").then((all) =>
        all
          .map(({ status }) => status)
          .toSorted()
          .join(),
      );
    await vi.waitUntil(async () => (await statuses()) === "ABORTED,ABORTED,SUCCEEDED", { timeout: 30_000 });

    await call("DELETE /flows/Again?user=ann");
    expect(await machinesOf("Again")).toEqual([]);
  }, 90_000);
});
