"""Schedule expressions of EventBridge Scheduler (user guide, "Schedule types"): which are taken, and when one is due."""

import calendar
import re
from datetime import datetime
from zoneinfo import ZoneInfo

_MONTHS = {name.upper(): at for at, name in enumerate(calendar.month_abbr) if name}
_DAYS = {"SUN": 1, "MON": 2, "TUE": 3, "WED": 4, "THU": 5, "FRI": 6, "SAT": 7}
_BOUNDS = ((0, 59), (0, 23), (1, 31), (1, 12), (1, 7), (1970, 2199))
_NAMES = ({}, {}, {}, _MONTHS, _DAYS, {})
_SECONDS = {"minute": 60, "hour": 3600, "day": 86400}


def is_taken(expression: str) -> bool:
    try:
        if expression.startswith("rate("):
            rate_seconds(expression)
        elif expression.startswith("at("):
            once(expression, ZoneInfo("UTC"))
        else:
            fields = _fields(expression)
            _is_due(fields, datetime(2024, 1, 1), is_checked=True)
        return True
    except ValueError:
        return False


def rate_seconds(expression: str) -> int:
    found = re.fullmatch(r"rate\(([1-9]\d*) (minute|hour|day)(s?)\)", expression)
    if not found or (found[1] == "1") == bool(found[3]):
        raise ValueError(expression)
    return int(found[1]) * _SECONDS[found[2]]


def once(expression: str, zone: ZoneInfo) -> float:
    found = re.fullmatch(r"at\((\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\)", expression)
    if not found:
        raise ValueError(expression)
    return datetime.fromisoformat(found[1]).replace(tzinfo=zone).timestamp()


def is_due(expression: str, minute: float, zone: ZoneInfo) -> bool:
    """Whether a cron is due in the minute that begins then; an hour that clocks show twice counts once."""
    shown = datetime.fromtimestamp(minute, zone)
    return shown.fold == 0 and _is_due(_fields(expression), shown)


def _fields(expression: str) -> list[str]:
    found = re.fullmatch(r"cron\((\S+(?: \S+){5})\)", expression)
    if not found:
        raise ValueError(expression)
    fields = found[1].upper().split(" ")
    if (fields[2] == "?") == (fields[4] == "?"):
        raise ValueError(expression)
    return fields


def _is_due(fields: list[str], shown: datetime, is_checked: bool = False) -> bool:
    weekday = shown.isoweekday() % 7 + 1
    values = (shown.minute, shown.hour, shown.day, shown.month, weekday, shown.year)
    fits = (_fits(at, field, value, shown) for at, (field, value) in enumerate(zip(fields, values)))
    # A list looks at every field, so that one which is wrong is found whatever the time.
    return all(list(fits)) if is_checked else all(fits)


def _fits(at: int, field: str, value: int, shown: datetime) -> bool:
    if field == "?":
        if at not in (2, 4):
            raise ValueError(field)
        return True
    return any([_part_fits(at, part, value, shown) for part in field.split(",")])


def _part_fits(at: int, part: str, value: int, shown: datetime) -> bool:
    last = calendar.monthrange(shown.year, shown.month)[1]
    if at == 2 and part in ("L", "LW"):
        return shown.day == (last if part == "L" else _nearest_weekday(shown, last, last))
    if at == 2 and part.endswith("W"):
        return shown.day == _nearest_weekday(shown, _number(at, part[:-1]), last)
    if at == 4 and part == "L":
        return value == 7
    if at == 4 and part.endswith("L"):
        return value == _number(at, part[:-1]) and shown.day + 7 > last
    if at == 4 and "#" in part:
        day, nth = part.split("#")
        if not 1 <= int(nth) <= 5:
            raise ValueError(part)
        return value == _number(at, day) and (shown.day + 6) // 7 == int(nth)
    return _range_fits(at, part, value)


def _range_fits(at: int, part: str, value: int) -> bool:
    whole, slash, step = part.partition("/")
    low, high = _BOUNDS[at]
    if whole != "*":
        first, dash, end = whole.partition("-")
        low = _number(at, first)
        high = _number(at, end) if dash else high if slash else low
    size = int(step) if slash else 1
    if size < 1 or low > high:
        raise ValueError(part)
    return low <= value <= high and (value - low) % size == 0


def _number(at: int, text: str) -> int:
    number = _NAMES[at].get(text) or int(text)
    if not _BOUNDS[at][0] <= number <= _BOUNDS[at][1]:
        raise ValueError(text)
    return number


def _nearest_weekday(shown: datetime, day: int, last: int) -> int:
    """In the same month."""
    day = min(day, last)
    weekday = calendar.weekday(shown.year, shown.month, day)
    if weekday == calendar.SATURDAY:
        return day - 1 if day > 1 else day + 2
    if weekday == calendar.SUNDAY:
        return day + 1 if day < last else day - 2
    return day
