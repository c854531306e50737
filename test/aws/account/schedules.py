"""EventBridge Scheduler: moto keeps the schedules; what it refuses and when it fires is here.

It has a clock of its own, which a test may put forward: what comes due meanwhile is fired, minute by minute. Sources: the
API reference (CreateSchedule, FlexibleTimeWindow) and the user guide ("Schedule types").
"""

import random
import re
import threading
import time
import uuid
from zoneinfo import ZoneInfo, available_timezones

from moto.scheduler.exceptions import ValidationException
from moto.scheduler.models import EventBridgeSchedulerBackend, Schedule, scheduler_backends

from . import cron, events
from .place import ACCOUNT, REGION

_clock = threading.Lock()
_ahead = 0.0
"""Seconds by which the clock is before the real one."""
_seen = 0.0
"""Up to when everything was fired."""
_waiting: list[tuple[float, Schedule, str]] = []
"""Due within a flexible window: when it will be fired, and for which time."""


def install() -> None:
    global _seen
    _seen = now()
    create, update = EventBridgeSchedulerBackend.create_schedule, EventBridgeSchedulerBackend.update_schedule

    def create_schedule(self, **asked):
        _check(asked)
        self.get_schedule_group(asked["group_name"])
        made = create(self, **asked)
        made.anchor = now()
        return made

    def update_schedule(self, **asked):
        self.get_schedule(asked["group_name"], asked["name"])
        _check(asked)
        # UpdateSchedule takes what is not given for its default.
        return update(self, **{**asked, "state": asked["state"] or "ENABLED"})

    EventBridgeSchedulerBackend.create_schedule = create_schedule
    EventBridgeSchedulerBackend.update_schedule = update_schedule
    threading.Thread(target=_go, daemon=True).start()


def now() -> float:
    return time.time() + _ahead


def pass_time(seconds: float) -> None:
    global _ahead
    with _clock:
        _ahead += seconds
    _tick()


def right_clock() -> None:
    global _ahead, _seen
    with _clock:
        _ahead = 0.0
        _seen = now()
        _waiting.clear()


def listed(group: str) -> list[dict]:
    return [one.to_dict() for one in _all() if one.group_name == group]


def fire(group: str, name: str, scheduled_time: str | None) -> None:
    """Does what the schedule does at that time (RFC 3339)."""
    schedule = scheduler_backends[ACCOUNT][REGION].get_schedule(group, name)
    if schedule.state == "ENABLED":
        _deliver(schedule, scheduled_time or events.timestamp(now()))


def _deliver(schedule: Schedule, scheduled_time: str) -> None:
    """Source of the keywords: user guide, "Adding context attributes"."""
    text = schedule.target.get("Input") or "{}"
    keywords = {
        "<aws.scheduler.schedule-arn>": schedule.arn,
        "<aws.scheduler.scheduled-time>": scheduled_time,
        "<aws.scheduler.execution-id>": str(uuid.uuid4()),
        "<aws.scheduler.attempt-number>": "1",
    }
    for keyword, value in keywords.items():
        text = text.replace(keyword, value)
    events.deliver({**schedule.target, "Input": text}, {})


def _all() -> list[Schedule]:
    groups = list(scheduler_backends[ACCOUNT][REGION].schedule_groups.values())
    return [schedule for group in groups for schedule in list(group.schedules.values())]


def _go() -> None:
    while True:
        time.sleep(0.25)
        _tick()


def _tick() -> None:
    global _seen
    with _clock:
        until = now()
        for schedule in _all():
            if schedule.state == "ENABLED":
                for due in _due(schedule, _seen, until):
                    window = schedule.flexible_time_window.get("MaximumWindowInMinutes") or 0
                    _waiting.append((due + random.random() * window * 60, schedule, events.timestamp(due)))
        _seen = until
        ready = [one for one in _waiting if one[0] <= until]
        _waiting[:] = [one for one in _waiting if one[0] > until]
    for _, schedule, due in ready:
        # One that was changed or has gone meanwhile starts nothing any more.
        if schedule in _all() and schedule.state == "ENABLED":
            threading.Thread(target=_deliver, args=(schedule, due), daemon=True).start()


def _due(schedule: Schedule, after: float, until: float) -> list[float]:
    expression, zone = schedule.schedule_expression, ZoneInfo(schedule.schedule_expression_timezone)
    if expression.startswith("at("):
        times = [cron.once(expression, zone)]
    elif expression.startswith("rate("):
        # With no start it begins at once.
        step, anchor = cron.rate_seconds(expression), schedule.start_date or schedule.anchor
        first = max(0, int((after - anchor) // step))
        times = [anchor + at * step for at in range(first, max(first, int((until - anchor) // step) + 1))]
    else:
        minutes = range(int(after // 60) * 60, int(until) + 1, 60)
        times = [float(minute) for minute in minutes if after < minute <= until and cron.is_due(expression, minute, zone)]
    start, end = schedule.start_date or 0, schedule.end_date or float("inf")
    is_once = expression.startswith("at(")
    return [due for due in times if after < due <= until and (is_once or start <= due <= end)]


def _check(asked: dict) -> None:
    name, expression = asked["name"], asked["schedule_expression"]
    _constrain(name, "name", re.fullmatch(r"[0-9a-zA-Z-_.]+", name), "satisfy regular expression pattern: ^[0-9a-zA-Z-_.]+$")
    _constrain(name, "name", len(name) <= 64, "have length less than or equal to 64")
    _constrain(asked["state"], "state", asked["state"] in (None, "ENABLED", "DISABLED"), "satisfy enum value set: [ENABLED, DISABLED]")
    window = asked["flexible_time_window"] or {}
    mode, minutes = window.get("Mode"), window.get("MaximumWindowInMinutes")
    _constrain(mode, "flexibleTimeWindow.mode", mode in ("OFF", "FLEXIBLE"), "satisfy enum value set: [OFF, FLEXIBLE]")
    if minutes is not None:
        place = "flexibleTimeWindow.maximumWindowInMinutes"
        _constrain(minutes, place, minutes >= 1, "have value greater than or equal to 1")
        _constrain(minutes, place, minutes <= 1440, "have value less than or equal to 1440")
    if (mode == "FLEXIBLE") != (minutes is not None):
        raise ValidationException("A flexible time window must have MaximumWindowInMinutes, and one that is OFF must not.")
    if not cron.is_taken(expression):
        raise ValidationException(f"Invalid Schedule Expression {expression}.")
    if (asked["schedule_expression_timezone"] or "UTC") not in available_timezones():
        raise ValidationException(f"Invalid Schedule Expression Timezone {asked['schedule_expression_timezone']}.")
    if not (asked["target"] or {}).get("RoleArn"):
        raise ValidationException("The target must have a RoleArn.")
    _check_bounds(expression, asked["start_date"], asked["end_date"])


def _check_bounds(expression: str, start: float | None, end: float | None) -> None:
    # Of a schedule for once both are ignored.
    if expression.startswith("at("):
        return
    if start is not None and start < now() - 300:
        raise ValidationException("The StartDate you specify cannot be earlier than 5 minutes ago.")
    if end is not None and end < now():
        raise ValidationException("The EndDate you specify cannot be in the past.")
    if start is not None and end is not None and end <= start:
        raise ValidationException("The EndDate you specify must come after the StartDate.")


def _constrain(value, place: str, holds, constraint: str) -> None:
    if not holds:
        raise ValidationException(f"1 validation error detected: Value '{value}' at '{place}' failed to satisfy constraint: Member must {constraint}")
