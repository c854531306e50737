"""How each service says that it refuses a request: status, code and message, in the service's own format."""

import json
from xml.sax.saxutils import escape

QUERY = ("cloudformation", "sts", "ec2", "iam", "sqs", "autoscaling", "sns")
"""Services that answer in XML (SQS does where it is asked so)."""

Answer = tuple[int, bytes, list[tuple[str, str]]]

# reason → (S3, services that answer in XML, services that answer in JSON): status and code. Source: each service's API
# reference, "Common Errors" and S3's "Error responses".
_CODES = {
    "missing": ((403, "AccessDenied"), (403, "MissingAuthenticationToken"), (400, "MissingAuthenticationTokenException")),
    "incomplete": ((400, "AuthorizationHeaderMalformed"), (400, "IncompleteSignature"), (400, "IncompleteSignatureException")),
    "unknown-key": ((403, "InvalidAccessKeyId"), (403, "InvalidClientTokenId"), (400, "UnrecognizedClientException")),
    "token": ((400, "InvalidToken"), (403, "InvalidClientTokenId"), (400, "UnrecognizedClientException")),
    "expired-token": ((400, "ExpiredToken"), (403, "ExpiredToken"), (400, "ExpiredTokenException")),
    "expired-url": ((403, "AccessDenied"), (403, "SignatureDoesNotMatch"), (400, "InvalidSignatureException")),
    "skew": ((403, "RequestTimeTooSkewed"), (403, "SignatureDoesNotMatch"), (400, "InvalidSignatureException")),
    "scope": ((400, "AuthorizationHeaderMalformed"), (403, "SignatureDoesNotMatch"), (400, "InvalidSignatureException")),
    "unsigned-header": ((403, "AccessDenied"), (403, "SignatureDoesNotMatch"), (400, "InvalidSignatureException")),
    "no-hash": ((400, "MissingSecurityHeader"), (403, "SignatureDoesNotMatch"), (400, "InvalidSignatureException")),
    "hash": ((400, "XAmzContentSHA256Mismatch"), (403, "SignatureDoesNotMatch"), (400, "InvalidSignatureException")),
    "signature": ((403, "SignatureDoesNotMatch"), (403, "SignatureDoesNotMatch"), (400, "InvalidSignatureException")),
    "denied": ((403, "AccessDenied"), (403, "AccessDenied"), (400, "AccessDeniedException")),
}

_MESSAGES = {
    "missing": "Request is missing Authentication Token",
    "incomplete": "The authorization header is malformed",
    "unknown-key": "The security token included in the request is invalid.",
    "token": "The security token included in the request is invalid.",
    "expired-token": "The security token included in the request is expired",
    "expired-url": "Request has expired",
    "skew": "Signature expired: the difference between the request time and the current time is too large.",
    "scope": "Credential should be scoped to a valid region and to the day of the request.",
    "unsigned-header": "There were headers present in the request which were not signed",
    "no-hash": "Missing required header for this request: x-amz-content-sha256",
    "hash": "The provided 'x-amz-content-sha256' header does not match what was computed.",
    "signature": "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method.",
}

REST_JSON = ("lambda", "batch", "scheduler", "apigateway")
"""Services whose refusals have the status 403."""


def refusal(service: str, reason: str, message: str = "") -> Answer:
    s3, query, plain = _CODES[reason]
    status, code = s3 if service == "s3" else query if service in QUERY else plain
    if service in REST_JSON:
        status = 403
    return status, *written(service, code, message or _MESSAGES[reason])


def written(service: str, code: str, message: str) -> tuple[bytes, list[tuple[str, str]]]:
    """An error as that service writes it: body and headers."""
    if service == "s3":
        body, kind = f"<Error><Code>{code}</Code><Message>{escape(message)}</Message></Error>", "application/xml"
    elif service in QUERY:
        body, kind = f"<ErrorResponse><Error><Code>{code}</Code><Message>{escape(message)}</Message></Error></ErrorResponse>", "text/xml"
    else:
        body, kind = json.dumps({"__type": code, "message": message}), "application/x-amz-json-1.0"
    return body.encode(), [("content-type", kind), ("x-amzn-errortype", code)]
