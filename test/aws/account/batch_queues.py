"""Which jobs a queue can start, why the others wait, and when those that wait too long are given up.

Source: AWS Batch User Guide, "Jobs stuck in a RUNNABLE status"; Batch API Reference, "JobStateTimeLimitAction". Fargate's
sizes are not looked at: what is too large for it is refused when it is submitted.
"""

import json
from collections.abc import Callable

from moto.batch.exceptions import ClientException
from moto.batch.models import BatchBackend, ComputeEnvironment, Job, JobQueue, batch_backends

from moto.iam.models import iam_backends

from .place import ACCOUNT, REGION

INVALID = "ACTION_REQUIRED - CE(s) associated with the job queue are invalid."
TOO_MANY_CPUS = "MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE - CE(s) associated with the job queue cannot meet the CPU requirement of the job."
TOO_MUCH = (
    "MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT - The job resource requirement (vCPU/memory/GPU) is higher than that can be met "
    "by the CE(s) attached to the job queue."
)
WAITS = ""


def install() -> None:
    ComputeEnvironment.status, ComputeEnvironment.status_reason = "VALID", "ComputeEnvironment Healthy"
    JobQueue.status_reason, JobQueue.time_limits = "JobQueue Healthy", []
    creating = JobQueue.create_from_cloudformation_json.__func__

    def create(cls, resource_name, cloudformation_json, account_id, region_name, **rest):
        queue = creating(cls, resource_name, cloudformation_json, account_id, region_name, **rest)
        queue.time_limits = cloudformation_json["Properties"].get("JobStateTimeLimitActions", [])
        return queue

    JobQueue.create_from_cloudformation_json = classmethod(create)
    _keep_by_linked_role()
    describing_queue = JobQueue.describe
    JobQueue.describe = lambda self: {**describing_queue(self), "statusReason": self.status_reason}
    describing = BatchBackend.describe_compute_environments

    def describe(self, environments=None):
        found = describing(self, environments)
        for one in found:
            environment = self._compute_environments[one["computeEnvironmentArn"]]
            one.update(status=environment.status, statusReason=environment.status_reason)
        return found

    BatchBackend.describe_compute_environments = describe
    listing = BatchBackend.list_jobs

    def list_jobs(self, job_queue_name, array_job_id, job_status=None, filters=None):
        found = listing(self, job_queue_name, array_job_id, job_status or (None if filters else "RUNNING"), filters)
        # Of a queue an array is listed, of an array its children.
        return found if array_job_id else [job for job in found if "index" not in job.array_properties]

    BatchBackend.list_jobs = list_jobs


def _keep_by_linked_role() -> None:
    """Batch keeps an environment that names no role by its own, which it makes with the first.

    Source: AWS Batch API Reference, CreateComputeEnvironment, "serviceRole".
    """
    creating = ComputeEnvironment.create_from_cloudformation_json.__func__

    def create(cls, resource_name, cloudformation_json, account_id, region_name, **rest):
        properties = cloudformation_json["Properties"]
        if "ServiceRole" not in properties:
            properties = {**properties, "ServiceRole": _linked_role()}
        return creating(cls, resource_name, {**cloudformation_json, "Properties": properties}, account_id, region_name, **rest)

    ComputeEnvironment.create_from_cloudformation_json = classmethod(create)


def _linked_role() -> str:
    backend = iam_backends[ACCOUNT]["aws"]
    name = "AWSServiceRoleForBatch"
    found = next((role for role in backend.roles.values() if role.name == name), None)
    return (found or backend.create_role(name, json.dumps(_BATCH_TRUST), "/aws-service-role/batch.amazonaws.com/", None, "", [], 3600)).arn


_BATCH_TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "batch.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}


def refuse(name: str) -> None:
    queue = batch_backends[ACCOUNT][REGION].get_job_queue(name)
    if queue is not None and queue.state == "DISABLED":
        raise ClientException(f"Job Queue {queue.name} is DISABLED")


def hindrance(job: Job, running: list[Job]) -> str | None:
    """What Batch says of a job that can't start now (WAITS where it says nothing); None where it can."""
    environments = job.job_queue.environments
    valid = [one for one in environments if one.status != "INVALID"]
    if not valid:
        return INVALID
    usable = [one for one in valid if one.state == "ENABLED"]
    if not usable:
        return WAITS
    if _asked(job, "GPU") and all(_is_fargate(one) for one in usable):
        return TOO_MUCH
    cpus = _asked(job, "VCPU") or 1
    if cpus > max(_most(one) for one in usable):
        return TOO_MANY_CPUS
    taken = sum(_asked(one, "VCPU") or 1 for one in running if one.job_queue is job.job_queue)
    return None if taken + cpus <= sum(_most(one) for one in usable) else WAITS


def given_up(job: Job, waited_seconds: float) -> str | None:
    """The status reason of a job that has waited for longer than its queue allows."""
    reason = (job.job_stopped_reason or "").split(" ")[0]
    for limit in job.job_queue.time_limits:
        if limit["Reason"] == reason and waited_seconds >= float(limit["MaxTimeSeconds"]):
            return f"Canceled by JobStateTimeLimit action due to reason: {reason}"
    return None


_changed: dict[int, Callable[[], None]] = {}
"""What a test changed, as it was before."""


def undo_changes() -> None:
    for undo in _changed.values():
        undo()
    _changed.clear()


def change(kind: str, name: str, asked: dict) -> None:
    """What a test says has become of a queue or an environment, by the beginning of its name."""
    backend = batch_backends[ACCOUNT][REGION]
    found = [one for one in (backend._job_queues if kind == "queues" else backend._compute_environments).values() if one.name.startswith(name)]
    if not found:
        raise LookupError(f"no such {kind}: {name}")
    for one in found:
        _changed.setdefault(id(one), _undo(one))
        one.state = asked.get("state", one.state)
        one.status = asked.get("status", one.status)
        one.status_reason = asked.get("statusReason", one.status_reason)
        if "maxvCpus" in asked:
            one.compute_resources["maxvCpus"] = asked["maxvCpus"]


def _undo(one: JobQueue | ComputeEnvironment) -> Callable[[], None]:
    before = (one.state, one.status, one.status_reason)
    most = one.compute_resources.get("maxvCpus") if isinstance(one, ComputeEnvironment) else None

    def undo() -> None:
        one.state, one.status, one.status_reason = before
        if most is not None:
            one.compute_resources["maxvCpus"] = most

    return undo


def _asked(job: Job, kind: str) -> float:
    for one in job._get_container_property("resourceRequirements", []):
        values = {key.lower(): value for key, value in one.items()}
        if values["type"] == kind:
            return float(values["value"])
    return 0


def _most(environment: ComputeEnvironment) -> float:
    return float(environment.compute_resources.get("maxvCpus", 256))


def _is_fargate(environment: ComputeEnvironment) -> bool:
    return str(environment.compute_resources.get("type", "")).startswith("FARGATE")
