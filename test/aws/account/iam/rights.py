"""Whether a principal may do what it asks, by the policies that the account has of it; and which rights were ever used."""

import json
import threading
from collections.abc import Iterable

from moto.iam.models import ManagedPolicy, Role, iam_backends

from ..place import ACCOUNT
from . import principals
from .policy import Caller, Need, Right, Statement, Verdict, compile_policy, evaluate
from .principals import Principal


class Denied(Exception):
    """Says what AWS says: who may not do what, and why."""


_lock = threading.Lock()
_used: dict[str, set[Right]] = {}
"""Owner (`role/NAME` or `policy/NAME`) → the rights by which something was allowed."""

resource_policies: dict[str, str] = {}
"""ARN of a bucket, a queue, a function or an API → its own policy."""


def require(principal: Principal, needs: Iterable[Need]) -> None:
    """Raises Denied for the first need that is not allowed, PolicyError for one that nobody here can judge."""
    if principal.kind == "administrator":
        return
    for need in needs:
        verdict = judge(principal, need)
        if verdict.effect != "allow":
            why = "with an explicit deny in a policy" if verdict.effect == "deny" else f"because no identity-based policy allows the {need.action} action"
            raise Denied(f"User: {principal.arn} is not authorized to perform: {need} {why}")


def may(principal: Principal, need: Need) -> bool:
    return principal.kind == "administrator" or judge(principal, need).effect == "allow"


def judge(principal: Principal, need: Need) -> Verdict:
    """By its own policies and the resource's: what either denies is denied, what either allows is allowed."""
    subject = f"arn:aws:iam::{ACCOUNT}:{principal.kind}/{principal.name}"
    asked = Need(need.action, need.resource, {**_every_request(subject), **need.context})
    own = _verdict_of_policies(principal.kind, principal.name, asked)
    theirs = by_resource(asked, Caller("AWS", subject))
    if "deny" in (own.effect, theirs.effect):
        return Verdict("deny")
    return own if own.effect == "allow" else theirs


def require_service(service: str, need: Need, source_arn: str) -> None:
    """Whether a resource's own policy lets a service of AWS do this for that resource of the account's. Raises Denied."""
    context = {**_every_request(None), "aws:sourcearn": source_arn, "aws:sourceaccount": ACCOUNT, **need.context}
    if by_resource(Need(need.action, need.resource, context), Caller("Service", service)).effect != "allow":
        raise Denied(f"{service} is not authorized to perform: {need} for {source_arn}")


def by_resource(need: Need, caller: Caller) -> Verdict:
    document = resource_policies.get(_owner(need.resource))
    return evaluate(compile_policy(document, True), need, caller) if document else Verdict("none")


def _owner(arn: str) -> str:
    """The resource whose policy speaks of this one."""
    return arn.partition("/")[0] if arn.startswith(("arn:aws:s3:::", "arn:aws:execute-api:")) else arn


def _every_request(subject: str | None) -> dict[str, str]:
    # What is http on this machine is https in AWS.
    known = {"aws:securetransport": "true", "aws:resourceaccount": ACCOUNT}
    return {**known, "aws:principalarn": subject, "aws:principalaccount": ACCOUNT} if subject else known


def _verdict_of_policies(kind: str, name: str, need: Need) -> Verdict:
    allowed: list[Right] = []
    for owner, statements in _policies(kind, name):
        verdict = evaluate(statements, need)
        if verdict.effect == "deny":
            return verdict
        if verdict.effect == "allow":
            allowed += verdict.rights
            with _lock:
                _used.setdefault(owner, set()).update(verdict.rights)
    return Verdict("allow", tuple(allowed)) if allowed else Verdict("none")


def _policies(kind: str, name: str) -> list[tuple[str, tuple[Statement, ...]]]:
    """Each policy of a role or a person, with whom it is listed under."""
    holder = role_named(name) if kind == "role" else iam_backends[ACCOUNT]["aws"].get_user(name)
    own = [(f"{kind}/{name}", compile_policy(_text(document))) for document in holder.policies.values()]
    return own + [(f"policy/{one.name}", compile_policy(_document(one))) for one in holder.managed_policies.values()]


def _document(policy: ManagedPolicy) -> str:
    return _text(next(one for one in policy.versions if one.version_id == policy.default_version_id).document)


def _text(document: object) -> str:
    return document if isinstance(document, str) else json.dumps(document)


def assume_for(service: str, role_arn: str, session: str, source_arn: str | None = None, **options) -> Principal:
    """A role's credentials for a service of AWS that works in its name. Raises Denied where the role does not trust the service."""
    role = role_named(role_arn)
    context = {**_every_request(None), "aws:sourceaccount": ACCOUNT, **({"aws:sourcearn": source_arn} if source_arn else {})}
    need = Need("sts:AssumeRole", role_arn, context)
    if evaluate(compile_policy(_text(role.assume_role_policy_document), True), need, Caller("Service", service)).effect != "allow":
        raise Denied(f"{service} is unable to assume the role {role_arn}: its trust policy does not let it")
    return principals.add_session(role.name, session, **options)


def role_named(arn_or_name: str) -> Role:
    """Raises LookupError."""
    name = arn_or_name.split("/")[-1]
    found = next((role for role in iam_backends[ACCOUNT]["aws"].roles.values() if role.name == name), None)
    if found is None:
        raise LookupError(f"there is no role {arn_or_name}")
    return found


def report() -> list[dict]:
    """Every right that the account's own roles and policies give, and whether anything was ever allowed by it."""
    backend = iam_backends[ACCOUNT]["aws"]
    owners = {f"role/{role.name}": list(role.policies.values()) for role in backend.roles.values()}
    owners |= {f"policy/{one.name}": [_document(one)] for one in backend.managed_policies.values() if f":{ACCOUNT}:policy/" in one.arn}
    found = []
    for owner, documents in owners.items():
        rights = {right for document in documents for statement in compile_policy(_text(document)) if statement.allows for right in statement.rights()}
        used = _used.get(owner, set())
        found += [_reported(owner, one, one in used) for one in sorted(rights, key=str)]
    # Of a stack that was removed.
    gone = [(owner, one) for owner, used in _used.items() if owner not in owners for one in used]
    return found + [_reported(owner, one, True) for owner, one in gone]


def _reported(owner: str, right: Right, used: bool) -> dict:
    return {"owner": owner, "action": right.action, "resource": right.resource, "used": used}
