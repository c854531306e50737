"""What befalls Batch jobs because a test wants it to.

A rule: `{"action", "job": regular expression of the job's name, "index", "attempt", "times": 1, "whenLogged": text,
"afterSeconds": 0, "reason", "graceSeconds", "outOfMemory": true}`, of which all but the action may be left out.
Actions, the first three taking effect once the attempt has logged `whenLogged` or has run for `afterSeconds`:
- kill: the container is gone without a word;
- reclaim: SIGTERM, then SIGKILL, as when a Spot instance is taken back;
- terminate: what TerminateJob does;
- fail: the container never starts, for the given reason;
- hold: the job stays RUNNABLE, with `reason` for its status reason, until the rules are cleared or it is terminated.
"""

import re
import threading
from dataclasses import dataclass

HOST_TERMINATED = "Host EC2 (instance i-0abc1234def567890) terminated."


@dataclass
class Rule:
    action: str
    job: re.Pattern[str]
    index: int | None
    attempt: int | None
    left: float
    when_logged: str | None
    after_seconds: float
    reason: str | None
    grace_seconds: float | None
    out_of_memory: bool


_lock = threading.Lock()
_rules: list[Rule] = []


def add(wanted: dict) -> None:
    action = wanted["action"]
    rule = Rule(
        action=action,
        job=re.compile(wanted.get("job", "")),
        index=wanted.get("index"),
        attempt=wanted.get("attempt"),
        left=wanted.get("times", float("inf") if action == "hold" else 1),
        when_logged=wanted.get("whenLogged"),
        after_seconds=wanted.get("afterSeconds", 0),
        reason=wanted.get("reason"),
        grace_seconds=wanted.get("graceSeconds"),
        out_of_memory=wanted.get("outOfMemory", False),
    )
    with _lock:
        _rules.append(rule)


def failing(reason: str) -> Rule:
    return Rule("fail", re.compile(""), None, None, 1, None, 0, reason, None, False)


def clear() -> None:
    with _lock:
        _rules.clear()


def hold(name: str, index: int | None) -> Rule | None:
    """The rule that keeps a job from being placed."""
    return _take(name, index, None, lambda action: action == "hold")


def strike(name: str, index: int | None, attempt: int) -> Rule | None:
    """The rule that an attempt about to start will meet."""
    return _take(name, index, attempt, lambda action: action != "hold")


def _take(name, index, attempt, fits) -> Rule | None:
    with _lock:
        for rule in _rules:
            if not fits(rule.action) or rule.left <= 0 or not rule.job.search(name):
                continue
            if rule.index is not None and rule.index != index or rule.attempt is not None and rule.attempt != attempt:
                continue
            rule.left -= 1
            return rule
    return None
