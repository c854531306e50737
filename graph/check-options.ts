import type { ErrorCode } from "./error-codes.ts";
import { MillraceError } from "./errors.ts";
import { parseDuration, parseSize } from "./units.ts";
import type { RetryOptions, StepOptions } from "./graph.ts";
import { quote } from "./mistake.ts";
import { nearest } from "./nearest.ts";

type Note = (code: ErrorCode, message: string, hint: string) => void;
type Check<T> = (value: T, note: Note) => void;

/** AWS Batch allows 10 attempts a job: the first and nine retries. */
const MAX_RETRIES = 9;
/** AWS Lambda quotas: 10,240 MB of memory and 15 minutes a function. */
const LAMBDA_MEBIBYTES = 10_240;
const LAMBDA_SECONDS = 15 * 60;

const COMPUTE = ["local", "lambda", "batch"];

const OPTIONS: { readonly [K in keyof StepOptions]-?: Check<NonNullable<StepOptions[K]>> } = {
  retry: checkRetry,
  timeout: duration("graph.timeout"),
  catch: bool("graph.catch"),
  compute: (value, note) => {
    if (COMPUTE.includes(value)) return;
    note("graph.compute", `compute ${quote(value)} is unknown`, suggest(value, COMPUTE));
  },
  cpu: (value, note) => {
    if (Number.isFinite(value) && value > 0) return;
    note("graph.cpu", `cpu ${quote(value)} is not a positive number`, "Write a number of CPUs, such as 0.5 or 4.");
  },
  memory: unit("graph.memory", parseSize),
  gpu: (value, note) => {
    if (Number.isSafeInteger(value) && value > 0) return;
    note("graph.gpu", `gpu ${quote(value)} is not a positive whole number`, "Write a number of GPUs, such as 1.");
  },
  image: (value, note) => {
    if (typeof value === "string" && /^\S+$/.test(value)) return;
    note("graph.image", `image ${quote(value)} is not an image`, 'Write a name and a tag, such as "node:22".');
  },
  env: variables("env"),
  secrets: variables("secrets"),
};

const RETRY: { readonly [K in keyof RetryOptions]-?: Check<NonNullable<RetryOptions[K]>> } = {
  attempts: checkAttempts,
  backoff: duration("graph.backoff"),
  maxDelay: duration("graph.maxDelay"),
  rate: (value, note) => {
    if (Number.isFinite(value) && value >= 1) return;
    note("graph.retry", `rate ${quote(value)} is not a number of at least 1`, "Write what each wait is multiplied by.");
  },
  jitter: bool("graph.jitter"),
};

/** Notes every mistake in a step's options. They may come from JavaScript, so nothing about them is taken for granted. */
export function checkOptions(options: StepOptions, note: Note): void {
  checkEach(options, { checks: OPTIONS, what: "option" }, note);
  const both = Object.keys(options.env ?? {}).filter((name) => Object.hasOwn(options.secrets ?? {}, name));
  for (const name of both) {
    note("graph.env", `${name} is both in env and in secrets`, "Leave it in one of them.");
  }
  if (options.compute === "lambda") checkLambda(options, note);
}

function checkEach<T extends object>(
  values: T,
  { checks, what }: { readonly checks: object; readonly what: string },
  note: Note,
): void {
  for (const [name, value] of Object.entries(values)) {
    const check: Check<unknown> | undefined = Object.hasOwn(checks, name) ? Reflect.get(checks, name) : undefined;
    if (check) check(value, note);
    else note("graph.option", `there is no ${what} ${quote(name)}`, suggest(name, Object.keys(checks)));
  }
}

function checkLambda({ cpu, gpu, image, memory, secrets, timeout }: StepOptions, note: Note): void {
  const refuse = (what: string) => note("graph.lambda", `Lambda has no ${what}`, 'Write compute: "batch".');
  if (cpu !== undefined)
    note(
      "graph.lambda",
      "Lambda has no cpu, which comes with the memory",
      "Write memory: 1769MiB is one CPU, 10GiB are six.",
    );
  if (gpu !== undefined) refuse("GPU");
  if (secrets !== undefined) refuse("secrets");
  if (image !== undefined) refuse("image of a step's own");
  if ((read(parseSize, memory) ?? 0) > LAMBDA_MEBIBYTES) refuse(`memory of ${memory}, only up to 10GiB`);
  if ((read(parseDuration, timeout) ?? 0) > LAMBDA_SECONDS) refuse(`timeout of ${timeout}, only up to 15m`);
}

function checkRetry(retry: number | RetryOptions, note: Note): void {
  if (typeof retry !== "object") return checkAttempts(retry, note);
  if (retry.attempts === undefined) note("graph.retry", "retry says no attempts", "Write how many, from 0 to 9.");
  checkEach(retry, { checks: RETRY, what: "option of retry" }, note);
}

function checkAttempts(value: number, note: Note): void {
  if (Number.isSafeInteger(value) && value >= 0 && value <= MAX_RETRIES) return;
  const message = `retry ${quote(value)} is not a whole number from 0 to ${MAX_RETRIES}`;
  note("graph.retry", message, "AWS Batch makes at most ten attempts, the first among them.");
}

/** `graph.OPTION`: the code of a mistake in an option. */
type OptionCode = Extract<ErrorCode, `graph.${string}`>;
const optionOf = (code: OptionCode) => code.slice("graph.".length);

function duration(code: OptionCode): Check<string> {
  return unit(code, parseDuration);
}

/** A check that notes what a parser of units says against a value, under the option's name. */
function unit(code: OptionCode, parse: (text: string) => number): Check<string> {
  return (value, note) => {
    try {
      parse(value);
    } catch (error) {
      if (!(error instanceof MillraceError)) throw error;
      note(code, `${optionOf(code)} ${error.detail}`, error.hint ?? "");
    }
  };
}

function read(parse: (text: string) => number, value: string | undefined): number | undefined {
  try {
    return value === undefined ? undefined : parse(value);
  } catch {
    return undefined;
  }
}

function bool(code: OptionCode): Check<boolean> {
  return (value, note) => {
    if (typeof value === "boolean") return;
    note(code, `${optionOf(code)} ${quote(value)} is not true or false`, "Write true, or leave it out.");
  };
}

function variables(option: "env" | "secrets"): Check<Readonly<Record<string, string>>> {
  return (values, note) => {
    if (typeof values !== "object") {
      return note("graph.env", `${option} is not an object`, `Write ${option}: { NAME: "value" }.`);
    }
    for (const [name, value] of Object.entries(values)) {
      const shown = `${quote(name)} in ${option}`;
      if (!/^[A-Za-z_]\w*$/.test(name)) {
        note(
          "graph.env",
          `${shown} is not the name of an environment variable`,
          "Use letters, digits and _, no digit first.",
        );
      } else if (/^(MILLRACE|AWS)_/.test(name)) {
        note(
          "graph.env",
          `${shown} begins with a prefix that is taken`,
          "Names with MILLRACE_ and AWS_ are set for every step.",
        );
      }
      if (typeof value !== "string" || (option === "secrets" && value === "")) {
        note(
          "graph.env",
          `${shown} is not ${option === "env" ? "a text" : "a reference to a secret"}`,
          "Write a string.",
        );
      }
    }
  };
}

function suggest(word: unknown, known: readonly string[]): string {
  const meant = nearest(String(word), known);
  return meant ? `Did you mean ${quote(meant)}?` : `There are ${known.map((one) => quote(one)).join(", ")}.`;
}
