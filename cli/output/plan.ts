import { LIMITS } from "../../statemachines/limits.ts";
import type { Assumed } from "../../statemachines/plan/assumed.ts";
import type { LimitMet } from "../../statemachines/plan/limits.ts";
import { DEFAULT_MINUTES, type Plan } from "../../statemachines/plan/plan.ts";
import { formatTable } from "../table.ts";
import { formatSeconds } from "./words.ts";

/** A plan as a person reads it: the bill by service and by step, what is near a limit, what was taken for granted. */
export function formatPlan(
  plan: Plan & { readonly assumed?: Assumed; readonly notes?: readonly string[] },
  what: string,
): string {
  const { flow, prices } = plan;
  return [
    `${flow}: ${what}, at the list prices of ${prices.region} in ${prices.asOf}`,
    "",
    formatServices(plan),
    "",
    formatSteps(plan),
    "",
    ...formatLimits(plan),
    ...(plan.assumed ? formatAssumed(plan.assumed) : []),
    ...(plan.notes ?? []),
  ].join("\n");
}

const number = (value: number, digits = 0) =>
  value.toLocaleString("en-US", { maximumFractionDigits: digits, minimumFractionDigits: 0 });

/** As many digits as tell it from nothing. */
function usd(value: number): string {
  if (value === 0) return "0";
  const digits = value >= 100 ? 2 : value >= 0.01 ? 4 : 7;
  return value.toFixed(digits);
}

function formatServices({ services, usd: sum }: Plan): string {
  const estimates = [...new Set(services.flatMap(({ estimated }) => (estimated === undefined ? [] : [estimated])))];
  const mark = (estimated?: string) => (estimated === undefined ? "" : ` (${estimates.indexOf(estimated) + 1})`);
  const rows = services.map(({ service, unit, quantity, unitUsd, usd: price, estimated }) => [
    service,
    unit,
    number(quantity, quantity < 10 ? 6 : 2),
    priceOf(unitUsd),
    usd(price) + mark(estimated),
  ]);
  const table = formatTable(
    ["service", "what", "quantity", "price", "USD"],
    [...rows, ["total", "", "", "", usd(sum)]],
  );
  return [table, ...estimates.map((why, i) => `  (${i + 1}) estimated: ${why}`)].join("\n");
}

/** `$0.025 a thousand`, `$0.04048 each` */
function priceOf(unitUsd: number): string {
  const short = (value: number) => `$${Number(value.toPrecision(6))}`;
  if (unitUsd >= 1e-3) return `${short(unitUsd)} each`;
  return unitUsd >= 1e-5 ? `${short(unitUsd * 1e3)} a thousand` : `${short(unitUsd * 1e6)} a million`;
}

function formatSteps({ steps, runUsd, usd: sum }: Plan): string {
  const rows = steps.map(({ step, runsOn, tasks, attempts, seconds, usd: price, isPriced }) => [
    step,
    runsOn,
    number(tasks, 2),
    attempts === tasks ? "" : number(attempts, 2),
    attempts === 0 ? "" : formatSeconds(seconds / attempts),
    `${usd(price)}${isPriced ? "" : " and its machine"}`,
  ]);
  return formatTable(
    ["step", "runs on", "tasks", "attempts", "each", "USD"],
    [...rows, ["the run itself", "", "", "", "", usd(runUsd)], ["total", "", "", "", "", usd(sum)]],
  );
}

function formatLimits({ largest, limits }: Plan): string[] {
  const { events, payloadBytes, overridesBytes } = largest;
  const jobs =
    overridesBytes > 0
      ? `; a job's overrides up to ${number(overridesBytes)} of ${number(LIMITS.overridesBytes)} bytes`
      : "";
  const sizes = `The longest history has ${number(events)} of ${number(LIMITS.historyEvents)} events, the largest payload ${number(payloadBytes)} of ${number(LIMITS.payloadBytes)} bytes${jobs}.`;
  const [first, ...others] = limits;
  if (!first) return [sizes, "However wide or often, it meets no limit."];
  return [
    sizes,
    `First limit: ${formatLimit(first)}.`,
    ...others.slice(0, 5).map((limit) => `Then: ${formatLimit(limit)}.`),
  ];
}

function formatLimit({ node, dial, at, limit, effect }: LimitMet): string {
  const where = dial === "width" ? `${node} at a width of ${number(at)}` : `${node} at ${number(at)} rounds`;
  return `${where} ${effect === "fails" ? "fails for" : "waits for"} ${limit}`;
}

function formatAssumed({ widths, rounds, cases, minutes, warnings }: Assumed): string[] {
  const turns = Object.entries(cases).map(([artifact, value]) => `${artifact}=${value}`);
  const lines = [
    ...(widths.length > 0 ? [`a width of 1 for ${widths.join(", ")} (--width STEP=N)`] : []),
    ...(rounds.length > 0 ? [`one round for ${rounds.join(", ")} (--rounds STEP=N)`] : []),
    ...(turns.length > 0 ? [`${turns.join(", ")} (--case ARTIFACT=CASE)`] : []),
    ...(minutes.length > 0
      ? [`${DEFAULT_MINUTES} minute a task for ${minutes.join(", ")} (--minutes STEP=M, or --minutes M for all)`]
      : []),
  ];
  return [
    ...warnings.map((warning) => `Warning: ${warning}.`),
    ...(lines.length > 0 ? ["Assumed:", ...lines.map((line) => `  ${line}`)] : []),
    "Nothing is taken to fail; artifacts to be small; pulling images, what steps ask of other services, storage and data transfer to be paid besides.",
  ];
}
