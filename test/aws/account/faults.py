"""Calls that go wrong because a test wants them to.

A fault: `{"target": "aws" | "http", "match": regular expression, "status": 500, "code": "ThrottlingException",
"times": 3, "seconds": 2, "after": true}`. It takes the next `times` calls, or every call for `seconds`; an `aws` call is
matched as `service:Operation`, an `http` one as `METHOD /path`. With `after` the call is carried out and its answer lost.

With `"cut": 1000` it is no answer that goes wrong: of the request's body that many bytes arrive, then the connection is gone.
"""

import re
import threading
import time
from dataclasses import dataclass

from . import refusals


@dataclass
class Fault:
    target: str
    match: re.Pattern[str]
    status: int
    code: str
    left: float
    until: float
    after: bool
    cut: int | None = None


_lock = threading.Lock()
_faults: list[Fault] = []


def add(wanted: dict) -> None:
    seconds = wanted.get("seconds")
    fault = Fault(
        target=wanted["target"],
        match=re.compile(wanted["match"]),
        status=wanted.get("status", 500),
        code=wanted.get("code", "InternalServerError"),
        left=wanted.get("times", 1 if seconds is None else float("inf")),
        until=float("inf") if seconds is None else time.time() + seconds,
        after=wanted.get("after", False),
        cut=wanted.get("cut"),
    )
    with _lock:
        _faults.append(fault)


def clear() -> None:
    with _lock:
        _faults.clear()


def unmet() -> list[str]:
    """What the faults match that are still to be met."""
    with _lock:
        return [fault.match.pattern for fault in _faults if fault.left > 0 and time.time() < fault.until]


def take(target: str, name: str, is_cut: bool = False) -> Fault | None:
    """The fault that this call is to meet, if any; it counts as met."""
    with _lock:
        for fault in _faults:
            if (fault.cut is not None) != is_cut:
                continue
            if fault.target == target and fault.left > 0 and time.time() < fault.until and fault.match.search(name):
                fault.left -= 1
                return fault
    return None


def aws_answer(fault: Fault, service: str) -> tuple[bytes, list[tuple[str, str]]]:
    """The error as that service writes it: body and headers."""
    return refusals.written(service, fault.code, "A fault that was asked for")
