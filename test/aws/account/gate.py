"""Who may come in: a request must be signed by somebody, and that somebody must have a right to what it asks."""

import sys
import traceback
from urllib.parse import unquote

from . import refusals, signatures
from .iam import principals, rights
from .iam.conditions import PolicyError
from .iam.needs import needs_of
from .iam.policy import Need
from .iam.principals import Principal
from .place import ACCOUNT
from .refusals import Answer
from .signatures import Request


def admit(request: Request, service: str) -> Principal | Answer:
    """Whose request it is, or how it is refused."""
    voice = _voice(request, service)
    try:
        principal = signatures.verify(request, principals.find)
    except signatures.Refused as refused:
        return refusals.refusal(voice, refused.args[0])
    if principal.kind == "administrator":
        return principal
    try:
        rights.require(principal, needs_of(request, service))
    except rights.Denied as denied:
        return refusals.refusal(voice, "denied", str(denied))
    except (PolicyError, LookupError, ValueError, TypeError) as error:
        return 400, *refusals.written(voice, "NotKnownHere", unknown(error))
    return principal


def unknown(error: Exception) -> str:
    """What can't be judged is refused, and said so that nobody misses it."""
    traceback.print_exception(error)
    message = f"the account on this machine cannot judge this: {error}"
    print(message, file=sys.stderr, flush=True)
    return message


def identity(principal: Principal) -> tuple[bytes, list[tuple[str, str]]]:
    """What STS says of who asks; moto says the same of everybody."""
    about = f"<Arn>{principal.arn}</Arn><UserId>{principal.id}</UserId><Account>{ACCOUNT}</Account>"
    body = f"<GetCallerIdentityResponse><GetCallerIdentityResult>{about}</GetCallerIdentityResult></GetCallerIdentityResponse>"
    return body.encode(), [("content-type", "text/xml")]


def hide(request: Request, service: str, principal: Principal, status: str) -> Answer | None:
    """S3 tells nobody that there is no such object who may not list its bucket."""
    if service != "s3" or not status.startswith("404") or request.method not in ("GET", "HEAD"):
        return None
    bucket, _, key = unquote(request.path).lstrip("/").partition("/")
    if not key or rights.may(principal, Need("s3:ListBucket", f"arn:aws:s3:::{bucket}")):
        return None
    status_code, body, headers = refusals.refusal("s3", "denied", "Access Denied")
    return status_code, b"" if request.method == "HEAD" else body, headers


def _voice(request: Request, service: str) -> str:
    """Whose format a refusal has: a request that names its target in a header is answered in JSON."""
    return f"{service} in JSON" if service in refusals.QUERY and "x-amz-target" in request.headers else service
