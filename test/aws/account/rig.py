"""The `/_rig` routes, by which a test asks what happened and says what is to go wrong.

    GET    stats                          counts (see stats.py)           DELETE stats
    POST   faults                         see faults.py                   DELETE faults
    GET    faults                         what those match that are still to be met
    POST   batch/rules                    see batch_rules.py              DELETE batch/rules
    POST   batch/jobs/ID/kill             {"outOfMemory": false}
    POST   batch/jobs/ID/reclaim          {"reason", "graceSeconds"}
    POST   batch/queues/NAME              {"state", "status", "statusReason"}
    POST   batch/environments/NAME        the same, and "maxvCpus"; of both the name's beginning will do
    DELETE batch/changes                  queues and environments are in order again, and the clock is right
    POST   batch/clock                    {"seconds"}: as if they had passed for the jobs that wait
    POST   schedule/RULE                  fires a scheduled rule
    POST   scheduler/clock                {"seconds"}: EventBridge Scheduler's clock goes so much forward; DELETE rights it
    GET    scheduler/GROUP                the schedules in a group
    POST   scheduler/GROUP/NAME?time=…    fires a schedule of EventBridge Scheduler
    GET    executions/NAME/map-runs       histories of the Map Runs of an execution
    POST   people/NAME                    {"policies": [ARN]}: makes a person who has them; answers the credentials
    POST   sessions                       {"role": ARN, "service", "seconds"}: credentials of a role as that service has them
    GET    rights                         every right that roles and policies give, and whether it was used
    GET    apis                           HTTP API id → name
"""

import json
import traceback

from moto.apigatewayv2.models import apigatewayv2_backends

from . import batch, batch_rules, credentials, events, executions, faults, people, schedules, stats
from .batch_rules import HOST_TERMINATED
from .iam import rights
from .place import ACCOUNT, GRACE_SECONDS, REGION


def answer(method: str, path: str, query: dict[str, str], body: bytes) -> tuple[int, bytes]:
    try:
        result = _carry_out(method, path.split("/"), query, json.loads(body) if body else {})
        return 200, json.dumps(result).encode()
    except (LookupError, TypeError, ValueError, rights.Denied) as error:
        return 400, json.dumps({"message": f"{error}", "trace": traceback.format_exc()}).encode()


def _carry_out(method: str, parts: list[str], query: dict[str, str], asked: dict):
    match [method, *parts]:
        case ["GET", "stats"]:
            return stats.read()
        case ["DELETE", "stats"]:
            stats.reset()
        case ["POST", "faults"]:
            faults.add(asked)
        case ["GET", "faults"]:
            return faults.unmet()
        case ["DELETE", "faults"]:
            faults.clear()
        case ["POST", "batch", "rules"]:
            batch_rules.add(asked)
        case ["DELETE", "batch", "rules"]:
            batch_rules.clear()
            batch.release_held()
        case ["POST", "batch", "jobs", job_id, "kill"]:
            _attempt(job_id).kill(asked.get("outOfMemory", False))
        case ["POST", "batch", "jobs", job_id, "reclaim"]:
            _attempt(job_id).reclaim(asked.get("reason", HOST_TERMINATED), asked.get("graceSeconds", GRACE_SECONDS))
        case ["POST", "batch", ("queues" | "environments") as kind, name]:
            batch.change(kind, name, asked)
        case ["DELETE", "batch", "changes"]:
            batch.undo_changes()
        case ["POST", "batch", "clock"]:
            batch.pass_time(asked["seconds"])
        case ["POST", "schedule", rule]:
            events.fire(rule)
        case ["POST", "scheduler", "clock"]:
            schedules.pass_time(asked["seconds"])
        case ["DELETE", "scheduler", "clock"]:
            schedules.right_clock()
        case ["GET", "scheduler", group]:
            return schedules.listed(group)
        case ["POST", "scheduler", group, name]:
            schedules.fire(group, name, query.get("time"))
        case ["GET", "executions", name, "map-runs"]:
            return executions.map_run_histories(name)
        case ["POST", "people", name]:
            return credentials.as_json(people.add(name, asked["policies"]))
        case ["POST", "sessions"]:
            return credentials.as_json(rights.assume_for(asked["service"], asked["role"], "test", seconds=asked.get("seconds", 900)))
        case ["GET", "rights"]:
            return rights.report()
        case ["GET", "apis"]:
            return {api.api_id: api.name for api in apigatewayv2_backends[ACCOUNT][REGION].apis.values()}
        case _:
            raise LookupError(f"no such route: {method} {'/'.join(parts)}")
    return {}


def _attempt(job_id: str):
    attempt = batch.job(job_id).attempt
    if attempt is None:
        raise LookupError(f"job {job_id} has not started")
    return attempt
