"""AWS Batch: jobs run as child processes, a number of them at once; the image is not used.

Retry strategies, timeouts, termination, array jobs whose parents fail with a child, environment, secrets and logs are
Batch's. Source: AWS Batch User Guide, "Automated job retries", "Array jobs", "Job states".
"""

import datetime
import fnmatch
import json
import queue
import threading
import traceback

from flask import has_request_context, request
from moto.batch.exceptions import ClientException
from moto.batch.models import BatchBackend, Job, JobDefinition, batch_backends
from moto.core.exceptions import JsonRESTError
from moto.core.utils import unix_time_millis
from moto.moto_api import state_manager
from moto.secretsmanager.models import secretsmanager_backends
from moto.ssm.models import ssm_backends

from . import batch_queues, batch_roles, batch_rules, rest_api, stats
from .batch_attempt import Attempt, Outcome
from .iam.rights import Denied
from .place import ACCOUNT, REGION, place

MAX_OVERRIDES = 8192
"""AWS Batch: the container overrides of a job, as JSON, in bytes."""

ARRAY_SIZES = range(2, 10_001)

_waiting: queue.Queue[Job] = queue.Queue()
_held: list[Job] = []
_running: list[Job] = []
_ends = threading.RLock()
_clock = {"ahead": 0.0}


def install() -> None:
    # A job's status is what happens to it here.
    state_manager.set_transition("batch::job", {"progression": "manual", "times": 10**9})
    for name in ("start", "terminate", "describe", "_get_container_property"):
        setattr(Job, f"moto_{name}", getattr(Job, name))
    Job.start, Job.terminate, Job.describe, Job._get_container_property = _start, _terminate, _describe, _property
    creating = Job.__init__

    def create(self, *args, **options):
        creating(self, *args, **options)
        asked = request.get_json(force=True, silent=True) if has_request_context() else None
        self.retry_strategy = (asked or {}).get("retryStrategy") or self.job_definition.retry_strategy or {}
        self.attempt = None
        self.is_held_by_rule = False

    Job.__init__ = create
    submitting = BatchBackend.submit_job

    def submit(self, job_name, job_def_id, job_queue, array_properties, **options):
        size = (array_properties or {}).get("size")
        if size is not None and size not in ARRAY_SIZES:
            raise ClientException("Array size must be between 2 and 10,000.")
        if len(json.dumps(options.get("container_overrides") or {}, separators=(",", ":"))) > MAX_OVERRIDES:
            raise ClientException("Container Overrides length must be at most 8192")
        batch_queues.refuse(job_queue)
        return submitting(self, job_name, job_def_id, job_queue, array_properties or {}, **options)

    BatchBackend.submit_job = submit
    BatchBackend.describe_jobs = lambda self, jobs: [job.describe() for name in jobs or [] if (job := self._jobs.get(name.split("/")[-1]))]
    _complete_job_definitions()
    batch_queues.install()
    for _ in range(place.batch_slots):
        threading.Thread(target=_slot, daemon=True).start()


def job(job_id: str) -> Job:
    return batch_backends[ACCOUNT][REGION]._jobs[job_id]


def release_held(by_rule: bool = True) -> None:
    """Those that waited are looked at again; those that a rule holds only once there are no rules."""
    with _ends:
        for one in [one for one in _held if by_rule or not one.is_held_by_rule]:
            _held.remove(one)
            one.job_stopped_reason = None
            one.is_held_by_rule = False
            _waiting.put(one)


def change(kind: str, name: str, asked: dict) -> None:
    with _ends:
        batch_queues.change(kind, name, asked)
        release_held(by_rule=False)


def undo_changes() -> None:
    with _ends:
        _clock["ahead"] = 0.0
        batch_queues.undo_changes()
        release_held(by_rule=False)


def pass_time(seconds: float) -> None:
    """Jobs that have waited for too long by then are given up."""
    with _ends:
        _clock["ahead"] += seconds
        for one in list(_held):
            waited = (datetime.datetime.now() - one.job_created_at).total_seconds() + _clock["ahead"]
            if reason := batch_queues.given_up(one, waited):
                _held.remove(one)
                one.stop = True
                _finish(one, False, reason)


def _complete_job_definitions() -> None:
    """In a template they need neither a retry strategy nor parameters; a timeout's name begins with a capital."""
    creating = JobDefinition.create_from_cloudformation_json.__func__

    def create(cls, resource_name, cloudformation_json, account_id, region_name, **rest):
        properties = cloudformation_json["Properties"]
        properties.setdefault("RetryStrategy", {"Attempts": 1})
        properties.setdefault("Parameters", {})
        if "Timeout" in properties:
            properties.setdefault("timeout", properties["Timeout"])
        return creating(cls, resource_name, cloudformation_json, account_id, region_name, **rest)

    JobDefinition.create_from_cloudformation_json = classmethod(create)


def _start(self: Job) -> None:
    self.status = "RUNNABLE"
    _waiting.put(self)


def _terminate(self: Job, reason: str) -> None:
    for one in self._child_jobs or [self]:
        with _ends:
            if one.job_stopped:
                continue
            one.stop = True
            if one.attempt is None:
                _finish(one, False, reason)
            else:
                one.attempt.stop(reason)


def _slot() -> None:
    while True:
        one = _waiting.get()
        if one.stop:
            continue
        rule = batch_rules.hold(one.job_name, one.array_properties.get("index"))
        with _ends:
            reason = (rule.reason or batch_queues.TOO_MUCH) if rule else batch_queues.hindrance(one, _running)
            if reason is not None:
                one.job_stopped_reason = reason or None
                one.is_held_by_rule = rule is not None
                _held.append(one)
                continue
            _running.append(one)
        try:
            _run(one)
        except Exception as error:
            traceback.print_exc()
            _finish(one, False, f"The account on this machine failed: {error}")
        with _ends:
            _running.remove(one)
            release_held(by_rule=False)


def _run(one: Job) -> None:
    index = one.array_properties.get("index")
    limit = int(_any_case(one.retry_strategy, "attempts") or 1)
    command = one._add_parameters_to_command(one._get_container_property("command", []))
    for number in range(1, limit + 1):
        stats.count("job", one.job_name)
        with _ends:
            if one.stop:
                return
            rule = batch_rules.strike(one.job_name, index, number)
            try:
                batch_roles.check_start(one)
                environment = _environment(one, number)
            except (LookupError, Denied) as error:
                environment = {}
                rule = rule or batch_rules.failing(f"ResourceInitializationError: unable to pull secrets or registry auth: {error}")
            one.attempt = Attempt(batch_roles.log_place(one), one._log_backend, command, environment, rule)
        one.log_stream_name = one.attempt.stream
        started = int(unix_time_millis())
        one.job_started_at = datetime.datetime.now()
        one.status = "RUNNING"
        outcome = one.attempt.run(one._get_attempt_duration())
        _record(one, outcome, started)
        if outcome.succeeded or outcome.was_stopped or one.stop or number == limit or not _is_retried(one.retry_strategy, outcome):
            return _finish(one, outcome.succeeded, outcome.status_reason)
        one.status = "RUNNABLE"


def _record(one: Job, outcome: Outcome, started: int) -> None:
    one.exit_code = outcome.exit_code
    one.container_reason = outcome.container_reason
    container = {"logStreamName": one.attempt.stream}
    if outcome.exit_code is not None:
        container["exitCode"] = outcome.exit_code
    if outcome.container_reason:
        container["reason"] = outcome.container_reason
    one.attempts.append({"container": container, "startedAt": started, "stoppedAt": int(unix_time_millis()), "statusReason": outcome.status_reason})


def _is_retried(strategy: dict, outcome: Outcome) -> bool:
    """By the first rule all of whose conditions hold; where none does, it is."""
    values = {"onExitCode": str(outcome.exit_code if outcome.exit_code is not None else ""), "onReason": outcome.container_reason, "onStatusReason": outcome.status_reason}
    for rule in _any_case(strategy, "evaluateOnExit") or []:
        patterns = {name: _any_case(rule, name) for name in values}
        if all(pattern is None or fnmatch.fnmatchcase(values[name], pattern) for name, pattern in patterns.items()):
            return str(_any_case(rule, "action")).upper() == "RETRY"
    return True


def _finish(one: Job, succeeded: bool, reason: str) -> None:
    with _ends:
        if one.job_stopped:
            return
        one.job_stopped_reason = reason
        one.job_stopped_at = datetime.datetime.now()
        one.status = "SUCCEEDED" if succeeded else "FAILED"
        one.job_stopped = True
        parent = one.all_jobs.get(one.job_id.split(":")[0]) if ":" in one.job_id else None
        children = (parent and parent._child_jobs) or []
        if parent and children and len(children) == parent.array_properties["size"] and all(child.job_stopped for child in children):
            all_succeeded = all(child.status == "SUCCEEDED" for child in children)
            _finish(parent, all_succeeded, "Array Child Job succeeded" if all_succeeded else "Array Child Job failed")


def _environment(one: Job, attempt: int) -> dict[str, str]:
    environment = place.environment(place.root)
    properties = one.job_definition.container_properties or {}
    for secret in [*properties.get("secrets", []), *one.container_overrides.get("secrets", [])]:
        batch_roles.check_secret(one, _any_case(secret, "valueFrom"))
        environment[secret["name"]] = _secret(_any_case(secret, "valueFrom"))
    environment.update(batch_roles.environment(one))
    environment.update({pair["name"]: rest_api.resolve(pair["value"]) for pair in one._get_container_property("environment", [])})
    environment.update(AWS_BATCH_JOB_ATTEMPT=str(attempt), AWS_BATCH_JQ_NAME=one.job_queue.name, AWS_BATCH_CE_NAME=one.job_queue.environments[0].name)
    if (index := one.array_properties.get("index")) is not None:
        environment["AWS_BATCH_JOB_ARRAY_INDEX"] = str(index)
        environment["AWS_BATCH_JOB_ARRAY_SIZE"] = str(one.all_jobs[one.job_id.split(":")[0]].array_properties["size"])
    return environment


def _secret(reference: str) -> str:
    """Raises LookupError where it is not there."""
    try:
        if ":secretsmanager:" in reference:
            # arn:…:secret:NAME, then perhaps :JSON_KEY:VERSION_STAGE:VERSION_ID
            parts = reference.split(":")
            value = secretsmanager_backends[ACCOUNT][REGION].get_secret_value(":".join(parts[:7]), "", "")
            text = value["SecretString"] if isinstance(value, dict) else json.loads(value)["SecretString"]
            return json.loads(text)[parts[7]] if len(parts) > 7 and parts[7] else text
        name = reference.split(":parameter")[-1]
        return ssm_backends[ACCOUNT][REGION].get_parameter(name).value
    except (AttributeError, JsonRESTError) as error:
        raise LookupError(f"ResourceNotFoundException: {reference}") from error


def _property(self: Job, name: str, default):
    """The environment is the overrides' over the definition's; moto adds to it each time it is asked."""
    if name != "environment":
        return self.moto__get_container_property(name, default)
    properties = self.job_definition.container_properties or {}
    pairs = {one["name"]: one["value"] for one in [*properties.get(name, []), *self.container_overrides.get(name, [])]}
    return [{"name": key, "value": value} for key, value in {**pairs, "AWS_BATCH_JOB_ID": self.job_id}.items()]


def _describe(self: Job) -> dict:
    if self._child_jobs and self.status in ("SUBMITTED", "RUNNABLE"):
        self.status = "PENDING"
    details = self.moto_describe()
    container = details.setdefault("container", {})
    if self.exit_code is not None:
        container["exitCode"] = self.exit_code
    if getattr(self, "container_reason", ""):
        container["reason"] = self.container_reason
    container["image"] = (self.job_definition.container_properties or {}).get("image")
    if logs := (self.job_definition.container_properties or {}).get("logConfiguration"):
        container["logConfiguration"] = logs
    container["resourceRequirements"] = self._get_container_property("resourceRequirements", [])
    details["retryStrategy"] = self.retry_strategy
    if "index" in self.array_properties:
        details["arrayProperties"] = {"index": self.array_properties["index"]}
    return details


def _any_case(properties: dict, name: str):
    return properties.get(name, properties.get(name[0].upper() + name[1:]))
