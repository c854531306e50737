/** The account that the tests have on this machine (test/aws/account), and Millrace in it. */
import { spawn, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { folder } from "../measure.mjs";

const repository = join(import.meta.dirname, "../..");
const STAGE = "bench";

/** Starts an account; answers why there is none as `{ skipped }`. */
export async function startAccount() {
  const python = process.env.MILLRACE_TEST_PYTHON ?? "python3";
  const child = spawn(python, ["-m", "account", "--batch-slots", "4"], {
    cwd: join(repository, "test/aws"),
    env: { ...process.env, PYTHONDONTWRITEBYTECODE: "1", PYTHONUNBUFFERED: "1" },
    stdio: ["pipe", "pipe", "ignore"],
  });
  const line = await new Promise((resolve) => {
    child.once("error", (error) => resolve(JSON.stringify({ missing: error.message })));
    child.once("close", () => resolve(JSON.stringify({ missing: "it ended at once" })));
    createInterface({ input: child.stdout }).once("line", resolve);
  });
  const told = JSON.parse(line);
  if (told.missing)
    return { skipped: `no account on this machine (${told.missing}): pip install -r test/aws/requirements.txt` };
  return openAccount(child, told);
}

function openAccount(child, { endpoint, http }) {
  const env = {
    ...process.env,
    AWS_ENDPOINT_URL: endpoint,
    AWS_ACCESS_KEY_ID: "testing",
    AWS_SECRET_ACCESS_KEY: "testing",
    AWS_REGION: "us-east-1",
    AWS_DEFAULT_REGION: "us-east-1",
    AWS_EC2_METADATA_DISABLED: "true",
    MILLRACE_HOME: join(folder, "account"),
    NO_COLOR: "1",
    CI: "true",
  };
  const rig = async (method) => (await fetch(`${http}/_rig/stats`, { method })).json();
  return {
    env,
    stats: () => rig("GET"),
    forgetStats: () => rig("DELETE"),
    /** The events of a run's own execution. */
    history: (flow, run) => history(endpoint, `millrace-${STAGE}__${flow}`, `${flow}-${run}`),
    /** Its stdin's end asks it to end its own processes first. */
    async stop() {
      const ended = new Promise((resolve) => child.once("exit", resolve));
      child.stdin.end();
      const timer = setTimeout(() => child.kill("SIGKILL"), 5_000);
      await ended;
      clearTimeout(timer);
    },
  };
}

/** Asks as an AWS client does; the account here does not look at the signature. */
async function history(endpoint, machine, execution) {
  const executionArn = `arn:aws:states:us-east-1:123456789012:execution:${machine}:${execution}`;
  const response = await fetch(endpoint, {
    method: "POST",
    headers: {
      "x-amz-target": "AWSStepFunctions.GetExecutionHistory",
      "content-type": "application/x-amz-json-1.0",
      authorization:
        "AWS4-HMAC-SHA256 Credential=testing/20260101/us-east-1/states/aws4_request, SignedHeaders=host, Signature=0",
    },
    body: JSON.stringify({ executionArn }),
  });
  const { events } = await response.json();
  return events;
}

/** The service in a folder of its own, for `sls` leaves beside serverless.yml what it packs. */
export function serviceFolder(name) {
  const place = join(folder, name);
  mkdirSync(place);
  for (const one of ["serverless.yml", "package.json", "infrastructure"])
    cpSync(join(repository, one), join(place, one), { recursive: true });
  for (const one of [
    "aws",
    "functions",
    "graph",
    "runtime",
    "sdk",
    "statemachines",
    "store",
    "tasks",
    "node_modules",
    "tsconfig.json",
  ])
    symlinkSync(join(repository, one), join(place, one));
  return place;
}

/** Runs `sls` and answers the seconds that it took. Throws with what it said where it fails. */
export function sls(command, place, env = { ...process.env, CI: "true" }) {
  const began = performance.now();
  const program = join(repository, "node_modules/serverless/bin/serverless.js");
  call(program, [command, "--stage", STAGE], { cwd: place, env });
  return (performance.now() - began) / 1000;
}

/** A command of millrace as a user of the account; answers what it printed. */
export const millrace = ({ env }, ...args) => call(join(repository, "dist/bin.cjs"), args, { env });

function call(program, args, options) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], {
    maxBuffer: 2 ** 28,
    ...options,
  });
  if (status !== 0) throw new Error(`${program} ${args.join(" ")} ended with ${status}: ${stdout}${stderr}`);
  return stdout.toString();
}

export const STACK = `millrace-${STAGE}`;
