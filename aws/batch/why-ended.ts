import { EXIT_CODES } from "../../statemachines/contract/exit-codes.ts";
import { askedOf, memoryText, type BatchJob, type Trouble } from "./job.ts";
import { saidByBatch } from "./why-waiting.ts";

/**
 * Why a job's attempt ended, as AWS Batch says; the last one's unless `attempt` (from 1) says which. Undefined where
 * it succeeded, or has not ended. Of an array's parent only that a child failed.
 *
 * Texts: AWS Batch user guide, "Job timeouts", "Automated job retries" and "Troubleshooting"; Amazon ECS developer guide,
 * "Stopped tasks error messages".
 */
export function whyEnded(job: BatchJob, attempt?: number): Trouble | undefined {
  const found = attempt === undefined ? lastOf(job) : endOf(job, attempt);
  if (!found || found.exitCode === EXIT_CODES.done) return undefined;
  for (const causeOf of CAUSES) {
    const why = causeOf(found);
    if (why) return why;
  }
  return undefined;
}

/** Whether the machine was taken back: nobody's fault, and no try of the step's. */
export function isReclaim({ name }: { readonly name: string }): boolean {
  return name === RECLAIMED;
}

const RECLAIMED = "Reclaimed";

interface End {
  readonly job: BatchJob;
  readonly exitCode: number | undefined;
  readonly statusReason: string;
  /** Both of what Batch and what the container's agent say. */
  readonly said: string;
}

function endOf(job: BatchJob, number: number): End | undefined {
  const attempt = job.attempts?.[number - 1];
  if (!attempt) return undefined;
  return end(job, attempt.container, attempt.statusReason);
}

/** Of the attempts but for those that were refused, which only say that one before had failed. */
function lastOf(job: BatchJob): End | undefined {
  if (job.status !== "FAILED") return undefined;
  const { attempts = [], container, statusReason } = job;
  const isOfContainer = /^(Essential container|Task failed)/.test(statusReason ?? "");
  const last = isOfContainer ? attempts.findLastIndex((one) => one.container?.exitCode !== EXIT_CODES.refused) : -1;
  return last < 0 ? end(job, container, statusReason) : endOf(job, last + 1);
}

function end(
  job: BatchJob,
  { exitCode, reason = "" }: { readonly exitCode?: number | undefined; readonly reason?: string | undefined } = {},
  statusReason = "",
): End {
  return { job, exitCode, statusReason, said: [...new Set([statusReason, reason])].filter(Boolean).join("; ") };
}

const CAUSES: readonly ((end: End) => Trouble | undefined)[] = [
  ({ statusReason }) => {
    const [, reason] = /^Cancell?ed by JobStateTimeLimit action due to reason: (.+)$/.exec(statusReason) ?? [];
    if (reason === undefined) return undefined;
    const why = saidByBatch({ statusReason: reason });
    return {
      name: why?.name ?? "NeverStarted",
      message: `never started, and was given up after its queue's time limit: ${why?.message ?? reason}`,
      ...(why?.hint !== undefined && { hint: why.hint }),
    };
  },
  ({ job, statusReason }) => {
    if (!/^Host EC2\b|^Your Spot Task was interrupted/.test(statusReason)) return undefined;
    const times = (job.attempts ?? []).length;
    const each = times > 1 && job.status === "FAILED" ? `, and its job has used up all of its ${times} attempts` : "";
    return {
      name: RECLAIMED,
      message: `the machine was taken back while it ran (${statusReason})${each}`,
      hint: "Run it again. A step without retry runs on machines that are not taken back, at the full price.",
    };
  },
  ({ statusReason, job }) => {
    if (!statusReason.startsWith("Job attempt duration exceeded timeout")) return undefined;
    const seconds = job.timeout?.attemptDurationSeconds;
    return {
      name: "Timeout",
      message: `its job took longer than its timeout${seconds === undefined ? "" : ` of ${seconds} s`}`,
      hint: "Give the step a longer timeout.",
    };
  },
  ({ job, exitCode, said, statusReason }) => {
    const isKilled = exitCode === 137 && /^(Essential container|$)/.test(statusReason);
    if (!isKilled && !said.includes("OutOfMemory")) return undefined;
    const { memoryMiB } = askedOf(job);
    return {
      name: "OutOfMemory",
      message: `ran out of memory${memoryMiB > 0 ? ` (had ${memoryText(memoryMiB)})` : ""}`,
      hint: `Give the step more memory${memoryMiB > 0 ? `, such as memory: "${memoryText(memoryMiB * 2).replace(" ", "")}"` : ""}.`,
    };
  },
  ({ job, said }) => {
    if (!/CannotPull\w*Error/.test(said)) return undefined;
    const image = job.container?.image;
    return {
      name: "ImageUnavailable",
      message: `its image${image ? ` ${image}` : ""} can't be pulled: ${bounded(said)}`,
      hint: DENIED.test(said)
        ? "Give the execution role (the stack's ExecutionRole) the right to read the image's repository."
        : "Look whether the image's name and tag are right, and whether the tasks' subnets reach its registry.",
    };
  },
  ({ said }) => {
    if (!DENIED.test(said)) return undefined;
    return {
      name: "Denied",
      message: `a role lacks a right: ${bounded(said)}`,
      hint: /secret|ssm|parameter/i.test(said)
        ? "Secrets that steps name are in the stack's own account and region, below millrace/STAGE/FLOW/ or a secretsPrefix of the stack: npx sls deploy --param secretsPrefix=…"
        : "Give the role that is named the right that is named.",
    };
  },
  ({ said }) => {
    if (!said.includes("ResourceInitializationError")) return undefined;
    return {
      name: "NotSetUp",
      message: `its container could not be set up: ${bounded(said)}`,
      hint: "Look whether its secrets exist, and whether the tasks' subnets reach AWS (Secrets Manager, ECR, CloudWatch).",
    };
  },
  ({ said, exitCode }) => {
    if (!/CannotStartContainerError|CannotCreateContainerError/.test(said) && exitCode !== 127) return undefined;
    return {
      name: "ContainerFailed",
      message: `its container could not start: ${bounded(said) || `exit code ${exitCode}`}`,
      hint: "An image for a step must have node.",
    };
  },
  ({ statusReason }) =>
    statusReason.startsWith("Array Child Job failed")
      ? { name: "ChildFailed", message: "one of the array's children failed" }
      : undefined,
  ({ statusReason, said }) => {
    if (statusReason === "" || /^(Essential container|Task failed|Dependent Job)/.test(statusReason)) return undefined;
    return { name: "Terminated", message: `its job was terminated: ${bounded(said)}` };
  },
  ({ exitCode, said }) => {
    const known = exitCode === undefined ? undefined : BY_EXIT_CODE[exitCode];
    if (known) return known;
    const code = exitCode === undefined ? "" : ` with exit code ${exitCode}`;
    return {
      name: "ContainerDied",
      message: `its container ended${code} and said nothing${said ? ` (${bounded(said)})` : ""}`,
      hint: "What it printed may tell: millrace logs",
    };
  },
];

const BY_EXIT_CODE: Readonly<Record<number, Trouble>> = {
  [EXIT_CODES.exited]: {
    name: "Exited",
    message: "the step ended its own process",
    hint: "Return from the step instead of calling process.exit.",
  },
  [EXIT_CODES.unreachable]: {
    name: "Unreachable",
    message: "its container could not reach Millrace's API or bucket",
    hint: "Look whether the tasks' subnets reach the internet; millrace doctor tries it.",
  },
  [EXIT_CODES.damagedCode]: {
    name: "DamagedCode",
    message: "the code package that it got is damaged, or none at all",
    hint: "Deploy the flow again.",
  },
  [EXIT_CODES.terminated]: { name: "Interrupted", message: "its container was told to end" },
  [EXIT_CODES.failed]: { name: "Failed", message: "the step failed" },
  [EXIT_CODES.failedForGood]: { name: "Failed", message: "the step failed" },
  [EXIT_CODES.refused]: {
    name: "Refused",
    message: "its attempt was refused: the step had used up its own, or the run was over",
  },
  [EXIT_CODES.superseded]: { name: "Superseded", message: "another attempt took its place" },
};

const DENIED = /AccessDenied|access denied|not authorized|UnauthorizedOperation|no basic auth credentials|\b403\b/i;

function bounded(text: string): string {
  return text.length <= 1000 ? text : `${text.slice(0, 1000)}…`;
}
