import { Command, InvalidArgumentError, Option } from "commander";
import type {
  JsonFlag,
  RunFlags,
  ShowFlags,
  PlanFlags,
  EmulateFlags,
  RunsFlags,
  LogsFlags,
  AuthorizeFlags,
  DeployFlags,
  TokenFlags,
  TriggerFlags,
  DoctorFlags,
  ConfigureAwsFlags,
} from "./flags.ts";
import { version } from "../runtime/package/version.ts";

const statuses = ["running", "succeeded", "failed", "stopped"];

const PATHSPEC = "Flow, Flow/run, Flow/run/step or Flow/run/step/index; without a run its newest";

/**
 * The words of the command line. What a command does is in the file that has its name, loaded when it is asked for; its
 * exit code goes to `done`. `loadRun` loads what `millrace run` takes.
 */
export function createProgram(done: Done, loadRun: () => typeof import("./run-module.ts")): Command {
  const program = new Command("millrace")
    .description("Runs flows written in TypeScript, and reads back what they made.")
    .version(version, "-V, --version")
    .exitOverride()
    .addHelpText(
      "after",
      "\nExit codes: 0 done, 1 the run failed, 2 a mistake that you can fix, 130 stopped by Ctrl-C.",
    );

  addRun(program, done, loadRun);
  addFlowCommands(program, done);
  addReadingCommands(program, done);
  addEmulate(program, done);
  addDeploymentCommands(program, done);
  addOwnerCommands(program, done);
  addPauseCommands(program, done);
  addProfileCommands(program, done);
  return program;
}

type Done = (exitCode: number) => void;

function addRun(program: Command, done: Done, loadRun: () => typeof import("./run-module.ts")): void {
  program
    .command("run")
    .description("run a flow here, on this machine")
    .argument("[file]", "the flow's file; FILE#name picks a named export")
    .usage("FILE[#name] [--PARAMETER value…] [options]")
    .addOption(
      new Option("--max-workers <n>", "tasks that run at the same time (default: one a core)").argParser(wholeNumber),
    )
    .option("--tag <tag>", "tag the run; may be repeated", collect)
    .option("--with <compute>", "where steps go that do not say so: batch, batch:cpu=2,memory=4GiB, lambda, local")
    .option("--isolate", "give every task a process of its own")
    .option("--json", "print one JSON object a line, the last of type run.finished")
    .option("--quiet", "print nothing unless the run fails")
    .helpOption(false)
    .option("-h, --help", "list these and the flow's own parameters")
    .allowUnknownOption()
    .allowExcessArguments()
    .action(async (file: string | undefined, options: RunFlags & { help?: true }, command: Command) => {
      const { help, ...flags } = options;
      if (file === undefined) {
        if (!help) command.error("error: missing required argument 'file'");
        process.stdout.write(command.helpInformation());
        return;
      }
      const { run, runHelp } = loadRun();
      done(
        help
          ? await runHelp(file, command.helpInformation())
          : await run(file, flags, { rest: command.args.slice(1), knownFlags: flagsOf(command) }),
      );
    });
}

/** What looks at a flow without running it. */
function addFlowCommands(program: Command, done: Done): void {
  program
    .command("check")
    .description("find every mistake in a flow without running it")
    .argument("<file>", "the flow's file; FILE#name picks a named export")
    .option("--json", "print one JSON object a mistake")
    .action(async (file: string, options: JsonFlag) => done(await (await import("./check.ts")).check(file, options)));

  program
    .command("show")
    .description("print a flow's graph as a tree")
    .argument("<file>", "the flow's file; FILE#name picks a named export")
    .addOption(new Option("--mermaid", "as a Mermaid flowchart").conflicts(["asl", "json"]))
    .addOption(new Option("--asl", "as the state machine, in the Amazon States Language").conflicts(["json"]))
    .option("--json", "as the graph itself, in JSON")
    .action(async (file: string, options: ShowFlags) => done(await (await import("./show.ts")).show(file, options)));

  program
    .command("plan")
    .description("say what one run asks of an account and what it costs there, before it runs or after")
    .argument("[file]", "the flow's file; FILE#name picks a named export")
    .option(
      "--width <step=n>",
      "how wide a foreach is, by its join, a step in it or its list; may be repeated",
      collect,
    )
    .option("--rounds <step=n>", "how often a loop goes round, by a step in it; may be repeated", collect)
    .option("--case <artifact=case>", "which way a switch goes; may be repeated", collect)
    .option("--minutes <step=m>", "how long a task takes (default: 1); M alone is for every step", collect)
    .option("--of <run>", "Flow/run: what that run used, as its record in the profile in use says")
    .option("--json", "print it as a JSON object")
    .action(async (file: string | undefined, options: PlanFlags) =>
      done(await (await import("./plan.ts")).plan(file, options)),
    );
}

/** What reads runs back. */
function addReadingCommands(program: Command, done: Done): void {
  program
    .command("runs")
    .description("list a flow's runs, newest first; without a flow, the flows that ran")
    .argument("[flow]", "the flow's name")
    .addOption(new Option("--status <status>", "only those").choices(statuses))
    .option("--tag <tag>", "only those with this tag")
    .addOption(new Option("--limit <n>", "at most this many").argParser(wholeNumber).default(20))
    .option("--json", "print one JSON object a run")
    .action(async (flow: string | undefined, options: RunsFlags) =>
      done(await (await import("./runs.ts")).runs(flow, options)),
    );

  program
    .command("logs")
    .description("print what tasks printed")
    .argument("<pathspec>", PATHSPEC)
    .addOption(new Option("--attempt <n>", "that attempt of each task (default: the newest)").argParser(wholeNumber))
    .option("--json", "print one JSON object a line of output")
    .addHelpText(
      "after",
      "\nOne task's output comes as it was printed; of several tasks, each line begins with its task.",
    )
    .action(async (pathspec: string, options: LogsFlags) =>
      done(await (await import("./logs.ts")).logs(pathspec, options)),
    );

  program
    .command("dump")
    .description("print the artifacts of tasks")
    .argument("<pathspec>", PATHSPEC)
    .argument("[name...]", "only these artifacts, whatever their size")
    .option("--json", "print one JSON object a task")
    .addHelpText(
      "after",
      `
An artifact whose encoding takes more than 1 KiB shows as its size unless it is named. With --json a line is
{"pathspec","status","artifacts":{name: value}}; what JSON lacks is {"$type": "Map" | "Date" | …, "value": …}, and an artifact
that shows as its size is {"$type": "large", "size": bytes}.`,
    )
    .action(async (pathspec: string, names: string[], options: JsonFlag) =>
      done(await (await import("./dump.ts")).dump(pathspec, names, options)),
    );
}

function addEmulate(program: Command, done: Done): void {
  program
    .command("emulate")
    .description("serve an account's HTTP API on this machine, to deploy flows to and trigger them")
    .addOption(new Option("--port <n>", "0 is a free one").argParser(portNumber).default(4242))
    .addOption(new Option("--max-workers <n>", "tasks that a run has at the same time").argParser(wholeNumber))
    .action(async (options: EmulateFlags) => done(await (await import("./emulate.ts")).emulate(options)));
}

const AUTHORIZE = "the production token, where another person deployed the flow (default: MILLRACE_AUTHORIZE)";
const AUTHORIZE_FILE = "a file that holds the production token";

/** What changes the account in use: its flows and their runs. */
function addDeploymentCommands(program: Command, done: Done): void {
  program
    .command("deploy")
    .description("deploy a flow to the account in use, as a new version")
    .argument("<file>", "the flow's file; FILE#name picks a named export")
    .option("--authorize <token>", AUTHORIZE)
    .option("--authorize-file <file>", AUTHORIZE_FILE)
    .option("--tag <tag>", "tag every run of it; may be repeated", collect)
    .option("--json", "print what was deployed as a JSON object")
    .action(async (file: string, options: DeployFlags) =>
      done(await (await import("./deploy.ts")).deploy(file, options)),
    );

  program
    .command("undeploy")
    .description("remove a flow from the account in use; its runs stay")
    .argument("<flow>", "the flow's name")
    .option("--authorize <token>", AUTHORIZE)
    .option("--authorize-file <file>", AUTHORIZE_FILE)
    .action(async (flow: string, options: AuthorizeFlags) =>
      done(await (await import("./undeploy.ts")).undeploy(flow, options)),
    );

  program
    .command("trigger")
    .description("start a run of a deployed flow")
    .argument("<flow>", "the flow's name")
    .usage("FLOW [--PARAMETER value…] [options]")
    .option("--wait", "wait for the run's end")
    .option("--tag <tag>", "tag the run; may be repeated", collect)
    .option("--json", "print the run as a JSON object")
    .allowUnknownOption()
    .allowExcessArguments()
    .action(async (flow: string, options: TriggerFlags, command: Command) =>
      done(
        await (
          await import("./trigger.ts")
        ).trigger(flow, options, { rest: command.args.slice(1), knownFlags: flagsOf(command) }),
      ),
    );
}

/** What those do who answer for a flow in the account in use. */
function addOwnerCommands(program: Command, done: Done): void {
  program
    .command("stop")
    .description("stop a run in the account in use")
    .argument("<run>", "Flow/run")
    .option("--authorize <token>", AUTHORIZE)
    .option("--authorize-file <file>", AUTHORIZE_FILE)
    .action(async (run: string, options: AuthorizeFlags) => done(await (await import("./stop.ts")).stop(run, options)));

  program
    .command("token")
    .description("change who may deploy, stop and remove a flow in the account in use")
    .command("rotate")
    .description("make a flow's production token anew; the one before is refused from then on")
    .argument("<flow>", "the flow's name")
    .option("--authorize <token>", AUTHORIZE)
    .option("--authorize-file <file>", AUTHORIZE_FILE)
    .option("--json", "print the token as a JSON object")
    .action(async (flow: string, options: TokenFlags) =>
      done(await (await import("./token.ts")).rotate(flow, options)),
    );
}

/** What keeps a deployed flow from starting by itself for a while. */
function addPauseCommands(program: Command, done: Done): void {
  for (const name of ["pause", "unpause"] as const)
    program
      .command(name)
      .description(
        name === "pause"
          ? "keep a deployed flow's schedules from starting runs, until it is unpaused; deploying it anew changes nothing of that"
          : "let a deployed flow's schedules start runs again",
      )
      .argument("<flow>", "the flow's name")
      .option("--authorize <token>", AUTHORIZE)
      .option("--authorize-file <file>", AUTHORIZE_FILE)
      .action(async (flow: string, options: AuthorizeFlags) =>
        done(await (await import("./pause.ts"))[name](flow, options)),
      );
}

/** Which account is in use, and whether all is well with it. */
function addProfileCommands(program: Command, done: Done): void {
  program
    .command("doctor")
    .description("look whether all is well with the profile in use, and say how to fix what isn't")
    .option("--no-jobs", "run no tiny job in each queue")
    .option("--json", "print one JSON object for each thing that is looked at")
    .action(async (options: DoctorFlags) => done(await (await import("./doctor.ts")).doctor(options)));

  const configure = program
    .command("configure")
    .description("say where runs are kept: on this machine or in an account");
  configure
    .command("aws")
    .description("use an account that millrace was deployed to")
    .requiredOption("--stack <name>", "the CloudFormation stack, such as millrace-dev")
    .option("--region <region>", "the stack's region (default: AWS_REGION, or your AWS profile's)")
    .option("--name <name>", "what to call the profile (default: the stack's name)")
    .action(async (options: ConfigureAwsFlags) => done(await (await import("./configure.ts")).configureAws(options)));
  configure
    .command("show")
    .description("show the profile in use, and which others there are")
    .option("--json", "print them as a JSON object")
    .action(async (options: JsonFlag) => done(await (await import("./configure.ts")).configureShow(options)));
  configure
    .command("use")
    .description("use another profile")
    .argument("<profile>", "its name; local is this machine")
    .action(async (name: string) => done(await (await import("./configure.ts")).configureUse(name)));
}

function flagsOf(command: Command): string[] {
  return command.options.map((option) => option.long!);
}

function wholeNumber(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError("It must be a whole number from 1.");
  return Number(text);
}

function portNumber(text: string): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535) throw new InvalidArgumentError("It must be 0 to 65535.");
  return Number(text);
}

function collect(tag: string, before: readonly string[] = []): string[] {
  return [...before, tag];
}
