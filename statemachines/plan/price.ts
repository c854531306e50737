import { DEPLOYMENT, type ComputePlace } from "./place.ts";
import { invocationsOf, total, type Usage } from "./usage.ts";
import { ESTIMATED, PRICES, type Price } from "../prices.ts";

/** What one service is paid for. */
export interface PriceLine {
  readonly service: string;
  /** What is counted, such as "state transitions". */
  readonly unit: string;
  readonly quantity: number;
  /** Of one, in US dollars. */
  readonly unitUsd: number;
  readonly usd: number;
  /** Why the quantity or the price is no more than an estimate. */
  readonly estimated?: string;
}

/** How long a step's attempts took together; `billedSeconds` counts a container's as a minute at least. */
export interface Running {
  readonly seconds: number;
  readonly billedSeconds: number;
}

/** A function of the control plane takes about this long to answer; nobody measured it in an account. */
const ANSWER_SECONDS = 0.1;
/** Lambda's own lines about an invocation; a container's about its task. What steps print comes on top. */
const INVOCATION_LOG_BYTES = 400;
const CONTAINER_LOG_BYTES = 600;

const GIB = 2 ** 30;

export interface Priced {
  readonly usage: Usage;
  readonly transitions: number;
  /** Attempts in containers. */
  readonly containers: number;
  /** Memory of the flow's function. */
  readonly runnerMiB: number;
  readonly running: readonly { readonly place: ComputePlace; readonly activity: Running }[];
}

/** The bill of a run or of a part of it, a line for each thing that has a price. */
export function priceLines({ usage, transitions, containers, runnerMiB, running }: Priced): PriceLine[] {
  const hours = containerHours(running);
  const runnerSeconds = running.reduce((sum, one) => sum + (one.place.type === "lambda" ? one.activity.seconds : 0), 0);
  const logGiB = (invocationsOf(usage) * INVOCATION_LOG_BYTES + containers * CONTAINER_LOG_BYTES) / GIB;
  const spot = {
    share: PRICES.fargateSpotShare,
    estimated: "Spot prices change; half of the on-demand price is taken",
  };
  const lasts = { estimated: `an invocation is taken to last ${ANSWER_SECONDS * 1_000} ms` };
  const kibibyte = { estimated: "an item is taken to have up to 1 KiB" };
  const printed = { estimated: "a guess, without what the steps print" };
  const runnerGiBSeconds = (runnerSeconds * runnerMiB) / 1_024;
  return [
    line("Step Functions", "state transitions", { quantity: transitions, price: "stateTransition" }),
    line("Fargate", "vCPU-hours", { quantity: hours.cpu, price: "fargateCpuHour" }),
    line("Fargate", "GiB-hours", { quantity: hours.memory, price: "fargateMemoryGiBHour" }),
    line("Fargate Spot", "vCPU-hours", { quantity: hours.spotCpu, price: "fargateCpuHour", ...spot }),
    line("Fargate Spot", "GiB-hours", { quantity: hours.spotMemory, price: "fargateMemoryGiBHour", ...spot }),
    line("VPC", "public address-hours", {
      quantity: DEPLOYMENT.hasAddresses ? hours.container : 0,
      price: "addressHour",
    }),
    line("Lambda", "requests", { quantity: invocationsOf(usage), price: "lambdaRequest" }),
    line("Lambda", "GiB-seconds of steps", { quantity: runnerGiBSeconds, price: "lambdaGiBSecond" }),
    line("Lambda", "GiB-seconds of the control plane", {
      quantity: answerGiBSeconds(usage),
      price: "lambdaGiBSecond",
      ...lasts,
    }),
    line("API Gateway", "requests", { quantity: usage.apiRequests, price: "apiRequest" }),
    line("DynamoDB", "read units", { quantity: usage.tableReadUnits, price: "tableRead" }),
    line("DynamoDB", "write units", { quantity: usage.tableWriteUnits, price: "tableWrite", ...kibibyte }),
    line("S3", "GET and HEAD", { quantity: usage.objectGets + usage.objectHeads, price: "objectRead" }),
    line("S3", "PUT", { quantity: usage.objectPuts, price: "objectWrite" }),
    line("CloudWatch Logs", "GiB", { quantity: logGiB, price: "logGiB", ...printed }),
    line("EventBridge", "scheduled starts", { quantity: usage.scheduledStarts, price: "scheduledStart" }),
  ].filter(({ quantity }) => quantity > 0);
}

export function sumOf(lines: readonly PriceLine[]): number {
  return lines.reduce((sum, { usd }) => sum + usd, 0);
}

/** How much is used of what has a price: the price as it is, or a share of it, and why the sum is no more than an estimate. */
interface Used {
  readonly quantity: number;
  readonly price: Price;
  readonly share?: number;
  readonly estimated?: string | undefined;
}

function line(service: string, unit: string, used: Used): PriceLine {
  const { quantity, price, share = 1, estimated = unreadPrice(price) } = used;
  const unitUsd = PRICES[price] * share;
  return { service, unit, quantity, unitUsd, usd: quantity * unitUsd, ...(estimated !== undefined && { estimated }) };
}

function unreadPrice(price: Price): string | undefined {
  return ESTIMATED.has(price) ? "its price was not read on AWS's own page" : undefined;
}

function containerHours(running: Priced["running"]) {
  const hours = { cpu: 0, memory: 0, spotCpu: 0, spotMemory: 0, container: 0 };
  for (const { place, activity } of running) {
    if (place.type !== "fargate") continue;
    const spent = activity.billedSeconds / 3_600;
    hours[place.isSpot ? "spotCpu" : "cpu"] += spent * place.size.cpu;
    hours[place.isSpot ? "spotMemory" : "memory"] += (spent * place.size.memoryMiB) / 1_024;
    hours.container += spent;
  }
  return hours;
}

function answerGiBSeconds(usage: Usage): number {
  const { runs, tasks, sign, dispatch } = total(usage);
  const { runsMiB, tasksMiB, signMiB, dispatchMiB } = DEPLOYMENT;
  return (ANSWER_SECONDS * (runs * runsMiB + tasks * tasksMiB + sign * signMiB + dispatch * dispatchMiB)) / 1_024;
}
