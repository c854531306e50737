"""EventBridge: rules deliver to Lambda functions, Step Functions and, by moto itself, queues and logs."""

import functools
import json
import re
import sys
import threading
import time
import uuid

import boto3
from botocore.config import Config
from jsonpath_ng import parse
from moto.events.models import Rule, events_backends

from . import lambdas, queues, stats
from .iam import rights
from .iam.policy import Need
from .iam.principals import Principal
from .place import ACCOUNT, REGION, place

SERVED_HERE = (":lambda:", ":states:")


def install() -> None:
    sending = Rule.send_to_targets

    def send(self: Rule, original_event, transform_input=True):
        if not self.event_pattern.matches_event(original_event):
            return
        event = {key: value for key, value in original_event.items() if key != "ingestion-time"}
        event["time"] = timestamp(event.get("time"))
        ours = [target for target in self.targets if any(service in target["Arn"] for service in SERVED_HERE)]
        for target in ours:
            threading.Thread(target=deliver, args=(target, event, self.arn), daemon=True).start()
        rest = [target for target in self.targets if target not in ours]
        if rest:
            everything, self.targets = self.targets, rest
            try:
                sending(self, original_event, transform_input)
            finally:
                self.targets = everything

    Rule.send_to_targets = send


def emit(source: str, detail_type: str, detail: dict, resources: list[str]) -> None:
    """An AWS service's own event, to the rules of the default bus."""
    event = new_event(source, detail_type, detail, resources)
    for rule in list(events_backends[ACCOUNT][REGION].event_buses["default"].rules.values()):
        if rule.state == "ENABLED" and rule.event_pattern.get_pattern():
            rule.send_to_targets({**event, "ingestion-time": event["time"]})


def new_event(source: str, detail_type: str, detail: dict, resources: list[str]) -> dict:
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": detail_type,
        "source": source,
        "account": ACCOUNT,
        "time": timestamp(time.time()),
        "region": REGION,
        "resources": resources,
        "detail": detail,
    }


def fire(rule_name: str) -> None:
    """What a scheduled rule does when its time has come."""
    rule = events_backends[ACCOUNT][REGION].event_buses["default"].rules[rule_name]
    event = new_event("aws.events", "Scheduled Event", {}, [rule.arn])
    for target in rule.targets:
        deliver(target, event, rule.arn)


def deliver(target: dict, event: dict, rule_arn: str = "") -> None:
    """Where the target can't be reached, the event goes to the target's own dead-letter queue."""
    payload = target_input(target, event, rule_arn)
    stats.count("delivery", target["Arn"])
    dead_letters = target.get("DeadLetterConfig", {}).get("Arn")
    try:
        _hand_over(target, payload, rule_arn)
    except Exception as error:
        print(f"not delivered to {target['Arn']}: {error}", file=sys.stderr, flush=True)
        if dead_letters and _may_send(target, dead_letters, rule_arn):
            queues.send(dead_letters, json.dumps(event))


def _hand_over(target: dict, payload, rule_arn: str) -> None:
    arn = target["Arn"]
    kind = arn.split(":")[2]
    action = {"lambda": "lambda:InvokeFunction", "states": "states:StartExecution", "sqs": "sqs:SendMessage"}.get(kind)
    if action is None:
        raise ValueError(f"nothing here delivers to {arn}")
    need = Need(action, arn)
    if rule_arn and kind != "states":
        rights.require_service("events.amazonaws.com", need, rule_arn)
    else:
        # A schedule has a role for whatever it calls, a rule for a state machine.
        rights.require(session_of(target, rule_arn), [need])
    if kind == "lambda":
        lambdas.invoke_later(lambdas.named(arn), payload)
    elif kind == "states":
        client("stepfunctions", session_of(target, rule_arn)).start_execution(stateMachineArn=arn, input=json.dumps(payload))
    else:
        queues.send(arn, json.dumps(payload))


def _may_send(target: dict, queue: str, rule_arn: str) -> bool:
    need = Need("sqs:SendMessage", queue)
    if not rule_arn:
        return rights.may(session_of(target, rule_arn), need)
    try:
        rights.require_service("events.amazonaws.com", need, rule_arn)
        return True
    except rights.Denied as denied:
        print("refused:", denied, file=sys.stderr, flush=True)
        return False


def session_of(target: dict, rule_arn: str) -> Principal:
    """Credentials of the target's role. Raises Denied."""
    if not target.get("RoleArn"):
        raise rights.Denied(f"a target of its kind needs a role: {target['Arn']}")
    return _session(target["RoleArn"], "events.amazonaws.com" if rule_arn else "scheduler.amazonaws.com")


@functools.cache
def _session(role_arn: str, service: str) -> Principal:
    return rights.assume_for(service, role_arn, "delivery")


def target_input(target: dict, event: dict, rule_arn: str = ""):
    """What a target gets: the event, a part of it, a constant, or a template filled in from it."""
    if target.get("InputTransformer"):
        transformer = target["InputTransformer"]
        values = {name: _first(path, event) for name, path in transformer.get("InputPathsMap", {}).items()}
        values |= {"aws.events.rule-arn": rule_arn, "aws.events.rule-name": rule_arn.split("/")[-1], "aws.events.event": event,
                   "aws.events.event.json": event, "aws.events.event.ingestion-time": event["time"]}
        return json.loads(_filled(transformer["InputTemplate"], values))
    if target.get("Input"):
        return json.loads(target["Input"])
    if target.get("InputPath"):
        return _first(target["InputPath"], event)
    return event


def _filled(template: str, values: dict) -> str:
    """A name stands for a JSON value; inside a string for its text."""
    parts = re.split(r'("(?:[^"\\]|\\.)*")', template)

    def text(value) -> str:
        plain = "" if value is None else value if isinstance(value, str) else json.dumps(value)
        return json.dumps(plain)[1:-1]

    def fill(part: str) -> str:
        write = text if part.startswith('"') else json.dumps
        return re.sub(r"<([\w.-]+)>", lambda found: write(values[found[1]]) if found[1] in values else found[0], part)

    return "".join(fill(part) for part in parts)


def _first(path: str, event: dict):
    # jsonpath_ng wants names with a dash in quotes.
    found = parse(re.sub(r"\.([\w]*-[\w-]*)", r'."\1"', path)).find(event)
    return found[0].value if found else None


def timestamp(time_of_event) -> str:
    if isinstance(time_of_event, (int, float)):
        return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time_of_event))
    return time_of_event


def client(service: str, of: Principal):
    keys = {"aws_access_key_id": of.access_key, "aws_secret_access_key": of.secret, "aws_session_token": of.token}
    return boto3.client(service, endpoint_url=place.endpoint, region_name=REGION, config=Config(retries={"max_attempts": 0}), **keys)
