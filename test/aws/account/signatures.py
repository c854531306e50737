"""AWS Signature Version 4, checked: of a request with an Authorization header, and of a presigned URL.

Source: AWS IAM User Guide, "Create a signed AWS API request"; Amazon S3 API Reference, "Authenticating Requests".
"""

import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from urllib.parse import parse_qsl, quote

from .iam.principals import Principal
from .place import REGION

ALGORITHM = "AWS4-HMAC-SHA256"

SKEW = timedelta(minutes=5)
"""How far the clock of who signs may be from the service's; S3 gives 15 minutes."""

LONGEST = 604800
"""Seconds that a presigned URL may be good for."""


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    """As it was sent, still percent-encoded."""
    query: str
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes

    @property
    def is_presigned(self) -> bool:
        return "X-Amz-Signature=" in self.query

    @property
    def is_signed(self) -> bool:
        return self.is_presigned or self.headers.get("authorization", "").startswith(ALGORITHM)


class Refused(Exception):
    """Its first argument is the reason as refusals.py knows it."""


@dataclass(frozen=True)
class Given:
    """What a request says of its signature."""

    key: str
    date: str
    region: str
    service: str
    stamp: str
    names: list[str]
    signature: str
    token: str | None
    seconds: int | None
    """Of a presigned URL: how long it is good for."""


def access_key(request: Request) -> str | None:
    """Whose signature a request claims to have."""
    return _credential(request).split("/")[0] or None


def service(request: Request) -> str | None:
    """The service that it was signed for."""
    scope = _credential(request).split("/")
    return scope[3] if len(scope) == 5 else None


def verify(request: Request, find: Callable[[str], Principal | None]) -> Principal:
    """Whose request it is. Raises Refused where that is not certain."""
    if not request.is_signed:
        raise Refused("missing")
    try:
        given = _given(request)
    except (KeyError, ValueError) as error:
        raise Refused("incomplete") from error
    principal = find(given.key)
    if principal is None:
        raise Refused("unknown-key")
    _check_time(given)
    _check_headers(request, given)
    if principal.token != given.token:
        raise Refused("token")
    if given.region != REGION or given.date != given.stamp[:8]:
        raise Refused("scope")
    expected = _signature(request, given, _digest(request, given), principal.secret)
    if not hmac.compare_digest(expected, given.signature):
        raise Refused("signature")
    if principal.has_expired:
        raise Refused("expired-token")
    return principal


def _given(request: Request) -> Given:
    if request.is_presigned:
        fields = {name.removeprefix("X-Amz-"): value for name, value in parse_qsl(request.query, keep_blank_values=True)}
        if fields["Algorithm"] != ALGORITHM:
            raise ValueError("algorithm")
        stamp, token, seconds = fields["Date"], fields.get("Security-Token"), int(fields["Expires"])
        if not 0 < seconds <= LONGEST:
            raise ValueError("X-Amz-Expires")
    else:
        fields = _fields(request.headers["authorization"])
        stamp, token, seconds = request.headers["x-amz-date"], request.headers.get("x-amz-security-token"), None
    key, date, region, name, end = fields["Credential"].split("/")
    if end != "aws4_request":
        raise ValueError("Credential")
    return Given(key, date, region, name, stamp, fields["SignedHeaders"].split(";"), fields["Signature"], token, seconds)


def _check_time(given: Given) -> None:
    now = datetime.now(timezone.utc)
    try:
        made = datetime.strptime(given.stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=timezone.utc)
    except ValueError as error:
        raise Refused("incomplete") from error
    if made > now + SKEW:
        raise Refused("skew")
    if given.seconds is not None:
        if now > made + timedelta(seconds=given.seconds):
            raise Refused("expired-url")
    elif now > made + SKEW:
        raise Refused("skew")


def _check_headers(request: Request, given: Given) -> None:
    """The host and whatever AWS gives a meaning to must be signed."""
    bound = {"host", *(name for name in request.headers if name.startswith("x-amz-"))}
    if not bound <= set(given.names) or not all(name in request.headers for name in given.names):
        raise Refused("unsigned-header")


def _digest(request: Request, given: Given) -> str:
    """What stands for the body in what is signed."""
    actual = hashlib.sha256(request.body).hexdigest()
    if request.is_presigned:
        return "UNSIGNED-PAYLOAD" if given.service == "s3" else actual
    if given.service != "s3":
        return actual
    told = request.headers.get("x-amz-content-sha256")
    if told is None:
        raise Refused("no-hash")
    is_hash = not told.startswith(("UNSIGNED-PAYLOAD", "STREAMING-"))
    if is_hash and told != actual:
        raise Refused("hash")
    return told


def _signature(request: Request, given: Given, digest: str, secret: str) -> str:
    # S3 signs the path as it is sent, the others encode it once more.
    path = request.path if given.service == "s3" else quote(request.path, safe="/-_.~")
    pairs = [pair for pair in parse_qsl(request.query, keep_blank_values=True) if pair[0] != "X-Amz-Signature"]
    query = "&".join(f"{key}={value}" for key, value in sorted((quote(k, safe="-_.~"), quote(v, safe="-_.~")) for k, v in pairs))
    lines = [f"{name}:{' '.join(request.headers[name].split())}" for name in given.names]
    canonical = "\n".join([request.method, path, query, *lines, "", ";".join(given.names), digest])
    scope = f"{given.date}/{given.region}/{given.service}/aws4_request"
    text = "\n".join([ALGORITHM, given.stamp, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    key = f"AWS4{secret}".encode()
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def _credential(request: Request) -> str:
    if request.headers.get("authorization", "").startswith(ALGORITHM):
        return _fields(request.headers["authorization"]).get("Credential", "")
    return dict(parse_qsl(request.query)).get("X-Amz-Credential", "")


def _fields(authorization: str) -> dict[str, str]:
    parts = authorization.removeprefix(ALGORITHM).split(",")
    return {name.strip(): value for name, _, value in (part.partition("=") for part in parts)}
