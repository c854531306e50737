import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { AnyFlow } from "../../sdk/language/language.ts";
import type { Course } from "../../statemachines/plan/ways.ts";
import { plan, type Plan } from "../../statemachines/plan/plan.ts";
import { Quick, Ways } from "../support/plan-flows.ts";
import { examples, isWidest } from "../widest.ts";
import { isSkipped, type AccountStats } from "./account.ts";
import { openLent, type Deployed } from "./deployed.ts";
import { borrowAccount } from "./lent.ts";

const account = await borrowAccount();
const program = join(import.meta.dirname, "../../dist/bin.cjs");

const PATIENCE = { timeout: 200_000, interval: 200 };

describe.skipIf(isSkipped(account))("a run in an account uses what was planned", () => {
  if (isSkipped(account)) return;
  let service: Deployed;

  beforeAll(async () => {
    service = await openLent(account);
    await service.deploy(Ways, Quick);
  }, 240_000);

  afterAll(() => service.close());

  /** Carries a flow out and answers what was called for it, without whoever watches it. */
  const carriedOut = async (flow: AnyFlow): Promise<Called> => {
    await account.rig("DELETE", "stats");
    const started = await service.start(flow);
    const run = await vi.waitUntil(async () => {
      const found = await service.client.runs.readRun(started);
      return found && found.status !== "running" && found;
    }, PATIENCE);
    expect(run.status).toBe("succeeded");
    return called(await account.stats(), "millrace-lent-", run.graph);
  };

  test("of Batch steps in foreachs, a switch, a loop and branches: to the request", async () => {
    const course: Course = {
      widths: { gather: 4, sumRows: 2, sumRow: 2 },
      rounds: { "loop.1": 2 },
      cases: { "switch.1": "even" },
    };
    const planned = plan(Ways.graph, course, { default: 0.1 });
    expect(await carriedOut(Ways)).toEqual(wanted(planned));
  }, 240_000);

  test.skipIf(!isWidest)(
    "of Lambda steps in a distributed Map: but for what functions that are warm have already",
    async () => {
      // Two thirds of the children go one way, so what is planned for them all lies between what is for each.
      const [a, b] = ["a", "b"].map((kind) => {
        const planned = plan(Quick.graph, { widths: { end: 45 }, cases: { "switch.1": kind } }, { default: 0.01 });
        // The account here tells nobody of the executions of a distributed Map, and keeps one object of what they answered.
        return { ...wanted(planned), dispatch: 1, puts: wanted(planned).puts - 1 };
      });
      const { gets, reads, ...used } = await carriedOut(Quick);
      const names = Object.keys(used) as (keyof typeof used)[];
      const mixed = Object.fromEntries(names.map((name) => [name, Math.round((2 * a![name] + b![name]) / 3)]));
      expect(used).toEqual(mixed);
      // A function that has just been started does not have the page that its sibling has, and begins anew once it has.
      const least = Math.round((2 * a!.reads + b!.reads) / 3);
      expect(reads).toBeGreaterThanOrEqual(least);
      expect(reads).toBeLessThanOrEqual(least + 3 * 45);
      expect(gets).toBeLessThanOrEqual(b!.gets + used.runner + 45);
    },
    240_000,
  );

  const records: readonly (readonly [string, number])[] = [
    ["Ways", 19],
    ["Quick", 62],
  ];

  test.each(examples(records, 1))(
    "and `plan --of` tells it of %s by its record: its %i tasks, the requests that were planned",
    async (name, tasks) => {
      const { stdout } = await promisify(execFile)(process.execPath, [program, "plan", "--of", `${name}/1`, "--json"]);
      const used = JSON.parse(stdout) as Plan;
      expect(used.tasks).toBe(tasks);
      expect(used.usd).toBeGreaterThan(0);
    },
    60_000,
  );
});

interface Called {
  readonly api: number;
  readonly runs: number;
  readonly tasks: number;
  readonly sign: number;
  readonly dispatch: number;
  readonly runner: number;
  readonly reads: number;
  readonly writes: number;
  readonly gets: number;
  readonly heads: number;
  readonly puts: number;
  readonly jobs: number;
}

function wanted({ usage }: Plan): Called {
  const { apiRequests: api, runs, tasks, sign, dispatch, runner, jobs } = usage;
  const { tableReads: reads, tableWrites: writes, objectGets: gets, objectHeads: heads, objectPuts: puts } = usage;
  return { api, runs, tasks, sign, dispatch, runner, reads, writes, gets, heads, puts, jobs };
}

/** Whoever watches a run asks the API for it, which is one invocation and one read each. */
function called(
  { aws = {}, function: functions = {}, http = {} }: AccountStats,
  prefix: string,
  graph: string,
): Called {
  const sum = (of: Readonly<Record<string, number>>, wanted: (name: string) => boolean) =>
    Object.entries(of).reduce((all, [name, times]) => all + (wanted(name) ? times : 0), 0);
  const watched = sum(http, (route) => route.startsWith("GET "));
  const invoked = (name: string) => functions[prefix + name] ?? 0;
  const objects = (method: string) => sum(aws, (name) => name.startsWith(`s3:${method} `) && !isReadOnce(name, graph));
  return {
    api: sum(http, () => true) - watched,
    runs: invoked("runs") + invoked("register") - watched,
    tasks: invoked("tasks"),
    sign: invoked("sign"),
    dispatch: invoked("dispatch"),
    runner: sum(functions, (name) => !name.startsWith(prefix)),
    reads: sum(aws, (name) => /^dynamodb:(Get|BatchGet|Query)/.test(name)) - watched,
    writes: sum(aws, (name) => /^dynamodb:(Put|Update|TransactWrite)/.test(name)),
    gets: objects("GET"),
    heads: objects("HEAD"),
    puts: objects("PUT"),
    jobs: aws["batch:POST /v1/submitjob"] ?? 0,
  };
}

/** What a function reads once when it is started, and remembers; the key it makes where there is none. */
function isReadOnce(name: string, graph: string): boolean {
  return (name.startsWith("s3:GET") && name.endsWith(graph)) || name.includes("/keys/");
}
