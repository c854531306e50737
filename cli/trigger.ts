import type { StandardSchemaV1 } from "@standard-schema/spec";
import type { Run } from "../store/ledger/ledger.ts";
import { printable, printableJson } from "../graph/printable.ts";
import type { RunKey } from "../graph/run-name.ts";
import type { TaskError } from "../graph/task-error.ts";
import { createClient, type Client } from "../sdk/client/client.ts";
import { accountProfile, type AccountProfile } from "../sdk/client/profiles.ts";
import { runEnd, triggerFlow } from "../sdk/trigger.ts";
import type { GraphParameter } from "../graph/graph.ts";
import { coerceText } from "../sdk/language/parameters.ts";
import { formatSeconds, formatTaskError } from "./output/words.ts";
import { readParameters } from "./parameters.ts";
import type { FlowArguments, TriggerFlags } from "./flags.ts";

/**
 * Starts a run of a deployed flow; with `--wait` answers 0, or 1 where it did not succeed.
 */
export async function trigger(
  flow: string,
  { wait, tag, json }: TriggerFlags,
  { rest, knownFlags }: FlowArguments,
): Promise<number> {
  const profile = accountProfile();
  const client = createClient(profile);
  const { parameters: declared } = await client.readFlow(flow);
  const parameters = await readValues(rest, declared, knownFlags);
  const run = await triggerFlow(client, flow, { parameters, tags: tag });
  if (!wait) {
    process.stdout.write(json ? `${printableJson(run)}\n` : `${flow}/${run.run} has been started.\n`);
    return 0;
  }
  if (!json) process.stdout.write(`Workflow starting (run-id ${run.run}):\n`);
  const watch = json ? undefined : watchWaiting(profile, run);
  const ended = await runEnd(client, run).finally(() => watch?.stop());
  if (json) process.stdout.write(`${printableJson({ ...run, status: ended.status, error: ended.error })}\n`);
  else await printEnd(client, run, ended);
  return ended.status === "succeeded" ? 0 : 1;
}

async function readValues(
  rest: readonly string[],
  declared: Readonly<Record<string, GraphParameter>>,
  knownFlags: readonly string[],
): Promise<Record<string, unknown>> {
  const texts = readParameters(rest, declared, knownFlags);
  const values: Record<string, unknown> = {};
  for (const [name, text] of Object.entries(texts))
    values[name] = await coerceText(anything, declared[name]?.schema, text);
  return values;
}

/** Whether a value will do, the account says: here it is only read as what its schema makes likeliest. */
const anything: StandardSchemaV1 = {
  "~standard": { version: 1, vendor: "millrace", validate: (value) => ({ value }) },
};

const FIRST_LOOK_MILLISECONDS = 5_000;
const LOOK_MILLISECONDS = 20_000;

/** Prints, once each, why steps of the run wait for a machine. Who may not look sees nothing. */
function watchWaiting(profile: AccountProfile, run: RunKey): { stop(): void } {
  const shown = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  let isOver = false;
  const look = async () => {
    const { waitingSteps } = await import("../aws/batch/waiting.ts");
    for (const { step, why } of await waitingSteps(profile, run)) {
      const line = `${step} ${why.message}${why.hint === undefined ? "" : `. ${why.hint}`}`;
      if (isOver || shown.has(line)) continue;
      shown.add(line);
      process.stdout.write(`${printable(line)}\n`);
    }
    if (!isOver) timer = again(LOOK_MILLISECONDS);
  };
  const again = (milliseconds: number) => setTimeout(() => void look().catch(() => {}), milliseconds);
  timer = again(FIRST_LOOK_MILLISECONDS);
  return {
    stop() {
      isOver = true;
      clearTimeout(timer);
    },
  };
}

async function printEnd(client: Client, run: RunKey, { status, error, createdAt, finishedAt }: Run): Promise<void> {
  const steps = await client.runs.listSteps(run);
  const ran = steps.map(({ step, succeeded, failed }) => {
    const parts = [succeeded !== 1 && `${succeeded} succeeded`, failed > 0 && `${failed} failed`].filter(Boolean);
    return parts.length > 0 ? `${step} (${parts.join(", ")})` : step;
  });
  const took = formatSeconds(((finishedAt ?? Date.now()) - createdAt) / 1000);
  const lines = [
    `${run.flow}/${run.run} ${status} after ${took}.`,
    `  Ran:     ${ran.join(", ") || "nothing"}`,
    ...(error
      ? [`  Failed:  ${formatTaskError(error)}`, ...hintOf(error), `  Logs:    millrace logs ${run.flow}/${run.run}`]
      : []),
    `  Made:    millrace dump ${run.flow}/${run.run}`,
  ];
  process.stdout.write(`${lines.join("\n")}\n${status === "succeeded" ? "Done!" : "Workflow failed."}\n`);
}

/** What an error says below its first line, which for those of jobs is how they are fixed. */
function hintOf({ message }: TaskError): string[] {
  const [, second] = message.split("\n");
  return second === undefined ? [] : [`           ${printable(second.trim())}`];
}
