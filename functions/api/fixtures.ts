import { createHash } from "node:crypto";
import { z } from "zod";
import { fixedKey } from "../../aws/s3/signing-keys.ts";
import { flow } from "../../sdk/index.ts";
import type { AnyFlow } from "../../sdk/language/language.ts";
import { startProof } from "../../statemachines/contract/start-proof.ts";
import { offlineResources } from "../../statemachines/resources.ts";
import { openMemoryBlobs } from "../../store/blobs/memory.ts";
import { openMemoryRegistry } from "../../store/registry/memory-registry.ts";
import { openSqliteLedger } from "../../store/ledger/sqlite/sqlite-ledger.ts";
import type { TimedStart } from "../../graph/schedule.ts";
import type { KeptSchedules } from "../../aws/scheduler/schedules.ts";
import type { RunKey } from "../../graph/run-name.ts";
import type { TaskKey } from "../../graph/task-key.ts";
import type { Ledger, Run } from "../../store/ledger/ledger.ts";
import type { RunnerWanted } from "../../aws/lambda/runners.ts";
import { createApp } from "./app.ts";
import type { RegisterFlowResponse, StartedTask } from "./contract.ts";
import { graphCache } from "./graph-cache.ts";
import { errorOf } from "./problem.ts";
import type { AnyRoute, RequestSigner } from "./route.ts";
import { routes } from "./routes.ts";

/** What would be asked of AWS, noted. */
function fakeAccount() {
  const asked: string[] = [];
  const note = (what: string) => async () => void asked.push(what);
  const machines = {
    put: async (name: string, _: unknown, version: number) => {
      asked.push(`machine ${name} ${version}`);
      const arn = `arn:aws:states:us-east-1:1:stateMachine:millrace-${name}`;
      return { arn, versionArn: `${arn}:${version}`, children: [] as string[] };
    },
    isRunning: async () => false,
    removeVersion: async (arn: string) => note(`remove ${arn.split(":").slice(-2).join(":")}`)(),
    remove: async (arn: string) => note(`remove ${arn.split(":").at(-1)}`)(),
    start: async (_: string, name: string, input: object) => note(`start ${name} ${JSON.stringify(input)}`)(),
    stop: async (_: string, name: string) => note(`stop ${name}`)(),
  };
  const schedules = {
    namesOf: (name: string, all: readonly TimedStart[]) => all.map(({ expression }) => `${name} ${expression}`),
    async keep(name: string, { schedules: wanted, isPaused, known }: KeptSchedules) {
      const names = this.namesOf(name, wanted);
      for (const one of names) asked.push(`${isPaused ? "pause" : "schedule"} ${one}`);
      for (const one of known) if (!names.includes(one)) asked.push(`unschedule ${one}`);
    },
  };
  const jobs = {
    put: async (name: string, step: string) => {
      asked.push(`job ${name} ${step}`);
      return `arn:job-${step}`;
    },
    remove: async (name: string) => note(`no jobs ${name}`)(),
  };
  const runners = {
    put: async ({ flow: name, person, memoryMiB }: RunnerWanted) => {
      asked.push(`runner ${name} ${person ?? "deployed"} ${memoryMiB}`);
      return `arn:runner-${name}-${person ?? "deployed"}:${asked.length}`;
    },
    keep: async (name: string, versions: readonly string[]) => note(`runners ${name} ${versions.join()}`)(),
  };
  const signer = {
    signRead: async (hash: string) => `https://blobs/${hash}?read`,
    signWrite: async ({ hash, size }: { hash: string; size: number }) => ({
      url: `https://blobs/${hash}?write=${size}`,
      headers: {},
    }),
  };
  return { asked, note, machines, schedules, jobs, runners, signer };
}

/** The parameters of the stack. */
const deployment = {
  resources: { ...offlineResources, machines: "arn:", keepsMapRuns: true, waitSeconds: 60 },
  maxRounds: 1_000,
  secretNames: { ofFlows: "millrace/dev/", shared: [] },
};

/** The key of the tokens, in whose place a test may put another. */
function changeableKey() {
  const key = { latest: fixedKey(Buffer.from("key")) };
  return { key, keys: { current: () => key.latest.current(), find: (id: string) => key.latest.find(id) } };
}

/** A service whose ledger and blobs are real ones in memory; what AWS would be asked to do is noted. */
export async function openService() {
  const blobs = openMemoryBlobs();
  const ledger = await openSqliteLedger(":memory:");
  const { asked, note, ...account } = fakeAccount();
  const registry = openMemoryRegistry();
  const clock = { now: 1_000 };
  const now = () => clock.now;
  const { machines, schedules, signer } = account;
  const kept = { blobs, ledger, registry, lineageOf: graphCache(blobs) };
  const common = { ...kept, machines, schedules, signer, now, runsAtOnce: 0 };
  const { key, keys } = changeableKey();
  const app = createApp({
    register: {
      ...common,
      ...account,
      ...deployment,
      storeRanges: note("ranges"),
    },
    runs: common,
    tasks: { ...common, keys },
    sign: { ...common, keys },
    signerOf: (env) => ({ as: "person", ...(env as Partial<RequestSigner> | undefined) }),
    onFailure: (error) => {
      throw error;
    },
  });
  const code = Buffer.from("the code");
  const codePackage = createHash("sha256").update(code).digest("hex");
  await blobs.write(codePackage, [code]);

  async function call<T = Record<string, never>>(
    route: string,
    body?: unknown,
    { token, ...signer }: { token?: string } & Partial<RequestSigner> = {},
  ): Promise<T> {
    const [method = "", path = ""] = route.split(" ");
    const response = await app.request(
      path,
      {
        method,
        ...(body !== undefined && { body: JSON.stringify(body) }),
        ...(token !== undefined && { headers: { "millrace-token": token } }),
      },
      signer,
    );
    const answer = response.status === 204 ? {} : ((await response.json()) as unknown);
    if (!response.ok) throw errorOf(response.status, answer);
    answerSchema(method, path)?.parse(answer);
    return answer as T;
  }
  const deploy = (f: AnyFlow, rest: object = {}, as: { principal?: string } = {}) =>
    call<RegisterFlowResponse>(
      `PUT /flows/${f.graph.name}`,
      { graph: f.graph, codePackage, user: "ann", tags: [], ...rest },
      as,
    );
  const trigger = (name: string, parameters: object = {}, rest: object = {}) =>
    call<Run>(`POST /flows/${name}/runs`, { engine: "service", parameters, tags: [], user: "ann", ...rest });
  const known = { app, asked, blobs, ledger, clock, key, codePackage, common };
  return { ...known, call, deploy, trigger, ...beginning(ledger, call) };
}

/** Begins tasks as the run's machine has them begun. */
function beginning(ledger: Ledger, call: <T>(route: string, body?: unknown) => Promise<T>) {
  /** What the machine gives to a task, or to an array's job. */
  const proofOf = async ({ step, index, ...run }: RunKey & TaskKey) =>
    startProof((await ledger.readRunAndSecret(run))?.secret ?? "", step, index);
  const startOf = async (task: RunKey & { readonly step: string; readonly index?: string; readonly by?: string }) => {
    const { flow, run, step, index = "0", by = "job#1" } = task;
    const body = { step, index, by, proof: await proofOf({ flow, run, step, index }) };
    return call<StartedTask>(`POST /runs/${flow}/${run}/tasks/start`, body);
  };
  const start = (run: number, step: string, more: { readonly index?: string; readonly by?: string } = {}) =>
    startOf({ flow: "Stats", run, step, ...more });
  return { proofOf, startOf, start };
}

/** What the contract says of the answer of a route. */
function answerSchema(method: string, path: string) {
  const isOf = (route: string) => {
    const [wanted, pattern = ""] = route.split(" ");
    const [plain = ""] = path.split("?");
    return wanted === method && new RegExp(`^${pattern.replaceAll(/\{\w+\}/g, "[^/]+")}$`).test(plain);
  };
  return Object.values<AnyRoute>(routes).find(({ route }) => isOf(route))?.answer;
}

export const noBlobs = {
  read: (): never => {
    throw new Error("nothing is read");
  },
  write: (): never => {
    throw new Error("nothing is written");
  },
};

export const stats = flow("Stats", { params: { top: z.number().int().default(5), since: z.coerce.date().optional() } })
  .step("start", () => ({ genres: ["drama", "comedy"] }))
  .foreach("genres", { as: "genre" }, (each) => each.step("compute", { compute: "batch" }, ({ genre }) => ({ genre })))
  .join("merge", () => ({ done: true }));
