"""The Condition block of a policy. Source: AWS IAM User Guide, "IAM JSON policy elements: Condition operators"."""

import functools
import re
from collections.abc import Callable, Mapping

from .actions import SEVERAL

Context = Mapping[str, str | list[str]]
"""Condition key in lower case → value, or values of a key with several."""


class PolicyError(Exception):
    """A policy, or a request, that nothing here can judge: never taken for a yes or a no."""


@functools.cache
def glob(pattern: str) -> re.Pattern[str]:
    """`*` is any text, `?` any character."""
    parts = {"*": ".*", "?": "."}
    return re.compile("".join(parts.get(one, re.escape(one)) for one in pattern), re.DOTALL)


@functools.cache
def arn_pattern(pattern: str) -> Callable[[str], bool]:
    """Of the six parts of an ARN each is compared by itself: a star does not reach over a colon but in the last."""
    wanted = [glob(part) for part in pattern.split(":", 5)]

    def fits(arn: str) -> bool:
        parts = arn.split(":", 5)
        return len(parts) == len(wanted) and all(one.fullmatch(part) for one, part in zip(wanted, parts))

    return fits


def _number(text: str) -> float:
    return float(text)


# operator → whether a value of the request fits a value of the policy
_POSITIVE: dict[str, Callable[[str, str], bool]] = {
    "StringEquals": lambda value, wanted: value == wanted,
    "StringEqualsIgnoreCase": lambda value, wanted: value.lower() == wanted.lower(),
    "StringLike": lambda value, wanted: bool(glob(wanted).fullmatch(value)),
    "ArnEquals": lambda value, wanted: arn_pattern(wanted)(value),
    "ArnLike": lambda value, wanted: arn_pattern(wanted)(value),
    "Bool": lambda value, wanted: value.lower() == wanted.lower(),
    "NumericLessThanEquals": lambda value, wanted: _number(value) <= _number(wanted),
}
_NEGATIVE = {"StringNotEquals": "StringEquals", "StringNotLike": "StringLike", "ArnNotEquals": "ArnEquals", "ArnNotLike": "ArnLike"}


def compile_conditions(block: Mapping[str, Mapping[str, object]]) -> tuple[list[str], Callable[[Context], bool]]:
    """The keys that are asked for, in lower case, and whether all of the conditions hold. Raises PolicyError."""
    tests, keys = [], []
    for operator, wanted in block.items():
        for key, values in wanted.items():
            keys.append(key.lower())
            tests.append(_condition(operator, key.lower(), texts(values)))
    return keys, lambda context: all(test(context) for test in tests)


def texts(values: object) -> list[str]:
    given = values if isinstance(values, list) else [values]
    written = [str(one).lower() if isinstance(one, bool) else str(one) for one in given]
    for one in written:
        if "${" in one:
            raise PolicyError(f"policy variables are not known here: {one}")
    return written


def _condition(operator: str, key: str, wanted: list[str]) -> Callable[[Context], bool]:
    quantifier, _, name = operator.rpartition(":")
    if name == "Null":
        if quantifier or wanted not in (["true"], ["false"]):
            raise PolicyError(f"Null takes true or false: {operator} {key}")
        return lambda context: (key not in context) == (wanted == ["true"])
    is_optional = name.endswith("IfExists")
    name = name.removesuffix("IfExists")
    is_negative = name in _NEGATIVE
    fits = _POSITIVE.get(_NEGATIVE.get(name, name))
    if fits is None or quantifier not in ("", "ForAllValues", "ForAnyValue"):
        raise PolicyError(f"the condition operator {operator} is not known here")
    if (key in SEVERAL) != bool(quantifier):
        raise PolicyError(f"{key} has {'several values' if key in SEVERAL else 'one value'}: {operator} does not fit it")

    def one(value: str) -> bool:
        return any(fits(value, each) for each in wanted) != is_negative

    def holds(context: Context) -> bool:
        found = context.get(key)
        if quantifier == "ForAllValues":
            # AWS: true also where the request has no such key.
            return all(one(value) for value in found or [])
        if quantifier == "ForAnyValue":
            return any(one(value) for value in found or [])
        if found is None:
            return is_optional or is_negative
        if not isinstance(found, str):
            raise PolicyError(f"{key} has several values in this request")
        return one(found)

    return holds
