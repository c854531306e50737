/** Who has each role or policy of the template. */
export const WHO: Readonly<Record<string, string>> = {
  RegisterRole: "The function that deploys flows",
  RunsRole: "The function that starts, stops and reads runs",
  DispatchRole: "The function that the clock and the ends of executions reach",
  TasksRole: "The function that begins and ends attempts of tasks",
  SignRole: "The function that signs URLs for artifacts",
  RunnerRole: "The functions of flows with Lambda steps: the code of flows has it",
  JobRole: "Containers of tasks: the code of flows has it",
  ExecutionRole: "What starts a task's container, before the code of a flow runs in it",
  MachineRole: "The state machine of every flow",
  ScheduleRole: "EventBridge Scheduler",
  MachineProfileRole: "The EC2 machines of `ec2=on` and `gpu=on`",
  PeoplePolicy: "People, who are given it as a managed policy",
};

/**
 * Which call needs a right, by its action: the file that makes the call, or the page of AWS that asks for it, and what for.
 * `ROLE ACTION` where a role has it for another reason than the others. `by` is what the file says in place of the action's
 * name.
 */
export const CALLS: Readonly<Record<string, readonly [call: string, why: string, by?: string]>> = {
  "batch:DeregisterJobDefinition": [
    "aws/batch/job-definitions-in-batch.ts",
    "to take away what a flow's steps no longer use",
  ],
  "batch:DescribeComputeEnvironments": ["aws/batch/batch.ts", "to say why a job waits, in `doctor` and beside a run"],
  "batch:DescribeJobDefinitions": ["aws/batch/job-definitions-in-batch.ts", "to find those that are there already"],
  "batch:DescribeJobQueues": ["aws/batch/batch.ts", "to say why a job waits, in `doctor` and beside a run"],
  "batch:DescribeJobs": ["aws/batch/batch.ts", "to say why a job failed"],
  "MachineRole batch:DescribeJobs": [
    "https://docs.aws.amazon.com/step-functions/latest/dg/connect-batch.html",
    "to wait for the end of a job",
  ],
  "batch:ListJobs": ["aws/batch/batch.ts", "to find the child of an array that failed"],
  "batch:RegisterJobDefinition": ["aws/batch/job-definitions-in-batch.ts", "for a step's image, roles and secrets"],
  "batch:SubmitJob": ["aws/batch/batch.ts", "to start the jobs of a run that `millrace run` carries out"],
  "MachineRole batch:SubmitJob": [
    "https://docs.aws.amazon.com/step-functions/latest/dg/connect-batch.html",
    "to start the job of a step",
  ],
  "batch:TagResource": [
    "aws/batch/job-definitions-in-batch.ts",
    "to mark a definition as the deployment's own",
    "tags",
  ],
  "PeoplePolicy batch:TagResource": ["aws/batch/batch.ts", "to submit a job with the deployment's tag", "SubmitJob"],
  "MachineRole batch:TagResource": [
    "https://docs.aws.amazon.com/batch/latest/userguide/tag-resources.html",
    "to submit a job with the deployment's tag",
  ],
  "batch:TerminateJob": ["aws/batch/batch.ts", "to end the jobs of a run that was stopped"],
  "MachineRole batch:TerminateJob": [
    "https://docs.aws.amazon.com/step-functions/latest/dg/connect-batch.html",
    "to end the jobs of an execution that was stopped",
  ],
  "cloudformation:DescribeStacks": [
    "aws/cloudformation/stack.ts",
    "`millrace configure aws` asks for the API's address",
  ],
  "dynamodb:BatchGetItem": ["store/ledger/dynamodb/table.ts", "to read many items of the ledger at once"],
  "dynamodb:DeleteItem": [
    "store/ledger/dynamodb/runs.ts",
    "to take the index of a run's tag or status away where it changes",
    "Delete:",
  ],
  "dynamodb:GetItem": ["store/ledger/dynamodb/table.ts", "to read the ledger, or the register of flows"],
  "MachineRole dynamodb:GetItem": [
    "https://docs.aws.amazon.com/step-functions/latest/dg/connect-ddb.html",
    "to read how wide a split is, or which case a switch takes",
  ],
  "dynamodb:PutItem": ["store/ledger/dynamodb/table.ts", "to write the ledger, or the register of flows"],
  "dynamodb:Query": ["store/ledger/dynamodb/table.ts", "to list runs, steps and tasks"],
  "dynamodb:UpdateItem": ["store/ledger/dynamodb/table.ts", "to change an item that must be as it was read"],
  "ecs:DeregisterContainerInstance": [
    "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/instance_IAM_role.html",
    "to join and leave the cluster that Batch has for it",
  ],
  "ecs:DiscoverPollEndpoint": [
    "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/instance_IAM_role.html",
    "to hear which containers it has to start",
  ],
  "ecs:Poll": [
    "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/instance_IAM_role.html",
    "to hear which containers it has to start",
  ],
  "ecs:RegisterContainerInstance": [
    "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/instance_IAM_role.html",
    "to join and leave the cluster that Batch has for it",
  ],
  "ecs:StartTelemetrySession": [
    "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/instance_IAM_role.html",
    "to say how its containers are",
  ],
  "ecs:SubmitAttachmentStateChanges": [
    "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/instance_IAM_role.html",
    "to say how its containers are",
  ],
  "ecs:SubmitContainerStateChange": [
    "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/instance_IAM_role.html",
    "to say how its containers are",
  ],
  "ecs:SubmitTaskStateChange": [
    "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/instance_IAM_role.html",
    "to say how its containers are",
  ],
  "ecs:UpdateContainerInstancesState": [
    "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/instance_IAM_role.html",
    "to say that it is about to go",
  ],
  "events:DescribeRule": [
    "https://docs.aws.amazon.com/step-functions/latest/dg/connect-batch.html",
    "Step Functions hears of the end of jobs and executions by a rule of its own",
  ],
  "events:PutRule": [
    "https://docs.aws.amazon.com/step-functions/latest/dg/connect-batch.html",
    "Step Functions hears of the end of jobs and executions by a rule of its own",
  ],
  "events:PutTargets": [
    "https://docs.aws.amazon.com/step-functions/latest/dg/connect-batch.html",
    "Step Functions hears of the end of jobs and executions by a rule of its own",
  ],
  "execute-api:Invoke": ["sdk/client/api.ts", "to call the API", "sendPatiently"],
  "JobRole execute-api:Invoke": [
    "runtime/task-client.ts",
    "to begin, go on with and end the attempt of a task",
    "sendPatiently",
  ],
  "RunnerRole execute-api:Invoke": [
    "runtime/task-client.ts",
    "to begin, go on with and end the attempt of a task",
    "sendPatiently",
  ],
  "iam:PassRole": [
    "functions/handlers/register.ts",
    "to give machines, jobs, functions and schedules their roles, and nothing else",
    "roleArn",
  ],
  "lambda:CreateFunction": ["aws/lambda/lambda-runners.ts", "for a flow with steps on Lambda"],
  "lambda:DeleteFunction": ["aws/lambda/lambda-runners.ts", "when no run needs a version any more, or a flow goes"],
  "lambda:GetFunctionConfiguration": [
    "aws/lambda/lambda-runners.ts",
    "to see what a function is, and whether it is ready",
  ],
  "lambda:InvokeFunction": [
    "aws/lambda/functions.ts",
    "to carry out a Lambda step of a run that `millrace run` carries out",
    "InvokeCommand",
  ],
  "MachineRole lambda:InvokeFunction": [
    "https://docs.aws.amazon.com/step-functions/latest/dg/connect-lambda.html",
    "to carry out Lambda steps, and the bookkeeping of tasks",
  ],
  "ScheduleRole lambda:InvokeFunction": [
    "https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets.html",
    "to start a run at its time",
  ],
  "lambda:ListFunctions": ["aws/lambda/remove-runners.ts", "`sls remove` finds the flows' functions"],
  "lambda:ListTags": ["aws/lambda/remove-runners.ts", "`sls remove` takes away only what has the deployment's tag"],
  "lambda:ListVersionsByFunction": ["aws/lambda/own-runners.ts", "to find the versions that no run needs any more"],
  "lambda:PublishVersion": ["aws/lambda/lambda-runners.ts", "for a version at each deployment that changes the code"],
  "lambda:TagResource": ["aws/lambda/own-runners.ts", "to mark a function as the deployment's own, and as used"],
  "lambda:UpdateFunctionCode": ["aws/lambda/lambda-runners.ts", "for the next version of a flow"],
  "lambda:UpdateFunctionConfiguration": ["aws/lambda/lambda-runners.ts", "for the next version of a flow"],
  "logs:CreateLogGroup": ["aws/lambda/lambda-runners.ts", "for the log of a flow's function"],
  "logs:CreateLogStream": [
    "https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html",
    "to write its own log",
  ],
  "logs:DeleteLogGroup": ["aws/lambda/remove-runners.ts", "`sls remove` takes the functions' logs away"],
  "logs:DescribeLogGroups": ["aws/lambda/remove-runners.ts", "`sls remove` finds the functions' logs"],
  "logs:ListTagsForResource": [
    "aws/lambda/remove-runners.ts",
    "`sls remove` takes away only what has the deployment's tag",
  ],
  "logs:PutRetentionPolicy": ["aws/lambda/lambda-runners.ts", "so that a function's log is forgotten after a time"],
  "logs:TagResource": ["aws/lambda/lambda-runners.ts", "to mark a log as the deployment's own", "tags"],
  "logs:PutLogEvents": [
    "https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html",
    "to write its own log",
  ],
  "logs:GetLogEvents": ["aws/logs/cloudwatch-log.ts", "to show what tasks have printed"],
  "s3:AbortMultipartUpload": [
    "https://docs.aws.amazon.com/step-functions/latest/dg/iam-policies-eg-dist-map.html",
    "a distributed Map leaves what its children answered",
  ],
  "s3:GetObject": ["store/blobs/s3/s3-blobs.ts", "to read blobs, and the key that signs tokens"],
  "MachineRole s3:GetObject": [
    "https://docs.aws.amazon.com/step-functions/latest/dg/iam-policies-eg-dist-map.html",
    "a distributed Map reads what it counts its children by, and what they answered",
  ],
  "SignRole s3:GetObject": ["aws/s3/s3-signer.ts", "a URL may do what who signed it may do"],
  "s3:ListBucket": [
    "store/blobs/s3/s3-blobs.ts",
    "without it S3 answers 403 for what is not there, in place of 404",
    "HeadObjectCommand",
  ],
  "s3:ListMultipartUploadParts": [
    "https://docs.aws.amazon.com/step-functions/latest/dg/iam-policies-eg-dist-map.html",
    "a distributed Map leaves what its children answered",
  ],
  "s3:PutObject": ["store/blobs/s3/s3-blobs.ts", "to write blobs, and what a deployment keeps once"],
  "MachineRole s3:PutObject": [
    "https://docs.aws.amazon.com/step-functions/latest/dg/iam-policies-eg-dist-map.html",
    "a distributed Map leaves what its children answered",
  ],
  "SignRole s3:PutObject": ["aws/s3/s3-signer.ts", "a URL may do what who signed it may do"],
  "scheduler:CreateSchedule": ["aws/scheduler/eventbridge-schedules.ts", "for the schedule of a flow"],
  "scheduler:DeleteSchedule": ["aws/scheduler/eventbridge-schedules.ts", "when a flow goes, or its schedule"],
  "scheduler:GetScheduleGroup": [
    "cli/doctor/account-checks.ts",
    "`millrace doctor` looks whether schedules can be kept",
  ],
  "scheduler:UpdateSchedule": ["aws/scheduler/eventbridge-schedules.ts", "for the schedule of a flow"],
  "secretsmanager:GetSecretValue": [
    "https://docs.aws.amazon.com/batch/latest/userguide/specifying-sensitive-data.html",
    "to give a container the secrets that its step names",
  ],
  "sqs:GetQueueAttributes": ["cli/doctor/account-checks.ts", "`millrace doctor` counts the dead letters"],
  "sqs:SendMessage": [
    "https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html",
    "to keep what could not be dealt with as a dead letter",
  ],
  "ssm:GetParameters": [
    "https://docs.aws.amazon.com/batch/latest/userguide/specifying-sensitive-data.html",
    "to give a container the secrets that its step names",
  ],
  "states:CreateStateMachine": ["aws/step-functions/step-functions-machines.ts", "for the machine of a flow"],
  "states:DeleteStateMachine": ["aws/step-functions/step-functions-machines.ts", "when a flow goes"],
  "states:DeleteStateMachineVersion": [
    "aws/step-functions/step-functions-machines.ts",
    "when no run needs a version any more",
  ],
  "states:DescribeExecution": [
    "https://docs.aws.amazon.com/step-functions/latest/dg/connect-stepfunctions.html",
    "to wait for the end of an execution within a run's",
  ],
  "states:ListExecutions": [
    "aws/step-functions/step-functions-machines.ts",
    "to see whether a run still needs a version",
  ],
  "states:ListStateMachines": ["aws/cloudformation/removal.ts", "`sls remove` finds the flows' machines"],
  "states:ListTagsForResource": [
    "aws/cloudformation/removal.ts",
    "`sls remove` takes away only what has the deployment's tag",
  ],
  "states:PublishStateMachineVersion": [
    "aws/step-functions/step-functions-machines.ts",
    "for a version at each deployment",
    "publish: true",
  ],
  "states:StartExecution": ["aws/step-functions/step-functions-machines.ts", "to start a run"],
  "MachineRole states:StartExecution": [
    "https://docs.aws.amazon.com/step-functions/latest/dg/connect-stepfunctions.html",
    "to start the executions within a run's, and the children of a distributed Map",
  ],
  "states:StopExecution": ["aws/step-functions/step-functions-machines.ts", "to stop a run"],
  "MachineRole states:StopExecution": [
    "https://docs.aws.amazon.com/step-functions/latest/dg/connect-stepfunctions.html",
    "to stop the executions within a run's",
  ],
  "states:TagResource": [
    "aws/step-functions/step-functions-machines.ts",
    "to mark a machine as the deployment's own",
    "tags",
  ],
  "states:UpdateStateMachine": ["aws/step-functions/step-functions-machines.ts", "for the next version of a flow"],
};

/** Why a right ends with a star: `ROLE RESOURCE` → the reason. One that is not here, or is here and not used, fails. */
export const WILDCARDS: Readonly<Record<string, string>> = {
  "RegisterRole ${Bucket.Arn}/blobs/*": "blobs are named by their hashes",
  "RegisterRole states:stateMachine:millrace-dev__*": "a machine has its flow's name",
  "RegisterRole scheduler:schedule/${Schedules}/*": "a schedule has its flow's name",
  "RegisterRole batch:job-definition/millrace-dev__*": "a step's definition has its flow's name",
  "RegisterRole lambda:function:millrace-dev__*": "a function has its flow's name",
  "RegisterRole logs:log-group:/aws/lambda/millrace-dev__*": "a function's log has its name",
  "RegisterRole *": "DescribeJobDefinitions, ListStateMachines, ListFunctions, DescribeLogGroups know no resources",
  "RunsRole ${Bucket.Arn}/blobs/*": "blobs are named by their hashes",
  "RunsRole states:stateMachine:millrace-dev__*": "a machine has its flow's name",
  "RunsRole states:execution:millrace-dev__*": "an execution has its flow's and its run's name",
  "DispatchRole ${Bucket.Arn}/blobs/*": "blobs are named by their hashes",
  "DispatchRole states:stateMachine:millrace-dev__*": "a machine has its flow's name",
  "DispatchRole *": "batch:DescribeJobs and ListJobs know no resources",
  "TasksRole *": "batch:DescribeJobs and ListJobs know no resources",
  "TasksRole ${Bucket.Arn}/blobs/*": "blobs are named by their hashes",
  "SignRole ${Bucket.Arn}/blobs/*": "blobs are named by their hashes",
  "RunnerRole logs:log-group:/aws/lambda/millrace-dev__*": "a function's log has its flow's name",
  "RunnerRole execute-api:${HttpApi}/*/POST/runs/*/*/tasks/*": "any run's tasks: which attempt, the token says",
  "JobRole execute-api:${HttpApi}/*/POST/runs/*/*/tasks/*": "any run's tasks: which attempt, the token says",
  "ExecutionRole secretsmanager:secret:millrace/dev/*": "the secrets of the stage's flows",
  "ExecutionRole ssm:parameter/millrace/dev/*": "the parameters of the stage's flows",
  "MachineProfileRole *": "ecs:DiscoverPollEndpoint knows no resources",
  "MachineProfileRole ecs:cluster/*Batch*": "Batch makes and names the cluster of an environment",
  "MachineProfileRole ecs:container-instance/*Batch*": "a machine's name there is its number",
  "MachineRole lambda:function:millrace-dev__*": "a function has its flow's name",
  "MachineRole *": "batch:DescribeJobs knows no resources",
  "MachineRole batch:job/*": "a job's name is its number: which ones, their tag says",
  "MachineRole batch:job-definition/millrace-dev:*": "the revisions of the deployment's own definition",
  "MachineRole batch:job-definition/millrace-dev__*": "a step's definition has its flow's name",
  "MachineRole ${Bucket.Arn}/map-runs/*": "each Map Run leaves what its children answered",
  "MachineRole states:stateMachine:millrace-dev__*":
    "a distributed Map runs its own machine, a run those within its flow's",
  "MachineRole states:execution:millrace-dev__*":
    "a distributed Map follows its own children, a run the executions within it",
  "PeoplePolicy execute-api:${HttpApi}/*": "all of the API: it is what people work with",
  "PeoplePolicy lambda:function:millrace-dev__own__*":
    "a function of a person's own has that person's and its flow's name",
  "PeoplePolicy logs:log-group:/aws/lambda/millrace-dev__*": "a function's log has its flow's name",
  "PeoplePolicy *": "what Batch's Describe and List do knows no resources",
  "PeoplePolicy batch:job-definition/millrace-dev:*": "the revisions of the deployment's own definition",
  "PeoplePolicy batch:job-definition/millrace-dev__*": "a step's definition has its flow's name",
  "PeoplePolicy batch:job/*": "a job's name is its number: which ones, their tag says",
};
