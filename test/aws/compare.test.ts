import { BatchClient } from "@aws-sdk/client-batch";
import {
  DescribeExecutionCommand,
  DescribeStateMachineForExecutionCommand,
  GetExecutionHistoryCommand,
  ListExecutionsCommand,
  ListStateMachinesCommand,
  SFNClient,
  type HistoryEvent,
} from "@aws-sdk/client-sfn";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type * as Interpreter from "../../engine/asl/interpreter.ts";
import type { RunKey } from "../../graph/run-name.ts";
import { buildCodeArchive } from "../../runtime/package/code-archive.ts";
import { buildCodePackage } from "../../runtime/package/code-package.ts";
import type { AnyFlow } from "../../sdk/language/language.ts";
import { lineageOf } from "../../graph/lineage.ts";
import type { FlowResult } from "../../sdk/client/results.ts";
import { testFlow } from "../../sdk/testing.ts";
import type { StateMachine } from "../../statemachines/asl.ts";
import { fixtures as all, foreach, graph, step, type Fixture } from "../../statemachines/fixtures.ts";
import { comparedFlow } from "../support/compared-flow.ts";
import { statesInOrder, type Entered, type Execution } from "../support/states-in-order.ts";
import { serveTasks, type TaskServer } from "../support/batch-task-server.ts";
import { answersOf, simulate } from "../simulated-run.ts";
import { examples } from "../widest.ts";
import { isSkipped, startAccount } from "./account.ts";
import { openDeployed, type Deployed } from "./deployed.ts";
import { clientOf } from "./stack.ts";

/** What the offline interpreter executes, by run: testFlow does not tell of states. */
const offline = vi.hoisted(() => new Map<string, Execution[]>());
vi.mock("../../engine/asl/interpreter.ts", async (load) => {
  const real = await load<typeof Interpreter>();
  const interpret: typeof real.interpret = (machine, input, options) => {
    const { run } = input as { run: string };
    const entered: Entered[] = [];
    offline.set(run, [...(offline.get(run) ?? []), { machine, entered }]);
    const onEvent = (event: Interpreter.HistoryEvent) => {
      if (event.type === "StateEntered") entered.push({ state: event.state, input: event.input });
    };
    return real.interpret(machine, input, { ...options, onEvent });
  };
  return { ...real, interpret };
});

const account = await startAccount({ batchSlots: 6 });
const rig = isSkipped(account) ? undefined : account.rig;

/** As wide and as hungry as this machine can bear: 41 is a distributed Map already, and there is no queue for GPUs. */
const fixtures = examples(all, 6).map((fixture): Fixture => {
  const { widths = {} } = fixture.course;
  const text = JSON.stringify(fixture.graph).replaceAll('"gpu":1,', "");
  const narrow = Object.fromEntries(
    Object.entries(widths).map(([name, width]) => [name, width > 10_000 ? 4 : Math.min(width, 41)]),
  );
  return { ...fixture, graph: JSON.parse(text) as Fixture["graph"], course: { ...fixture.course, widths: narrow } };
});

describe.skipIf(isSkipped(account))("the account's interpreter and the offline one", { timeout: 120_000 }, () => {
  if (isSkipped(account)) return;
  let service: Deployed;
  let server: TaskServer;
  const flows = new Map(fixtures.map((fixture) => [fixture.graph.name, comparedFlow(fixture)]));
  const runs = new Map<string, RunKey>();

  beforeAll(async () => {
    service = await openDeployed(account, "compare");
    process.env["TMPDIR"] = service.home;
    server = await serveTasks(new BatchClient(clientOf(account)), service.outputs["JobDefinition"]!, {
      api: { url: service.api, region: "us-east-1" },
      depthOf: (flow, step) => lineageOf(flows.get(flow)!.graph).steps.get(step)!.depth,
    });
    const file = join(service.home, "flows.ts");
    writeFileSync(file, moduleOf(fixtures));
    const archive = await buildCodeArchive(await buildCodePackage(file, { home: service.home }));
    await service.client.storeCode(archive);
    for (const [name, flow] of flows) {
      const deployment = { graph: flow.graph, codePackage: archive.hash, user: "ann", tags: [] };
      await service.client.registerFlow(deployment);
      runs.set(name, await service.start(flow));
    }
  }, 240_000);
  afterAll(async () => {
    server.close();
    await service.close();
  });

  test.each(fixtures)("$title: the same artifacts, the same states in the same order", async ({ graph }) => {
    const flow = flows.get(graph.name)!;
    expect(flow.graph.body).toEqual(graph.body);
    const there = await service.end(flow, runs.get(graph.name)!);
    const here = await testFlow(flow);
    expect([there.status, here.status]).toEqual(["succeeded", "succeeded"]);
    expect(left(there, flow)).toEqual(left(here, flow));
    expect(statesInOrder(await executionsOf(there))).toEqual(statesInOrder(offline.get(`${graph.name}/${here.run}`)!));
  });

  const sfn = new SFNClient(clientOf(account));

  /** The run's own execution, and those within it. */
  async function executionsOf({ flow, run }: RunKey): Promise<Execution[]> {
    const { stateMachines = [] } = await sfn.send(new ListStateMachinesCommand({ maxResults: 1000 }));
    const machines = stateMachines.filter(({ name }) => name!.startsWith(`${service.outputs["Prefix"]}${flow}`));
    const found = machines.map(async ({ stateMachineArn }) => {
      const { executions = [] } = await sfn.send(new ListExecutionsCommand({ stateMachineArn, maxResults: 1000 }));
      return Promise.all(executions.map(({ executionArn }) => executionOf(executionArn!, `${flow}/${run}`)));
    });
    return (await Promise.all(found)).flat(2);
  }

  async function executionOf(executionArn: string, run: string): Promise<Execution[]> {
    const { input, name } = await sfn.send(new DescribeExecutionCommand({ executionArn }));
    if ((JSON.parse(input!) as { run: string }).run !== run) return [];
    const { definition } = await sfn.send(new DescribeStateMachineForExecutionCommand({ executionArn }));
    const { events = [] } = await sfn.send(new GetExecutionHistoryCommand({ executionArn, maxResults: 1000 }));
    const mapRuns = (await rig!("GET", `executions/${name}/map-runs`)) as HistoryEvent[][];
    const entered = [events, ...mapRuns]
      .flat()
      .flatMap(({ stateEnteredEventDetails: details }) =>
        details ? [{ state: details.name!, input: JSON.parse(details.input!) as unknown }] : [],
      );
    return [{ machine: JSON.parse(definition!) as StateMachine, entered }];
  }
});

describe("a foreach, without containers,", () => {
  test.each([
    [0, 6],
    [1, 7],
    [2, 7],
    [41, 7],
    [1_000, 7],
    [10_000, 7],
  ])("of %i takes %i transitions, and payloads that its width is not in", async (width, transitions) => {
    const flow = graph("Wide", step("start"), foreach("merge", [step("work")]), step("end"));
    const { result, tasks, jobs, inputs } = await simulate(flow, answersOf({ widths: { merge: width } }));
    expect(result).toMatchObject({ status: "SUCCEEDED", transitions });
    expect(tasks.filter((task) => task.startsWith("work/"))).toHaveLength(width);
    expect(jobs.filter((job) => job.step === "work")).toHaveLength(Math.min(width, 1));
    expect(Math.max(...Array.from(inputs.values(), (input) => Buffer.byteLength(input)))).toBeLessThan(256);
  });
});

/** What every task left. */
function left(result: FlowResult<AnyFlow>, { graph }: AnyFlow) {
  const steps = [...lineageOf(graph).steps.keys()];
  return steps.map((step) => ({
    step,
    tasks: result
      .tasks(step as never)
      .map(({ index, status, artifacts }) => ({ index, status, artifacts: { ...(artifacts as object) } })),
  }));
}

function moduleOf(flows: readonly Fixture[]): string {
  const from = join(import.meta.dirname, "../support/compared-flow.ts");
  const exports = flows.map(
    (fixture) => `export const ${fixture.graph.name} = comparedFlow(${JSON.stringify(fixture)} as never);`,
  );
  return [`import { comparedFlow } from ${JSON.stringify(from)};`, ...exports].join("\n");
}
