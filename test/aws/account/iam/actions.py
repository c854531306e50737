"""The actions that policies here may name, with the condition keys that each of them has.

What is not in these lists is an error where a policy or a request needs it: add it, from its service's page in the Service
Authorization Reference ("Actions, resources, and condition keys for AWS services").
"""

import fnmatch
import functools

_BY_SERVICE = {
    "dynamodb": "GetItem BatchGetItem Query Scan PutItem UpdateItem DeleteItem BatchWriteItem ConditionCheckItem DescribeTable",
    "s3": "GetObject PutObject DeleteObject ListBucket AbortMultipartUpload ListMultipartUploadParts GetObjectTagging PutObjectTagging GetBucketLocation",
    "states": "CreateStateMachine UpdateStateMachine DeleteStateMachine DescribeStateMachine PublishStateMachineVersion DeleteStateMachineVersion "
    "ListStateMachineVersions ListStateMachines ListExecutions StartExecution StopExecution DescribeExecution GetExecutionHistory TagResource "
    "ListTagsForResource DescribeMapRun",
    "batch": "SubmitJob TerminateJob CancelJob DescribeJobs ListJobs RegisterJobDefinition DeregisterJobDefinition DescribeJobDefinitions "
    "DescribeJobQueues DescribeComputeEnvironments TagResource ListTagsForResource",
    "lambda": "InvokeFunction GetFunction GetFunctionConfiguration ListFunctions CreateFunction UpdateFunctionCode UpdateFunctionConfiguration DeleteFunction PublishVersion "
    "ListVersionsByFunction PutFunctionConcurrency TagResource ListTags",
    "logs": "CreateLogGroup DeleteLogGroup PutRetentionPolicy CreateLogStream PutLogEvents GetLogEvents FilterLogEvents DescribeLogStreams DescribeLogGroups "
    "TagResource ListTagsForResource",
    "scheduler": "CreateSchedule UpdateSchedule DeleteSchedule GetSchedule ListSchedules GetScheduleGroup",
    "events": "PutTargets PutRule DescribeRule PutEvents",
    "sqs": "SendMessage ReceiveMessage DeleteMessage GetQueueAttributes GetQueueUrl",
    "execute-api": "Invoke",
    "iam": "PassRole CreateServiceLinkedRole",
    "sts": "AssumeRole GetCallerIdentity",
    "cloudformation": "DescribeStacks",
    "secretsmanager": "GetSecretValue",
    "ssm": "GetParameters GetParameter",
    "ecr": "GetAuthorizationToken BatchCheckLayerAvailability GetDownloadUrlForLayer BatchGetImage",
    "kms": "Decrypt",
    "ecs": "DiscoverPollEndpoint RegisterContainerInstance DeregisterContainerInstance SubmitAttachmentStateChanges SubmitContainerStateChange "
    "SubmitTaskStateChange Poll StartTelemetrySession UpdateContainerInstancesState",
}

ACTIONS = frozenset(f"{service}:{name}" for service, names in _BY_SERVICE.items() for name in names.split())

GLOBAL_KEYS = frozenset({
    "aws:securetransport", "aws:sourcearn", "aws:sourceaccount", "aws:sourcevpce", "aws:principalarn", "aws:principalaccount",
    "aws:calledvia", "aws:resourceaccount",
})

SEVERAL = frozenset({"dynamodb:leadingkeys", "aws:tagkeys", "aws:calledvia"})
"""Keys with several values: conditions on them say ForAllValues or ForAnyValue."""

_ITEMS = "dynamodb:GetItem dynamodb:BatchGetItem dynamodb:Query dynamodb:PutItem dynamodb:UpdateItem dynamodb:DeleteItem dynamodb:BatchWriteItem dynamodb:ConditionCheckItem"
_TAGGED = (
    "batch:SubmitJob batch:TerminateJob batch:CancelJob batch:DeregisterJobDefinition batch:RegisterJobDefinition batch:TagResource states:StartExecution "
    "states:StopExecution states:UpdateStateMachine states:DeleteStateMachine states:DescribeStateMachine states:PublishStateMachineVersion "
    "states:DeleteStateMachineVersion states:DescribeExecution states:TagResource states:CreateStateMachine states:ListExecutions lambda:InvokeFunction "
    "lambda:DeleteFunction lambda:UpdateFunctionCode lambda:UpdateFunctionConfiguration lambda:PublishVersion lambda:PutFunctionConcurrency "
    "lambda:ListVersionsByFunction lambda:GetFunction lambda:GetFunctionConfiguration lambda:TagResource lambda:ListTags secretsmanager:GetSecretValue ssm:GetParameters"
)
_TAGGING = (
    "batch:SubmitJob batch:RegisterJobDefinition batch:TagResource states:CreateStateMachine states:TagResource lambda:CreateFunction lambda:TagResource "
    "logs:CreateLogGroup"
)

_KEYS = {
    "dynamodb:leadingkeys": frozenset(_ITEMS.split()),
    "iam:passedtoservice": frozenset({"iam:PassRole"}),
    "iam:awsservicename": frozenset({"iam:CreateServiceLinkedRole"}),
    "states:statemachinequalifier": frozenset({"states:StartExecution"}),
    "ecs:cluster": frozenset({"ecs:Poll", "ecs:StartTelemetrySession", "ecs:UpdateContainerInstancesState"}),
    "s3:prefix": frozenset({"s3:ListBucket"}),
    "aws:resourcetag/": frozenset(_TAGGED.split()),
    "aws:requesttag/": frozenset(_TAGGING.split()),
    "aws:tagkeys": frozenset(_TAGGING.split()),
}


@functools.cache
def named_by(pattern: str) -> frozenset[str]:
    """The actions that a policy's pattern stands for; none where it is not known here. Their case does not matter."""
    return frozenset(one for one in ACTIONS if fnmatch.fnmatchcase(one.lower(), pattern.lower().replace("[", "[[]")))


def has_key(action: str, key: str) -> bool | None:
    """Whether requests for the action have that condition key; None where nothing here knows the key."""
    name = key.lower()
    if name in GLOBAL_KEYS:
        return True
    prefix, slash, _ = name.partition("/")
    owners = _KEYS.get(prefix + slash)
    return None if owners is None else action in owners
