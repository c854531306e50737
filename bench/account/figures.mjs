/**
 * What runs ask of an account. Some are carried out in the account on this machine and what they call is counted there;
 * for those with too many containers for it the flow runs in local processes, and the rest is worked out from its record
 * by `millrace plan --of`, which test/aws/plan.test.ts holds to what is counted.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { flowFile } from "../measure.mjs";
import { millrace, serviceFolder, sls, STACK } from "./service.mjs";

const file = (name) => `${flowFile("account.ts")}#${name}`;

const CARRIED_OUT = [
  { what: "two steps", name: "two", flow: "Two" },
  { what: "foreach of 10", name: "wide10", flow: "Wide10" },
  { what: "foreach of 10, Lambda steps", name: "quick10", flow: "Quick10" },
  { what: "chain of 20", name: "chain20", flow: "Chain20" },
];

const RECORDED = [
  { what: "foreach of 1,000", name: "wide1000", flow: "Wide1000" },
  { what: "foreach of 10,000", name: "wide10000", flow: "Wide10000" },
  { what: "chain of 100", name: "chain100", flow: "Chain100" },
];

/** The figures of every flow; `how` says which way they came. */
export async function runFigures(account) {
  const local = { env: { ...account.env, MILLRACE_PROFILE: "local" } };
  const recorded = RECORDED.map((one) => {
    millrace(local, "run", file(one.name), "--quiet");
    return { ...one, how: "local run, by its record", ...plannedOf(local, one.flow) };
  });
  sls("deploy", serviceFolder("deploy"), account.env);
  millrace(account, "configure", "aws", "--stack", STACK);
  const counted = [];
  for (const one of CARRIED_OUT) {
    process.stderr.write(`${one.what} …\n`);
    millrace(account, "deploy", file(one.name));
    // The first run is for what a function reads once, when it is started.
    await carryOut(account, one.flow);
    await account.forgetStats();
    const run = await carryOut(account, one.flow);
    const figures = await called(account, one.flow, run);
    counted.push({ ...one, how: "counted", ...figures, usd: plannedOf(account, one.flow).usd });
  }
  return [...counted, ...recorded];
}

/** Waits by asking the account itself, so that nothing of Millrace is called for it. */
async function carryOut(account, flow) {
  const { run } = JSON.parse(millrace(account, "trigger", flow, "--json"));
  for (;;) {
    await sleep(500);
    const last = (await account.history(flow, run)).at(-1).type;
    if (last === "ExecutionSucceeded") break;
    if (/^Execution(Failed|Aborted|TimedOut)$/.test(last)) throw new Error(`${flow}/${run}: ${last}`);
  }
  // It is told of the end a moment later.
  await sleep(1_500);
  return run;
}

function plannedOf(who, flow) {
  const { usage, transitions, largest, tasks, usd } = JSON.parse(millrace(who, "plan", "--of", flow, "--json"));
  return {
    tasks,
    transitions,
    taskInvocations: usage.tasks,
    invocations: usage.runs + usage.tasks + usage.sign + usage.dispatch + usage.runner,
    reads: usage.tableReads,
    writes: usage.tableWrites,
    objects: usage.objectGets + usage.objectHeads + usage.objectPuts,
    overridesBytes: largest.overridesBytes,
    usd,
  };
}

/** What the account counted, without what `trigger` asks of the flow before it starts it. */
async function called(account, flow, run) {
  const { aws = {}, function: functions = {}, http = {} } = await account.stats();
  const events = await account.history(flow, run);
  const sum = (of, pattern) =>
    Object.entries(of).reduce((all, [name, times]) => all + (pattern.test(name) ? times : 0), 0);
  const watched = sum(http, /^GET /);
  const overrides = events.flatMap(({ taskScheduledEventDetails: task }) => {
    const { ContainerOverrides } = JSON.parse(task?.parameters ?? "{}");
    return ContainerOverrides ? [Buffer.byteLength(JSON.stringify(ContainerOverrides))] : [];
  });
  return {
    tasks: sum(http, /tasks\/finish$/),
    transitions: events.filter(({ type }) => type.endsWith("StateEntered")).length,
    taskInvocations: sum(functions, /-tasks$/),
    invocations: sum(functions, /./) - watched,
    reads: sum(aws, /^dynamodb:(Get|BatchGet|Query)/) - watched,
    writes: sum(aws, /^dynamodb:(Put|Update|TransactWrite)/),
    objects: sum(aws, /^s3:/),
    overridesBytes: Math.max(0, ...overrides),
  };
}

/** What is claimed of them. */
export function figureClaims(figures) {
  const of = (what) => figures.find((one) => one.what === what);
  const foreachs = ["foreach of 10", "foreach of 1,000", "foreach of 10,000"].map(of);
  const containers = figures.filter(({ what }) => !what.includes("Lambda"));
  const quick = of("foreach of 10, Lambda steps");
  const transitions = foreachs.map((one) => one.transitions);
  const most = Math.max(...containers.map(({ taskInvocations, tasks }) => taskInvocations / tasks));
  const overrides = Math.max(...figures.map(({ overridesBytes }) => overridesBytes));
  return [
    {
      name: "transitions",
      claim: "transitions of a foreach of 10, 1,000 and 10,000",
      bound: "the same",
      value: transitions.at(-1),
      measured: transitions.join(", "),
      holds: new Set(transitions).size === 1,
    },
    {
      name: "invocations",
      claim: "invocations for the start and the end of a task in a container",
      bound: "at most 2 a task",
      value: most,
      measured: `${Number(most.toFixed(3))} at most`,
      holds: most <= 2,
    },
    {
      name: "lambda-invocations",
      claim: "invocations of a Lambda step, the runner's own included",
      bound: "",
      value: (quick.taskInvocations + quick.tasks) / quick.tasks,
      measured: `${(quick.taskInvocations + quick.tasks) / quick.tasks} a task`,
    },
    {
      name: "overrides",
      claim: "a container's overrides",
      bound: "under 1 KiB",
      value: overrides,
      measured: `${overrides} bytes at most`,
      holds: overrides < 1024,
    },
  ];
}
