/**
 * Every code that a MillraceError may have, with what happened and how it is fixed. docs/errors.md is made of this
 * (error-codes.test.ts); a code that is not here does not compile. Nothing that runs a flow needs the texts, so other files
 * import the type alone. A code is kept once it was published: programs go by it.
 */
export const ERROR_CODES = {
  "account.busy": {
    what: "AWS, or the deployment's API, held back requests although each was tried again for a while.",
    fix: "Try again later, or with less at once.",
  },
  "account.credentials": {
    what: "There are no valid AWS credentials.",
    fix: "Sign in to the account again, or set `AWS_PROFILE`.",
  },
  "account.denied": {
    what: "The AWS credentials have no right to what was asked.",
    fix: "Ask for the right (the stack's output `PeoplePolicy` names a policy with all that is needed), or use another profile.",
  },
  "account.missing": {
    what: "The account has not got something that the profile names: a table, a bucket, a job definition.",
    fix: "Look at the profile with `millrace configure show`, and read the stack again with `millrace configure aws`.",
  },
  "account.unreachable": {
    what: "The account, or the server of `millrace emulate`, does not answer.",
    fix: "Look whether the network is there and the profile's region is right; on this machine, whether `millrace emulate` still runs.",
  },
  "artifact.damaged": {
    what: "A stored value can no longer be read: its bytes are not those that were written.",
    fix: "Run the step that made it again.",
  },
  "artifact.missing": {
    what: "A step, a split or a loop needs an artifact that no step before it has left.",
    fix: "Return it from a step before, on every way that leads there.",
  },
  "artifact.notStored": {
    what: "A task named a stored value that was never uploaded.",
    fix: "Run it again; an upload was cut off.",
  },
  "artifact.tooDeep": {
    what: "A value is nested too deep to be shown as JSON.",
    fix: "Read it from a program, or store it in a flatter shape.",
  },
  "artifact.unknown": {
    what: "No task that was named has left that artifact.",
    fix: "The message says which there are.",
  },
  "artifact.unsupported": {
    what: "A step returned what an artifact cannot hold, such as a function, a socket or an instance of a class.",
    fix: "Return plain data: the message names the path inside the value.",
  },
  "attempt.refused": {
    what: "An attempt of a task is over, or another has taken its place: what it reports no longer counts.",
    fix: "Nothing is to be done where a task was retried; else the step has no attempt left, and `retry` gives it more.",
  },
  "attempt.unknown": {
    what: "The task has no attempt of that number.",
    fix: "The message says how many it has.",
  },
  "blob.damaged": {
    what: "A stored blob's bytes are no longer those that its name, their SHA-256, says.",
    fix: "Run the step that made it again.",
  },
  "blob.mismatch": {
    what: "Bytes were sent under a name that is not their SHA-256.",
    fix: "Send them again, or name them by their own hash.",
  },
  "blob.missing": {
    what: "A stored value is no longer in the store.",
    fix: "Run the step that made it again, or look whether the store was moved or cleaned.",
  },
  "blob.unreadable": {
    what: "The account gives no URL to read a value by.",
    fix: "Look at the API with `millrace doctor`.",
  },
  "caller.refused": {
    what: "A task called a route of the HTTP API that tasks may not call.",
    fix: "A step reaches runs and artifacts by what its handler is given; call the API with a person's credentials.",
  },
  "case.unknown": {
    what: "`--case` names a case that the switch has not got.",
    fix: "The message says which it has.",
  },
  "code.damaged": {
    what: "A code package cannot be unpacked, or holds a path that leads out of it.",
    fix: "Deploy the flow again, or start a new run of it.",
  },
  "code.missing": {
    what: "A flow was deployed, or a run recorded, whose code package is not stored.",
    fix: "Deploy it again, which uploads it.",
  },
  "code.tooLarge": {
    what: "A flow with steps on Lambda has a larger code package than a function of Lambda may have.",
    fix: 'Send its steps to Batch (`compute: "batch"`), or import less.',
  },
  "control.unexpected": {
    what: "A task left a width, a case or a condition that does not fit its flow.",
    fix: "Run it with the version of millrace that the account has.",
  },
  "control.unknown": {
    what: "A split or a switch was asked for that the flow has not got.",
    fix: "Use the version of millrace that the account has.",
  },
  "cursor.invalid": {
    what: "A list was asked to go on from a cursor that it did not give out.",
    fix: "Begin again without a cursor, or give the one that came with the page before.",
  },
  "doctor.wrong": {
    what: "`millrace doctor` found something that is not as it must be.",
    fix: "The message says what to do.",
  },
  "duration.invalid": {
    what: "A text is not a duration.",
    fix: 'Write whole numbers and units, such as "90s", "15m", "24h" or "1h30m".',
  },
  "flow.body": {
    what: "The function that is the body of a foreach, branch, switch or loop does not return the steps that it was given.",
    fix: 'Return the builder, such as `(b) => b.step("name", handler)`.',
  },
  "flow.crashed": {
    what: "The process that loads a flow's file ended while it did.",
    fix: "A flow's file must not end the process when it is imported.",
  },
  "flow.deploying": {
    what: "Somebody else deploys the flow at this moment, or its machine of before is still being deleted.",
    fix: "Try again in a few minutes.",
  },
  "flow.handler": {
    what: "A step has no handler.",
    fix: 'Give it a function: `.step("name", (artifacts) => ({ … }))`.',
  },
  "flow.import": {
    what: "A flow's file imports what is not found.",
    fix: "Install the package, or fix the path.",
  },
  "flow.inProgram": {
    what: "A flow is made in the very program that runs or registers it, which every task would then run again.",
    fix: "Export the flow from a module of its own, and import it.",
  },
  "flow.missing": {
    what: "There is no such flow file.",
    fix: "Give the path of a TypeScript or JavaScript file that exports a flow.",
  },
  "flow.noDefault": {
    what: "A file exports flows, but none as its default export.",
    fix: "Name one of them: `file.ts#name`.",
  },
  "flow.noModule": {
    what: "It is not known which module made a flow.",
    fix: "Give the path of the flow's file instead of the flow.",
  },
  "flow.none": {
    what: "A file exports no flow.",
    fix: "Write `export default flow(…)` in it.",
  },
  "flow.notDeployed": {
    what: "The flow is not deployed in the account.",
    fix: "Deploy it with `millrace deploy FILE`.",
  },
  "flow.notExported": {
    what: "A flow's file does not export the flow that was named.",
    fix: "Export the flow from the module that makes it, or name one that it exports.",
  },
  "flow.owned": {
    what: "Another person deployed the flow.",
    fix: "Ask them for its production token, and deploy with `--authorize TOKEN`.",
  },
  "flow.syntax": {
    what: "A flow's file does not parse.",
    fix: "Fix the line that the message names.",
  },
  "flow.threw": {
    what: "A flow's file threw an error when it was imported.",
    fix: "Fix what runs when the file is imported.",
  },
  "flow.unknown": {
    what: "No flow of that name has run here.",
    fix: "The message says which have; `millrace runs` lists them.",
  },
  "foreach.notIterable": {
    what: "A foreach goes over an artifact that is no list.",
    fix: "Make it an array, a Set or another iterable.",
  },
  "grant.invalid": {
    what: "A task asked to read a value that it was not given, or named one that it neither was given nor has made.",
    fix: "Use the version of millrace that the account has.",
  },
  "graph.backoff": {
    what: "A retry's `backoff` is not a duration.",
    fix: 'Write one such as "30s" or "5m".',
  },
  "graph.catch": {
    what: "A step's `catch` is neither true nor false.",
    fix: "Write true, or leave it out.",
  },
  "graph.compute": {
    what: "A step's `compute` is unknown.",
    fix: 'Write "local", "lambda" or "batch".',
  },
  "graph.concurrency": {
    what: "A foreach's `concurrency` is no whole number of at least 1.",
    fix: "Say how many turns may run at a time, or leave it out for no limit.",
  },
  "graph.cpu": {
    what: "A step's `cpu` is not a positive number.",
    fix: "Write a number of CPUs, such as 0.5 or 4.",
  },
  "graph.duplicate": {
    what: "Two steps have one name, or a switch has a case twice.",
    fix: "Give each a name of its own, or leave one out.",
  },
  "graph.empty": {
    what: "A flow, a branch or a body has no step.",
    fix: "Add one, or leave the branch out.",
  },
  "graph.env": {
    what: "A step's `env` or `secrets` can't be set as environment variables.",
    fix: "The message names the variable: use letters, digits and _, none of the prefixes MILLRACE_ and AWS_.",
  },
  "graph.gpu": {
    what: "A step's `gpu` is not a positive whole number.",
    fix: "Write a number of GPUs, such as 1.",
  },
  "graph.image": {
    what: "A step's `image` is not the name of an image.",
    fix: 'Write a name and a tag, such as "node:22".',
  },
  "graph.invalid": {
    what: "A flow has mistakes, which the message lists; each has a code of its own, which `--json` shows.",
    fix: "Fix each as it says.",
  },
  "graph.jitter": {
    what: "A retry's `jitter` is neither true nor false.",
    fix: "Write true, or leave it out.",
  },
  "graph.lambda": {
    what: "A step asks for what Lambda has not got: a number of CPUs, a GPU, an image, secrets, much memory or much time.",
    fix: 'Write `compute: "batch"`.',
  },
  "graph.loop": {
    what: "A loop has no bound, or none that is a whole number in range.",
    fix: "Say how often it may go round at most, as `max`.",
  },
  "graph.maxDelay": {
    what: "A retry's `maxDelay` is not a duration.",
    fix: 'Write one such as "15m".',
  },
  "graph.memory": {
    what: "A step's `memory` is not a size.",
    fix: 'Write a number and a unit, such as "4GiB" or "512MiB".',
  },
  "graph.name": {
    what: "A name can't be that of a flow, a step or an artifact.",
    fix: "Use letters, digits, _ and -, at most 60, and in a flow's name no __ and no _ at its end; for artifacts what JavaScript takes for a name.",
  },
  "graph.option": {
    what: "A step has an option that there is not.",
    fix: "The message names one that is near, or all that there are.",
  },
  "graph.parameter": {
    what: "A parameter's name can't be one, or is a flag of the command line already.",
    fix: "Call the parameter otherwise.",
  },
  "graph.retry": {
    what: "A step's `retry` is no number of retries from 0 to 9, or has no such option.",
    fix: "Write a number, or attempts, backoff, maxDelay, rate and jitter.",
  },
  "graph.schedule": {
    what: "A flow's `schedule` is none that EventBridge Scheduler takes, or starts runs that could not begin.",
    fix: "Write `cron(0 6 * * ? *)`, `rate(1 hour)` or an object as docs/schedules.md has it; the message says which part is wrong.",
  },
  "graph.timeout": {
    what: "A step's `timeout` is not a duration.",
    fix: 'Write one such as "90s", "15m" or "24h".',
  },
  "graph.tooDeep": {
    what: "The foreachs, branches, switches and loops of a flow are nested more than 60 deep.",
    fix: "Put what the innermost ones do into one step, or into another flow that a step starts.",
  },
  "graph.tooLarge": {
    what: "A flow's graph is larger than the account takes.",
    fix: "Make one step of several, or split the flow in two.",
  },
  "index.invalid": {
    what: "A text is not a task's index.",
    fix: 'Write whole numbers joined by dots, such as "0" or "3.10".',
  },
  "job.refused": {
    what: "AWS Batch does not take what a step wants of its job.",
    fix: "Change the step's options as the message says.",
  },
  "log.elsewhere": {
    what: "A step was carried out on another machine, where its output is.",
    fix: "Look for it there, in the folder of the flow.",
  },
  "log.foreign": {
    what: "The ledger says that a task's output is in a log that is none of this store's, or of this stack's.",
    fix: "Do not trust the run: Millrace keeps no output there, so somebody changed the ledger to make you read something else.",
  },
  "log.missing": {
    what: "A task's output is no longer kept.",
    fix: "Run it again; the deployment's parameter `logDays` says how long CloudWatch keeps it.",
  },
  "loop.notBoolean": {
    what: "The artifact that a loop goes by is neither true nor false.",
    fix: "Return true or false for it.",
  },
  "loop.max": {
    what: "A loop may go round more often than the deployment lets any.",
    fix: "Write a lower `max`, or deploy the stack with `--param maxRounds=NUMBER`.",
  },
  "machine.invalid": {
    what: "A state machine's definition is not one that Step Functions takes.",
    fix: "Change the definition as the message says; where a flow made it, fix each step that is named.",
  },
  "machine.refused": {
    what: "Step Functions does not take a flow's state machine.",
    fix: "The message has what AWS says; please report it.",
  },
  "machine.tooLarge": {
    what: "A flow does not fit into state machines that Step Functions takes.",
    fix: "Make one step of several, or a foreach of many branches, or split the flow in two.",
  },
  "parameter.invalid": {
    what: "A run was given parameters that the flow does not take.",
    fix: "The message says what each must be; `millrace run FILE --help` lists them.",
  },
  "parameter.notJson": {
    what: "A parameter of a run in an account is a value that JSON has not got.",
    fix: "Give it as text, a number, true, false, null, or arrays and plain objects of these.",
  },
  "parameter.unknown": {
    what: "Neither the command nor the flow knows a flag.",
    fix: "The message names the flow's flags.",
  },
  "pathspec.invalid": {
    what: "A text names no flow, run, step or task.",
    fix: "Write Flow, Flow/run, Flow/run/step or Flow/run/step/index, such as Stats/42/compute/3.",
  },
  "plan.both": {
    what: "`millrace plan --of RUN` was given a file, `--width`, `--rounds`, `--case` or `--minutes` as well.",
    fix: "Leave these and the file out: a run's own record says them.",
  },
  "plan.notInForeach": {
    what: "`--width` names what is no foreach.",
    fix: "Name a foreach's join, or a step in it.",
  },
  "plan.notInLoop": {
    what: "`--rounds` names what is no loop.",
    fix: "Name a step within the loop.",
  },
  "plan.nothing": {
    what: "`millrace plan` was given neither a file nor a run.",
    fix: "Name a flow's file, or a run: `millrace plan --of Flow/42`.",
  },
  "plan.unreadable": {
    what: "A flag of `millrace plan` can't be read.",
    fix: "Write it as the message says.",
  },
  "profile.damaged": {
    what: "The file of profiles can't be read.",
    fix: "Fix it or remove it, then `millrace configure aws --stack NAME`.",
  },
  "profile.local": {
    what: "What was asked needs an account, and none is in use.",
    fix: "Name a deployed stack with `millrace configure aws --stack NAME`, or start `millrace emulate` to try without one.",
  },
  "profile.unknown": {
    what: "There is no profile of that name.",
    fix: "The message says which there are.",
  },
  "region.missing": {
    what: "It is not known in which AWS region the stack is.",
    fix: "Give `--region`, or set `AWS_REGION`.",
  },
  "proof.invalid": {
    what: "A task was to begin without the proof that its run's state machine gives to it alone.",
    fix: "If an earlier Millrace deployed the flow, deploy it again. If not, somebody tried to begin the task who may not.",
  },
  "request.invalid": {
    what: "The API was asked what its description does not allow.",
    fix: "Use the version of millrace that the account has.",
  },
  "request.tooLarge": {
    what: "A request to the API has more bytes than AWS Lambda takes.",
    fix: "Send less at once.",
  },
  "route.unknown": {
    what: "The API has no such route.",
    fix: "Use the version of millrace that the account has.",
  },
  "run.inTask": {
    what: "`run`, `register` or `trigger` was called while a flow's file was imported, or from a task.",
    fix: "Call it from a program of its own, not from the module that exports the flow.",
  },
  "run.notHere": {
    what: "A run is carried out elsewhere: the account's own, or one of another program.",
    fix: "Stop it with `millrace stop`, or end the program that carries it out.",
  },
  "run.owned": {
    what: "A run that another person's program carries out is ended, or carried on, by that person alone.",
    fix: "Ask them; of a run that Step Functions carries out whoever owns the flow can stop it.",
  },
  "run.over": {
    what: "The run has ended.",
    fix: "Start another.",
  },
  "run.starting": {
    what: "A run by that name is being started.",
    fix: "Ask again in a minute.",
  },
  "run.tooManyTags": {
    what: "A run may have at most 40 tags.",
    fix: "Give it fewer; what is particular to one run goes into its parameters.",
  },
  "run.tooMany": {
    what: "As many of a flow's runs are running as the deployment lets run at once.",
    fix: "Wait until one has ended or stop one; or deploy the stack with `--param runsAtOnce=NUMBER`.",
  },
  "run.unknown": {
    what: "There is no such run.",
    fix: "The message says which there are; `millrace runs FLOW` lists them.",
  },
  "runner.busy": {
    what: "A flow's function on Lambda is still being changed, perhaps by another deployment or run.",
    fix: "Try again in a minute.",
  },
  "runner.refused": {
    what: "AWS Lambda does not take the function of a flow's steps.",
    fix: "The message says why: an account may have less memory a function than AWS has at most. Ask for less in the steps' `memory`.",
  },
  "schedule.refused": {
    what: "EventBridge Scheduler does not take a flow's schedule.",
    fix: "Its own words say why; docs/schedules.md says what a schedule may be.",
  },
  "server.port": {
    what: "A port can't be used.",
    fix: "Give another with `--port`; 0 is a free one.",
  },
  "server.running": {
    what: "Another process serves the store already.",
    fix: "Use that one, end it, or set `MILLRACE_HOME` to another folder.",
  },
  "server.secret": {
    what: "A request to `millrace emulate` is not signed with the secret of its store.",
    fix: "Work as the user who serves the store, in its folder or with `MILLRACE_HOME` set to it, or set `MILLRACE_SERVICE_SECRET` to the secret in its `server.json`.",
  },
  "service.failed": {
    what: "The API failed, for no fault of the caller's.",
    fix: "Its log says how; please report it.",
  },
  "service.refused": {
    what: "The API, or what stands before it, refused a request without saying why.",
    fix: "Look at the profile's API with `millrace doctor`.",
  },
  "size.invalid": {
    what: "A text is not a size.",
    fix: 'Write a number and a unit, such as "4GiB" or "512MiB".',
  },
  "stack.foreign": {
    what: "The stack that was named is none of millrace's.",
    fix: "Name the stack that was deployed from millrace's serverless.yml, such as millrace-dev.",
  },
  "stack.unfinished": {
    what: "The stack that was named is not deployed to its end.",
    fix: "Deploy it first with `npx sls deploy`.",
  },
  "stack.unknown": {
    what: "There is no stack of that name.",
    fix: "Deploy it first with `npx sls deploy`; its name is the service's and the stage's, such as millrace-dev.",
  },
  "states.answer": {
    what: "A fake of a state answers what JSON cannot hold.",
    fix: "Answer plain data, as the service would.",
  },
  "states.no-fake": {
    what: "A state machine under test calls a service that no fake stands for.",
    fix: "Give one, as the message says.",
  },
  "states.no-state": {
    what: "A fake stands for a state that the machine under test has not got.",
    fix: "Name one of its states: the message says which is near.",
  },
  "states.start-time": {
    what: "The `startTime` of an execution under test is no time.",
    fix: 'Pass a Date, or a text such as "2026-03-14T01:59:00Z".',
  },
  "step.manyTasks": {
    what: "A step ran more than once, and it was not said which task is meant.",
    fix: 'Name the task: `artifacts("step", "0")`.',
  },
  "step.noArtifacts": {
    what: "A task left no artifacts: it failed, was stopped, or never ran.",
    fix: "Look at why the run ended.",
  },
  "step.noGpuQueue": {
    what: "A step asks for a GPU, and the deployment has no queue for it.",
    fix: "Deploy the stack with `--param gpu=on`.",
  },
  "step.image": {
    what: "A step's image is in a repository of the account's own registry that the deployment may not pull from.",
    fix: "Deploy the stack with `--param imageRepositories=NAME`, the names of all such repositories between commas.",
  },
  "step.secret": {
    what: "A step refers to a secret that is not its flow's.",
    fix: "Name the secret below `millrace/STAGE/FLOW/`; for what all flows share deploy the stack with `--param secretsPrefix=shared/`.",
  },
  "step.returned": {
    what: "A step returned something that is not an object of artifacts.",
    fix: "Return an object whose properties are the artifacts, such as `{ result }`.",
  },
  "step.size": {
    what: "A step asks for a container that no queue of the deployment has room for.",
    fix: "Ask for less, or deploy the stack with `--param ec2=on`.",
  },
  "step.timeout": {
    what: "A step's timeout is longer than a job on Fargate may run.",
    fix: "Give it a shorter timeout, or split the step.",
  },
  "step.unknown": {
    what: "The flow has no such step, or none that ran.",
    fix: "The message says which there are.",
  },
  "store.ambiguous": {
    what: "There is more than one store below the folder.",
    fix: "Change into the folder of your flow, or set `MILLRACE_HOME` to one of them.",
  },
  "store.busy": {
    what: "Another program has held the store for too long.",
    fix: "Look for a program that is stopped in the middle of a run, end it, and try again.",
  },
  "store.damaged": {
    what: "The store's file is damaged, or is no store at all.",
    fix: "Move the file away and restore it from a backup; without one, the next run begins a new store.",
  },
  "store.failed": {
    what: "The store can't be read or written.",
    fix: "Check that its folder exists, is a folder, and is on a disk that answers.",
  },
  "store.foreign": {
    what: "The folder of the store, or a file in it, belongs to another user of this machine.",
    fix: "Work as that user, or set `MILLRACE_HOME` to a folder of your own.",
  },
  "store.full": {
    what: "There is no room left on the store's disk.",
    fix: "Free some space, or set `MILLRACE_HOME` to a folder on another disk.",
  },
  "store.missing": {
    what: "No run was made here: there is no store.",
    fix: "Change into the folder of your flow, or set `MILLRACE_HOME` to the store's folder.",
  },
  "store.newer": {
    what: "The store was written by a later version of millrace.",
    fix: "Install that version, or set `MILLRACE_HOME` to another folder.",
  },
  "store.readOnly": {
    what: "The store can't be written.",
    fix: "Make the file and its folder writable, or set `MILLRACE_HOME` to a folder that is.",
  },
  "store.unwritable": {
    what: "The folder of the store can't be made.",
    fix: "Make its parent writable, or set `MILLRACE_HOME` to a folder elsewhere.",
  },
  "switch.noCase": {
    what: "A switch has no case for the value of its artifact.",
    fix: "Add the case, or an otherwise.",
  },
  "task.noArtifacts": {
    what: "A task that succeeded did not say what it leaves.",
    fix: "Use the version of millrace that the account has.",
  },
  "task.notCaught": {
    what: "A failure was reported as caught of a step whose failures are not.",
    fix: "Use the version of millrace that the account has.",
  },
  "task.otherBase": {
    what: "A task said that it began with other artifacts than it was given.",
    fix: "Use the version of millrace that the account has.",
  },
  "task.tooEarly": {
    what: "A task was to begin before those that it comes after had finished.",
    fix: "The state machine begins tasks in their turn: leave it to that.",
  },
  "task.unknown": {
    what: "The step has no such task.",
    fix: "The message says which it has.",
  },
  "template.invalid": {
    what: "No state machine can be taken from a template.",
    fix: "The message says what it lacks.",
  },
  "token.invalid": {
    what: "A token does not speak for an attempt of the run, has expired, or was signed by a key that was withdrawn.",
    fix: "Use the token that came with the start of the attempt. Where the key was withdrawn, run the task again.",
  },
  "token.unreadable": {
    what: "The file of `--authorize-file` can't be read, or holds nothing.",
    fix: "Name a file that holds a production token and nothing else.",
  },
  "upload.tooLarge": {
    what: "A code package, or the value of an artifact, is larger than the deployment takes.",
    fix: "Return less at once, or deploy the stack with `--param maxUploadMiB=NUMBER`, at most 5120.",
  },
  "usage.argument": {
    what: "A word of the command line belongs to no flag.",
    fix: "A flag takes one value; repeat it to give more: `--tag a --tag b`.",
  },
  "with.invalid": {
    what: "`--with` names a place or an option that a step can't have.",
    fix: "Write it as the message says.",
  },
} as const satisfies Readonly<Record<string, { readonly what: string; readonly fix: string }>>;

export type ErrorCode = keyof typeof ERROR_CODES;
