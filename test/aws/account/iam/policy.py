"""Policies: whether their statements allow an action on a resource.

Source: AWS IAM User Guide, "Policy evaluation logic" and "IAM JSON policy elements". What is not known here — an element, an
operator, a condition key, an action — raises PolicyError instead of being passed over.
"""

import functools
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from .actions import ACTIONS, has_key, named_by
from .conditions import Context, PolicyError, arn_pattern, compile_conditions, texts

_ELEMENTS = {"Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition", "Principal"}


@dataclass(frozen=True)
class Need:
    """What a call asks for: each of its needs must be allowed."""

    action: str
    resource: str
    context: Context = field(default_factory=dict)
    """What the request's own condition keys are; those of every request are added."""

    def __str__(self) -> str:
        return f"{self.action} on resource: {self.resource}"


@dataclass(frozen=True)
class Caller:
    """As resource policies name it: `{"AWS": arn}` or `{"Service": name}`."""

    kind: str
    name: str


@dataclass(frozen=True)
class Right:
    """One action on one resource, as a statement gives it."""

    action: str
    resource: str


@dataclass(frozen=True)
class Statement:
    allows: bool
    actions: frozenset[str]
    written_actions: Mapping[str, str]
    """Action → as the policy writes it."""
    resources: tuple[tuple[str, Callable[[str], bool]], ...]
    is_not_resource: bool
    holds: Callable[[Context], bool]
    principals: Callable[[Caller], bool] | None

    def right(self, need: Need) -> Right | None:
        """By what this statement speaks of the need, if it does."""
        if need.action not in self.actions:
            return None
        found = next((text for text, fits in self.resources if fits(need.resource)), None)
        if (found is None) != self.is_not_resource or not self.holds(need.context):
            return None
        return Right(self.written_actions[need.action], found or "NotResource")

    def rights(self) -> list[Right]:
        return [Right(action, text) for action in sorted(set(self.written_actions.values())) for text, _ in self.resources]


@dataclass(frozen=True)
class Verdict:
    effect: str
    """`allow`, `deny` (a statement says so) or `none` (no statement allows it)."""
    rights: tuple[Right, ...] = ()
    """All by which it is allowed: none of them is missing as long as another is there."""


def evaluate(statements: Iterable[Statement], need: Need, caller: Caller | None = None) -> Verdict:
    """A statement that denies counts more than all that allow; what none allows is not allowed."""
    if need.action not in ACTIONS:
        raise PolicyError(f"the action {need.action} is not known here (iam/actions.py)")
    allowed = []
    for statement in statements:
        if caller and not (statement.principals and statement.principals(caller)):
            continue
        if right := statement.right(need):
            if not statement.allows:
                return Verdict("deny", (right,))
            allowed.append(right)
    return Verdict("allow", tuple(allowed)) if allowed else Verdict("none")


@functools.cache
def compile_policy(document: str, has_principals: bool = False) -> tuple[Statement, ...]:
    """The statements of a policy, given as JSON; with principals, of a resource's own policy. Raises PolicyError."""
    policy = json.loads(document)
    if policy.get("Version") != "2012-10-17" or set(policy) - {"Version", "Statement", "Id"}:
        raise PolicyError(f"not a policy of the version 2012-10-17: {document[:200]}")
    given = policy["Statement"]
    return tuple(_statement(one, has_principals) for one in (given if isinstance(given, list) else [given]))


def _statement(given: Mapping, has_principals: bool) -> Statement:
    if unknown := set(given) - _ELEMENTS:
        raise PolicyError(f"elements of a statement that are not known here: {', '.join(sorted(unknown))}")
    if given.get("Effect") not in ("Allow", "Deny") or ("Action" in given) == ("NotAction" in given):
        raise PolicyError(f"a statement has one Effect, and either Action or NotAction: {json.dumps(given)[:200]}")
    if ("Principal" in given) != has_principals:
        raise PolicyError("a policy of a role or a person has no Principal, one of a resource has")
    written = _actions(given)
    keys, holds = compile_conditions(given.get("Condition", {}))
    _check_keys(keys, written)
    is_not = "NotResource" in given
    wanted = given.get("NotResource" if is_not else "Resource")
    if wanted is None and not has_principals:
        raise PolicyError("a statement says on which resources")
    if isinstance(wanted, list):
        # What moto makes of AWS::NoValue.
        wanted = [one for one in wanted if one is not None]
    resources = tuple((text, _resource(text)) for text in texts(wanted if wanted is not None else "*"))
    principals = _principals(given["Principal"]) if has_principals else None
    return Statement(given["Effect"] == "Allow", frozenset(written), written, resources, is_not, holds, principals)


def _actions(given: Mapping) -> dict[str, str]:
    """Each action that is meant → the pattern that means it."""
    written: dict[str, str] = {}
    for pattern in texts(given.get("Action", given.get("NotAction"))):
        found = named_by(pattern)
        if not found:
            raise PolicyError(f"the action {pattern} is not known here (iam/actions.py)")
        written.update(dict.fromkeys(found, pattern))
    if "NotAction" in given:
        return dict.fromkeys(ACTIONS - set(written), "NotAction")
    return written


def _check_keys(keys: list[str], written: Mapping[str, str]) -> None:
    for key in keys:
        known = {action: has_key(action, key) for action in written}
        if None in known.values():
            raise PolicyError(f"the condition key {key} is not known here (iam/actions.py)")
        # A pattern may mean more actions than those that have the key; an action by its name may not.
        if lacking := [action for action, has in known.items() if not has and written[action].lower() == action.lower()]:
            raise PolicyError(f"requests for {lacking[0]} have no condition key {key}")


def _resource(text: str) -> Callable[[str], bool]:
    if text == "*":
        return lambda _: True
    if text.startswith("execute-api:/"):
        # Of a REST API's own policy: the rest of the ARN is the API's.
        ending = text.removeprefix("execute-api:/")
        return arn_pattern(f"arn:*:execute-api:*:*:*/{ending}")
    if text.count(":") < 5 or not text.startswith("arn:"):
        raise PolicyError(f"not an ARN: {text}")
    return arn_pattern(text)


def _principals(given: object) -> Callable[[Caller], bool]:
    if given == "*":
        return lambda _: True
    if not isinstance(given, Mapping) or set(given) - {"AWS", "Service"}:
        raise PolicyError(f"a Principal is *, AWS or Service: {given}")
    named = {(kind, name) for kind, names in given.items() for name in texts(names)}
    return lambda caller: (caller.kind, caller.name) in named or (caller.kind, "*") in named
