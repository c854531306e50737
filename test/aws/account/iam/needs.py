"""What a request needs: actions on resources, as each service's page in the Service Authorization Reference has them.

A request that stands in no list here raises PolicyError: it is refused, and loudly, until somebody has looked its needs up.
"""

import json
from collections.abc import Callable
from urllib.parse import parse_qs

from moto.cloudformation.models import cloudformation_backends

from ..place import ACCOUNT, REGION
from ..signatures import Request
from . import needs_data, needs_functions, needs_work
from .conditions import PolicyError
from .policy import Need


def needs_of(request: Request, service: str) -> list[Need]:
    """Raises PolicyError where nobody here knows."""
    find = _SERVICES.get(service)
    needs = find(request) if find else None
    if needs is None:
        name = request.headers.get("x-amz-target") or f"{request.method} {request.path}"
        raise PolicyError(f"what {service}:{name} needs is not known here (iam/needs.py)")
    return needs


def _target(request: Request) -> str:
    return request.headers.get("x-amz-target", "").split(".")[-1]


def _arn(service: str, rest: str) -> str:
    return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{rest}"


def _by_target(service: str, table: dict[str, Callable[[dict], list[Need] | None]]) -> Callable[[Request], list[Need] | None]:
    def find(request: Request) -> list[Need] | None:
        one = table.get(_target(request))
        return one(json.loads(request.body)) if one else None

    return find


def _form(request: Request) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(request.body.decode()).items()}


def _sts(request: Request) -> list[Need] | None:
    asked = _form(request)
    if asked.get("Action") == "GetCallerIdentity":
        # Nobody needs a right for it, and none takes it away.
        return []
    if asked.get("Action") == "AssumeRole":
        return [Need("sts:AssumeRole", asked["RoleArn"])]
    return None


def _cloudformation(request: Request) -> list[Need] | None:
    asked = _form(request)
    if asked.get("Action") != "DescribeStacks":
        return None
    name = asked.get("StackName")
    if not name:
        return [Need("cloudformation:DescribeStacks", "*")]
    stacks = cloudformation_backends[ACCOUNT][REGION].stacks.values()
    known = next((one.stack_id for one in stacks if name in (one.name, one.stack_id)), None)
    return [Need("cloudformation:DescribeStacks", known or _arn("cloudformation", f"stack/{name}/*"))]


def _logs(action: str) -> Callable[[dict], list[Need]]:
    def find(asked: dict) -> list[Need]:
        if action == "DescribeLogGroups":
            return [Need("logs:DescribeLogGroups", "*")]
        named = asked.get("logGroupName") or asked.get("resourceArn") or asked["logGroupIdentifier"]
        group = named.split(":log-group:")[-1].removesuffix(":*")
        if action in _ON_GROUPS:
            given = needs_work.given_tags(asked.get("tags") or {})
            needs = [Need(f"logs:{action}", _arn("logs", f"log-group:{group}"), given)]
            return [*needs, Need("logs:TagResource", _arn("logs", f"log-group:{group}"), given)] if given else needs
        return [Need(f"logs:{action}", _arn("logs", f"log-group:{group}:log-stream:{asked.get('logStreamName', '')}"))]

    return find


_ON_STREAMS = ("CreateLogStream", "PutLogEvents", "GetLogEvents", "FilterLogEvents")
_ON_GROUPS = ("CreateLogGroup", "PutRetentionPolicy", "DeleteLogGroup", "ListTagsForResource")


_QUEUE_ACTIONS = ("SendMessage", "ReceiveMessage", "DeleteMessage", "GetQueueAttributes")


def _sqs(request: Request) -> list[Need] | None:
    """In JSON, or as a form that is sent to the queue's address."""
    action = _target(request)
    asked = json.loads(request.body) if action else _form(request)
    action = action or asked.get("Action", "")
    url = asked.get("QueueUrl") or request.path
    return [Need(f"sqs:{action}", _arn("sqs", url.split("/")[-1]))] if action in _QUEUE_ACTIONS else None


_SERVICES: dict[str, Callable[[Request], list[Need] | None]] = {
    "sts": _sts,
    "cloudformation": _cloudformation,
    "lambda": needs_functions.find,
    "dynamodb": _by_target("dynamodb", needs_data.DYNAMODB),
    "s3": needs_data.s3,
    "states": _by_target("states", needs_work.STATES),
    "batch": needs_work.batch,
    "scheduler": needs_work.scheduler,
    "logs": _by_target("logs", {name: _logs(name) for name in (*_ON_STREAMS, *_ON_GROUPS, "DescribeLogGroups")}),
    "sqs": _sqs,
}
