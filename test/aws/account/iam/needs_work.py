"""What requests to Step Functions, Batch and EventBridge Scheduler need. Source: Service Authorization Reference."""

import json
import re
from collections.abc import Callable
from urllib.parse import unquote

from moto.batch.models import batch_backends
from moto.stepfunctions.parser.models import stepfunctions_parser_backends

from ..place import ACCOUNT, REGION
from ..signatures import Request
from .conditions import Context
from .policy import Need


def _arn(service: str, rest: str) -> str:
    return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{rest}"


def passing(role: str, service: str) -> Need:
    return Need("iam:PassRole", role, {"iam:passedtoservice": service})


def given_tags(tags: dict[str, str]) -> Context:
    if not tags:
        return {}
    return {**{f"aws:requesttag/{key.lower()}": value for key, value in tags.items()}, "aws:tagkeys": sorted(tags)}


def own_tags(tags: dict[str, str]) -> Context:
    return {f"aws:resourcetag/{key.lower()}": value for key, value in tags.items()}


# Step Functions


def _machine_tags(arn: str) -> Context:
    found = stepfunctions_parser_backends[ACCOUNT][REGION].get_tags_list_for_state_machine(arn)
    return own_tags({one["key"]: one["value"] for one in found})


def _unversioned(arn: str) -> str:
    return ":".join(arn.split(":")[:7])


def _on_machine(action: str, field: str = "stateMachineArn") -> Callable[[dict], list[Need]]:
    def find(asked: dict) -> list[Need]:
        arn = _unversioned(asked[field])
        context = dict(_machine_tags(arn))
        if action == "StartExecution" and arn != asked[field]:
            context["states:statemachinequalifier"] = asked[field].rsplit(":", 1)[-1]
        needs = [Need(f"states:{action}", arn, context)]
        if asked.get("roleArn"):
            needs.append(passing(asked["roleArn"], "states.amazonaws.com"))
        if asked.get("publish"):
            needs.append(Need("states:PublishStateMachineVersion", arn, context))
        return needs

    return find


def _create_machine(asked: dict) -> list[Need]:
    arn = _arn("states", f"stateMachine:{asked['name']}")
    given = given_tags({one["key"]: one["value"] for one in asked.get("tags") or []})
    needs = [Need("states:CreateStateMachine", arn, given), passing(asked["roleArn"], "states.amazonaws.com")]
    if asked.get("publish"):
        needs.append(Need("states:PublishStateMachineVersion", arn))
    if given:
        needs.append(Need("states:TagResource", arn, given))
    return needs


def _on_execution(action: str) -> Callable[[dict], list[Need]]:
    def find(asked: dict) -> list[Need]:
        arn = asked["executionArn"]
        machine = ":".join([*arn.replace(":execution:", ":stateMachine:").split(":")[:7]])
        return [Need(f"states:{action}", arn, _machine_tags(machine))]

    return find


STATES: dict[str, Callable[[dict], list[Need] | None]] = {
    "CreateStateMachine": _create_machine,
    "ListStateMachines": lambda _: [Need("states:ListStateMachines", "*")],
    "DeleteStateMachineVersion": _on_machine("DeleteStateMachineVersion", "stateMachineVersionArn"),
    **{
        name: _on_machine(name)
        for name in (
            "UpdateStateMachine", "DeleteStateMachine", "DescribeStateMachine", "PublishStateMachineVersion", "StartExecution",
            "ListExecutions", "ListStateMachineVersions",
        )
    },
    "ListTagsForResource": _on_machine("ListTagsForResource", "resourceArn"),
    **{name: _on_execution(name) for name in ("StopExecution", "DescribeExecution", "GetExecutionHistory")},
}

_RULES = {
    r"states:::batch:submitJob\.sync": "StepFunctionsGetEventsForBatchJobsRule",
    r"states:::states:startExecution\.sync": "StepFunctionsGetEventsForStepFunctionsExecutionRule",
}


def machine_needs(definition: str) -> list[Need]:
    """What a machine's role needs for the machine to be made at all: the rule by which a state hears of its job's end.

    Source: AWS Step Functions Developer Guide, "Actions require the managed rule", of each .sync integration.
    """
    rules = [rule for pattern, rule in _RULES.items() if re.search(pattern, definition)]
    return [Need(f"events:{action}", _arn("events", f"rule/{rule}")) for rule in rules for action in ("PutTargets", "PutRule", "DescribeRule")]


# Batch


def batch(request: Request) -> list[Need] | None:
    if request.path.startswith("/v1/tags/"):
        return _tagging(request)
    name = request.path.split("/")[-1]
    find = _BATCH.get(name) if request.method == "POST" else None
    return find(json.loads(request.body)) if find else None


def _tagging(request: Request) -> list[Need] | None:
    """On what is there already. Tagging what is made only now is a need of that request."""
    arn = unquote(request.path.removeprefix("/v1/tags/"))
    if request.method == "GET":
        return [Need("batch:ListTagsForResource", arn, _tags_of(arn))]
    if request.method != "POST":
        return None
    return [Need("batch:TagResource", arn, {**_tags_of(arn), **given_tags(json.loads(request.body)["tags"])})]


def _tags_of(arn: str) -> Context:
    return own_tags(batch_backends[ACCOUNT][REGION].list_tags_for_resource(arn))


def _submit(asked: dict) -> list[Need]:
    backend = batch_backends[ACCOUNT][REGION]
    queue = backend.get_job_queue(asked["jobQueue"])
    queue_arn = queue.arn if queue else _arn("batch", f"job-queue/{asked['jobQueue'].split('/')[-1]}")
    named = asked["jobDefinition"].split("job-definition/")[-1]
    definition = backend.get_job_definition(asked["jobDefinition"])
    given = given_tags(asked.get("tags") or {})
    names = [named]
    if ":" not in named and definition:
        # Its newest revision: whether AWS looks at the name or at the revision then, it does not say.
        names.append(definition.arn.split("job-definition/")[-1])
    tags = _tags_of(definition.arn) if definition else {}
    submitted = [(queue_arn, {**_tags_of(queue_arn), **given})]
    submitted += [(_arn("batch", f"job-definition/{one}"), {**tags, **given}) for one in names]
    # Tags want a right of their own, on the same: so it was seen to be, the reference does not say.
    actions = ["batch:SubmitJob", "batch:TagResource"] if given else ["batch:SubmitJob"]
    return [Need(action, arn, context) for action in actions for arn, context in submitted]


def _register(asked: dict) -> list[Need]:
    arn = _arn("batch", f"job-definition/{asked['jobDefinitionName']}")
    given = given_tags(asked.get("tags") or {})
    needs = [Need("batch:RegisterJobDefinition", arn, given)]
    if given:
        needs.append(Need("batch:TagResource", arn, given))
    container = asked.get("containerProperties") or {}
    roles = [container[name] for name in ("jobRoleArn", "executionRoleArn") if container.get(name)]
    return needs + [passing(role, "ecs-tasks.amazonaws.com") for role in roles]


def _terminate(asked: dict) -> list[Need]:
    job_id = asked["jobId"].split("/")[-1]
    arn = _arn("batch", f"job/{job_id}")
    known = batch_backends[ACCOUNT][REGION]._jobs.get(job_id)
    return [Need("batch:TerminateJob", arn, _tags_of(known.arn) if known else {})]


def _deregister(asked: dict) -> list[Need]:
    named = asked["jobDefinition"].split("job-definition/")[-1]
    arn = _arn("batch", f"job-definition/{named}")
    return [Need("batch:DeregisterJobDefinition", arn, _tags_of(arn))]


_BATCH: dict[str, Callable[[dict], list[Need]]] = {
    "submitjob": _submit,
    "registerjobdefinition": _register,
    "deregisterjobdefinition": _deregister,
    "terminatejob": _terminate,
    **{
        name.lower(): (lambda _, action=f"batch:{name}": [Need(action, "*")])
        for name in ("DescribeJobs", "ListJobs", "DescribeJobDefinitions", "DescribeJobQueues", "DescribeComputeEnvironments")
    },
}


# EventBridge Scheduler

_ON_SCHEDULE = {"POST": "CreateSchedule", "PUT": "UpdateSchedule", "DELETE": "DeleteSchedule", "GET": "GetSchedule"}


def scheduler(request: Request) -> list[Need] | None:
    kind, _, name = unquote(request.path).strip("/").partition("/")
    asked = json.loads(request.body) if request.body else {}
    if kind == "schedule-groups" and name and request.method == "GET":
        return [Need("scheduler:GetScheduleGroup", _arn("scheduler", f"schedule-group/{name}"))]
    if kind != "schedules" or not name or request.method not in _ON_SCHEDULE:
        return None
    group = asked.get("GroupName") or _query(request, "groupName") or "default"
    needs = [Need(f"scheduler:{_ON_SCHEDULE[request.method]}", _arn("scheduler", f"schedule/{group}/{name}"))]
    role = (asked.get("Target") or {}).get("RoleArn")
    return needs + ([passing(role, "scheduler.amazonaws.com")] if role else [])


def _query(request: Request, name: str) -> str | None:
    pairs = [part.partition("=") for part in request.query.split("&")]
    return next((unquote(value) for key, _, value in pairs if key == name), None)
