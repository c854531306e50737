import type { RunEvent, RunFinished } from "../engine/events.ts";
import { activeProfile } from "../sdk/client/profiles.ts";
import { silenceAwsSdk } from "./aws-sdk.ts";
import type { Output } from "./output/output.ts";
import { openSink } from "./output/sink.ts";
import { RunTally } from "./output/summary.ts";
import type { FlowArguments, RunFlags } from "./flags.ts";

/**
 * Runs a flow and shows how it goes; answers 0, 1 where it failed and 130 where it was stopped.
 */
export async function run(target: string, flags: RunFlags, { rest, knownFlags }: FlowArguments): Promise<number> {
  const readText = rest.length > 0 ? (await import("./parameters.ts")).readParameters : undefined;
  const { runFlow } = await import("../emulator/run.ts");
  if (activeProfile().type === "aws") silenceAwsSdk();
  const output = await openOutput(flags);
  const tally = new RunTally();
  const stop = stopOnSignal();
  let finished: RunFinished | undefined;
  const onEvent = (event: RunEvent) => {
    tally.add(event);
    output?.emit(event);
    if (event.type === "run.finished") finished = event;
  };
  try {
    const { status } = await runFlow(target, {
      onEvent,
      signal: stop.signal,
      ...(readText && { text: ({ parameters }) => readText(rest, parameters, knownFlags) }),
      ...(flags.tag && { tags: [...flags.tag] }),
      ...(flags.maxWorkers && { maxWorkers: flags.maxWorkers }),
      ...(flags.isolate && { isolate: true }),
      ...(flags.with !== undefined && { with: flags.with }),
    });
    await output?.end();
    if (status === "succeeded") return 0;
    if (finished && !flags.json) process.stderr.write(`${flags.quiet ? "" : "\n"}${tally.summarize(finished)}\n`);
    return status === "stopped" ? stop.exitCode : 1;
  } finally {
    await output?.end();
    stop.forget();
  }
}

async function openOutput({ json, quiet }: RunFlags): Promise<Output | undefined> {
  if (json) return (await import("./output/json.ts")).jsonOutput(openSink(process.stdout));
  if (quiet) return undefined;
  const { stdout } = process;
  if (!stdout.isTTY) return (await import("./output/plain.ts")).plainOutput(openSink(stdout));
  const terminal = {
    get columns() {
      return stdout.columns || 80;
    },
    hasColors: stdout.hasColors(),
  };
  return (await import("./output/terminal.ts")).terminalOutput(openSink(stdout), terminal);
}

const exitCodes = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 };
type Signal = keyof typeof exitCodes;

/** The first signal asks the run to stop, which takes its tasks' own time; the second ends everything at once. */
function stopOnSignal(): {
  readonly signal: AbortSignal;
  readonly exitCode: number;
  forget(): void;
} {
  const controller = new AbortController();
  let exitCode = exitCodes.SIGINT;
  const stop = (signal: NodeJS.Signals) => {
    exitCode = exitCodes[signal as Signal];
    if (controller.signal.aborted) process.exit(exitCode);
    process.stderr.write("Stopping: the tasks are asked to end. Press Ctrl-C again to end them at once.\n");
    controller.abort();
  };
  for (const signal of Object.keys(exitCodes)) process.on(signal, stop);
  return {
    signal: controller.signal,
    get exitCode() {
      return exitCode;
    },
    forget() {
      for (const signal of Object.keys(exitCodes)) process.off(signal, stop);
    },
  };
}

/** The command's help with the flow's own parameters under it. */
export async function runHelp(target: string, help: string): Promise<number> {
  process.stdout.write(help);
  const { loadFlow } = await import("../emulator/load-flow.ts");
  const { describeParameters } = await import("./parameters.ts");
  const { graph } = await loadFlow(target, {});
  const parameters = describeParameters(graph.parameters);
  const title = `${graph.name}${graph.description ? `: ${graph.description}` : ""}`;
  process.stdout.write(
    `\n${title}\n${parameters.length > 0 ? `\nParameters of ${graph.name}:\n${parameters.join("\n")}` : "It has no parameters."}\n`,
  );
  return 0;
}
