import { spawn, type ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";

/** An AWS account on this machine, for as long as a test file runs: what it is made of stands in account/. */
export interface Account {
  /** Of every AWS service. */
  readonly endpoint: string;
  /** Where the HTTP APIs answer, each below its id. */
  readonly http: string;
  /**
   * What an SDK or a program needs in its environment to work in this account as its administrator, who may do everything:
   * for `sls`, and for what a test looks up. What people do is done as one of them (`env` of a lent account, `personOf`).
   */
  readonly administrator: Readonly<Record<string, string>>;
  /** How often what was called since the start, or since `DELETE stats`. */
  stats(): Promise<AccountStats>;
  /** Calls a `/_rig` route: what goes wrong, and when. account/rig.py lists them. Throws with what the route said. */
  rig(method: "GET" | "POST" | "DELETE", path: string, body?: unknown): Promise<unknown>;
  stop(): Promise<void>;
}

export interface AccountStats {
  /** `service:Operation` → calls. */
  readonly aws?: Readonly<Record<string, number>>;
  /** Function name → invocations. */
  readonly function?: Readonly<Record<string, number>>;
  /** Route key of an HTTP API → requests. */
  readonly http?: Readonly<Record<string, number>>;
  /** Name of a Batch job → attempts. */
  readonly job?: Readonly<Record<string, number>>;
  /** ARN of an event's target → deliveries. */
  readonly delivery?: Readonly<Record<string, number>>;
}

/** Why there is no account here. */
export interface Skipped {
  readonly skipped: string;
}

/**
 * Starts an account of its own on free ports; it ends with `stop`, or when this process does, however that ends.
 * Where Python 3 with moto isn't installed it says so, and throws where MILLRACE_TEST_AWS is "require".
 * MILLRACE_TEST_PYTHON names another Python, MILLRACE_TEST_AWS_LOG=1 shows what the account says.
 */
export async function startAccount(options: { readonly batchSlots?: number } = {}): Promise<Account | Skipped> {
  const program = process.env["MILLRACE_TEST_PYTHON"] ?? "python3";
  const child = spawn(program, ["-m", "account", "--batch-slots", String(options.batchSlots ?? 4)], {
    cwd: import.meta.dirname,
    env: { ...process.env, PYTHONDONTWRITEBYTECODE: "1", PYTHONUNBUFFERED: "1" },
    stdio: ["pipe", "pipe", process.env["MILLRACE_TEST_AWS_LOG"] ? "inherit" : "pipe"],
  });
  const beginning = await firstLine(child);
  if ("skipped" in beginning) {
    if (process.env["MILLRACE_TEST_AWS"] === "require") throw new Error(beginning.skipped);
    console.warn(`Skipped: ${beginning.skipped}`);
    return beginning;
  }
  return open(child, beginning);
}

/** Runs nothing where there is no account, which `startAccount` has told already. */
export function isSkipped(account: Account | Skipped): account is Skipped {
  return "skipped" in account;
}

interface Endpoints {
  readonly endpoint: string;
  readonly http: string;
}

function open(child: ChildProcess, { endpoint, http }: Endpoints): Account {
  child.unref();
  for (const stream of [child.stdin, child.stdout, child.stderr]) (stream as { unref?: () => void } | null)?.unref?.();
  const administrator = {
    AWS_ENDPOINT_URL: endpoint,
    AWS_ACCESS_KEY_ID: "testing",
    AWS_SECRET_ACCESS_KEY: "testing",
    AWS_REGION: "us-east-1",
    AWS_DEFAULT_REGION: "us-east-1",
    AWS_EC2_METADATA_DISABLED: "true",
  };
  return accountAt({ endpoint, http, administrator }, () => stop(child));
}

/** Where an account answers, and what its administrator needs in the environment to work in it. */
export type Place = Pick<Account, "endpoint" | "http" | "administrator">;

export function accountAt({ endpoint, http, administrator }: Place, stop: () => Promise<void>): Account {
  async function rig(method: string, path: string, body?: unknown): Promise<unknown> {
    const response = await fetch(`${http}/_rig/${path}`, {
      method,
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const answer = await response.text();
    if (!response.ok) throw new Error(`${method} /_rig/${path}: ${answer}`);
    return JSON.parse(answer);
  }

  return {
    endpoint,
    http,
    administrator,
    stats: async () => (await rig("GET", "stats")) as AccountStats,
    rig,
    stop,
  };
}

/** The line in which the account tells where it is; or why it can't be. */
function firstLine(child: ChildProcess): Promise<Endpoints | Skipped> {
  const hint = "install Python 3.11 or newer and `pip install -r test/aws/requirements.txt`";
  return new Promise((resolve, reject) => {
    let complaint = "";
    child.stderr?.on("data", (text: Buffer) => (complaint = (complaint + text.toString()).slice(-4000)));
    child.once("error", (error) =>
      resolve({
        skipped: `no account on this machine, for Python does not start (${error.message}): ${hint}`,
      }),
    );
    child.once("close", (code) =>
      reject(new Error(`The account on this machine ended at once with exit code ${code}:\n${complaint}`)),
    );
    createInterface({ input: child.stdout! }).once("line", (line) => {
      const told = JSON.parse(line) as Endpoints | { readonly missing: string };
      if ("missing" in told)
        resolve({
          skipped: `no account on this machine, for moto is not installed (${told.missing}): ${hint}`,
        });
      else resolve(told);
    });
  });
}

/** Its stdin's end asks it to end its own processes first. */
async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.ref();
  child.stdin?.end();
  const timer = setTimeout(() => child.kill("SIGKILL"), 5000);
  await ended;
  clearTimeout(timer);
}
