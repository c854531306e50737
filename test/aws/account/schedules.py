"""EventBridge Scheduler: moto keeps the schedules and fires none; here a test fires them by hand."""

import time
import uuid

from moto.scheduler.models import scheduler_backends

from . import events
from .place import ACCOUNT, REGION


def fire(group: str, name: str, scheduled_time: str | None) -> None:
    """Does what the schedule does at that time (RFC 3339); source of the keywords: EventBridge Scheduler User Guide."""
    schedule = scheduler_backends[ACCOUNT][REGION].get_schedule(group, name)
    if schedule.state != "ENABLED":
        return
    target = schedule.target
    text = target.get("Input") or "{}"
    keywords = {
        "<aws.scheduler.schedule-arn>": schedule.arn,
        "<aws.scheduler.scheduled-time>": scheduled_time or events.timestamp(time.time()),
        "<aws.scheduler.execution-id>": str(uuid.uuid4()),
        "<aws.scheduler.attempt-number>": "1",
    }
    for keyword, value in keywords.items():
        text = text.replace(keyword, value)
    events.deliver({**target, "Input": text}, {})
