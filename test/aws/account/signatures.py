"""AWS Signature Version 4, checked: of a request with an Authorization header, and of a presigned URL.

Source: AWS IAM User Guide, "Create a signed AWS API request".
"""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from urllib.parse import parse_qsl, quote

from .place import SECRET_KEY

ALGORITHM = "AWS4-HMAC-SHA256"


def access_key(headers: Mapping[str, str], query: str) -> str | None:
    """Whose signature a request claims to have; the header names are in lower case."""
    return _credential(headers, query).split("/")[0] or None


def service(headers: Mapping[str, str], query: str) -> str | None:
    """The service that it was signed for."""
    scope = _credential(headers, query).split("/")
    return scope[3] if len(scope) == 5 else None


def is_signed(method: str, path: str, query: str, headers: Mapping[str, str], body: bytes) -> bool:
    """Whether the signature is there, is right and has not expired. `path` is as it was sent, still percent-encoded."""
    if headers.get("authorization", "").startswith(ALGORITHM):
        given = _fields(headers["authorization"])
        stamp = headers.get("x-amz-date", "")
        digest = headers.get("x-amz-content-sha256") or hashlib.sha256(body).hexdigest()
        if len(digest) == 64 and digest != hashlib.sha256(body).hexdigest():
            return False
        pairs = parse_qsl(query, keep_blank_values=True)
        lifetime = timedelta(minutes=15)
    elif "X-Amz-Signature=" in query:
        pairs = parse_qsl(query, keep_blank_values=True)
        given = {name.removeprefix("X-Amz-"): value for name, value in pairs}
        pairs = [pair for pair in pairs if pair[0] != "X-Amz-Signature"]
        stamp = given.get("Date", "")
        digest = given.get("Content-Sha256", "UNSIGNED-PAYLOAD")
        lifetime = timedelta(seconds=int(given.get("Expires", "0")))
    else:
        return False
    try:
        made = datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=timezone.utc)
        if datetime.now(timezone.utc) > made + lifetime:
            return False
        _, date, region, name, _ = given["Credential"].split("/")
        names = given["SignedHeaders"].split(";")
        lines = [f"{header}:{' '.join(headers[header].split())}" for header in names]
    except (KeyError, ValueError):
        return False
    if any(_signature(method, one, pairs, lines, names, digest, stamp, date, region, name) == given["Signature"] for one in _paths(path, name)):
        return True
    return False


def _paths(path: str, service_name: str) -> list[str]:
    """S3 signs the path as it is sent, the others encode it once more."""
    return [path] if service_name == "s3" else [quote(path, safe="/-_.~"), path]


def _signature(method, path, pairs, lines, names, digest, stamp, date, region, service_name) -> str:
    encoded = sorted((quote(key, safe="-_.~"), quote(value, safe="-_.~")) for key, value in pairs)
    query = "&".join(f"{key}={value}" for key, value in encoded)
    request = "\n".join([method, path, query, *lines, "", ";".join(names), digest])
    scope = f"{date}/{region}/{service_name}/aws4_request"
    text = "\n".join([ALGORITHM, stamp, scope, hashlib.sha256(request.encode()).hexdigest()])
    key = f"AWS4{SECRET_KEY}".encode()
    for part in (date, region, service_name, "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def _credential(headers: Mapping[str, str], query: str) -> str:
    if headers.get("authorization", "").startswith(ALGORITHM):
        return _fields(headers["authorization"]).get("Credential", "")
    return dict(parse_qsl(query)).get("X-Amz-Credential", "")


def _fields(authorization: str) -> dict[str, str]:
    parts = authorization.removeprefix(ALGORITHM).split(",")
    return {name.strip(): value for name, _, value in (part.partition("=") for part in parts)}
