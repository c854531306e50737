"""The roles of a Batch job: the one that its code has, and the one that starts its container.

Source: AWS Batch User Guide, "IAM execution role"; Amazon ECS Developer Guide, "Amazon ECS task execution IAM role".
"""

import functools
import re

from moto.batch.models import Job

from . import credentials
from .iam import rights
from .iam.policy import Need
from .iam.principals import Principal
from .place import ACCOUNT, REGION

LOG_GROUP = "/aws/batch/job"
_ECR = re.compile(rf"{ACCOUNT}\.dkr\.ecr\.{REGION}\.amazonaws\.com/([^:@]+)")


def log_place(job: Job) -> tuple[str, str]:
    """The group and the beginning of the stream's name."""
    options = (_properties(job).get("logConfiguration") or {}).get("options") or {}
    prefix = options.get("awslogs-stream-prefix", job.job_definition.name)
    return options.get("awslogs-group", LOG_GROUP), f"{prefix}/default/"


def environment(job: Job) -> dict[str, str]:
    """What leads the container to its role's credentials. Raises Denied where it can't have the role."""
    role = _properties(job).get("jobRoleArn")
    return credentials.offer(_session(role)) if role else {}


def check_start(job: Job) -> None:
    """Whether the execution role may do what it takes to start the container. Raises Denied."""
    role = _properties(job).get("executionRoleArn")
    if not role:
        return
    group, prefix = log_place(job)
    stream = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{group}:log-stream:{prefix}one"
    needs = [Need("logs:CreateLogStream", stream), Need("logs:PutLogEvents", stream)]
    if image := _ECR.match(str(_properties(job).get("image"))):
        repository = f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/{image[1]}"
        needs.append(Need("ecr:GetAuthorizationToken", "*"))
        needs += [Need(f"ecr:{action}", repository) for action in ("BatchCheckLayerAvailability", "GetDownloadUrlForLayer", "BatchGetImage")]
    rights.require(_session(role), needs)


def check_secret(job: Job, reference: str) -> None:
    """Whether the execution role may read what the container is given. Raises Denied."""
    role = _properties(job).get("executionRoleArn")
    if not role:
        raise rights.Denied("a job with secrets needs an execution role")
    if ":secretsmanager:" in reference:
        need = Need("secretsmanager:GetSecretValue", ":".join(reference.split(":")[:7]))
    else:
        name = reference.split(":parameter")[-1].lstrip("/")
        need = Need("ssm:GetParameters", f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/{name}")
    rights.require(_session(role), [need])


@functools.cache
def _session(role: str) -> Principal:
    return rights.assume_for("ecs-tasks.amazonaws.com", role, "job")


def _properties(job: Job) -> dict:
    return job.job_definition.container_properties or {}
