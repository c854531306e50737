"""EventBridge: rules deliver to Lambda functions, Step Functions and, by moto itself, queues and logs."""

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
from .place import ACCOUNT, REGION, SECRET_KEY, place

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
    try:
        if ":lambda:" in target["Arn"]:
            lambdas.invoke_later(lambdas.named(target["Arn"]), payload)
        elif ":states:" in target["Arn"]:
            client("stepfunctions").start_execution(stateMachineArn=target["Arn"], input=json.dumps(payload))
        elif ":sqs:" in target["Arn"]:
            queues.send(target["Arn"], json.dumps(payload))
        else:
            raise ValueError(f"nothing here delivers to {target['Arn']}")
    except Exception as error:
        print(f"not delivered to {target['Arn']}: {error}", file=sys.stderr, flush=True)
        if dead_letters := target.get("DeadLetterConfig", {}).get("Arn"):
            queues.send(dead_letters, json.dumps(event))


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


def client(service: str):
    keys = {"aws_access_key_id": "EVENTS", "aws_secret_access_key": SECRET_KEY}
    return boto3.client(service, endpoint_url=place.endpoint, region_name=REGION, config=Config(retries={"max_attempts": 0}), **keys)
