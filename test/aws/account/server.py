"""moto's server, and what happens to a request before it gets there: counted, signed, checked, failed on purpose."""

import base64
import functools
import hashlib
import io
import logging
import socket
import sys
import threading

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import BaseWSGIServer, make_server

from . import faults, signatures, stats
from .place import JOB_KEY

# DynamoDB's writes are atomic; moto's threads take turns in the middle of one.
_dynamodb = threading.Lock()


def bind(port: int) -> BaseWSGIServer:
    """Takes a port (0: a free one) at once; requests wait until the server serves."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    app = DomainDispatcherApplication(create_backend_app)
    # moto goes through all of its services for each request.
    app.get_backend_for_host = functools.cache(app.get_backend_for_host)
    return make_server("127.0.0.1", port, Gate(app), threaded=True)


class Gate:
    def __init__(self, app):
        self.app = app
        # moto looks for the service of each request anew; of this one there are many.
        self.dynamodb = create_backend_app("dynamodb")

    def __call__(self, environ, start):
        headers = _headers(environ)
        query = environ.get("QUERY_STRING", "")
        service = signatures.service(headers, query) or "unsigned"
        name = f"{service}:{_operation(environ)}"
        stats.count("aws", name)
        if fault := faults.take("aws", name, is_cut=True):
            _cut(environ, fault.cut)
        if service == "s3" and (refusal := _refuse_s3(environ, headers, query)):
            return _answer(start, *refusal)
        if signatures.access_key(headers, query) == JOB_KEY:
            return _answer(start, 403, *_denied(service))
        fault = faults.take("aws", name)
        if fault and not fault.after:
            return _answer(start, fault.status, *_with_type(faults.aws_answer(fault, service), fault.code))
        status: list[str] = []

        def begin(line, response_headers, error=None):
            status.append(line)
            return (lambda _: None) if fault else start(line, response_headers, error)

        if service == "dynamodb":
            with _dynamodb:
                body = list(self.dynamodb(environ, begin))
        else:
            body = list(self.app(environ, begin))
        if fault:
            return _answer(start, fault.status, *_with_type(faults.aws_answer(fault, service), fault.code))
        if status and status[0][0] in "45" and not status[0].startswith(("404", "412")):
            text = b"".join(body)[:1500].decode(errors="replace")
            if "ConditionalCheckFailed" not in text:
                print("refused:", name, environ["PATH_INFO"][:80], status[0], text, file=sys.stderr, flush=True)
        return body


def _cut(environ, size: int) -> None:
    """Reads a part of the body and is gone."""
    environ["wsgi.input"].read(size)
    environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
    raise ConnectionResetError


def _headers(environ) -> dict[str, str]:
    found = {key[5:].replace("_", "-").lower(): value for key, value in environ.items() if key.startswith("HTTP_")}
    for key in ("CONTENT_TYPE", "CONTENT_LENGTH"):
        if environ.get(key):
            found[key.replace("_", "-").lower()] = environ[key]
    return found


def _operation(environ) -> str:
    target = environ.get("HTTP_X_AMZ_TARGET", "")
    return target.split(".")[-1] if target else f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}"


def _refuse_s3(environ, headers, query) -> tuple[int, bytes, list] | None:
    """What S3 checks of an upload and of a presigned URL, and moto doesn't."""
    method = environ["REQUEST_METHOD"]
    body = b""
    if method == "PUT":
        length = int(headers.get("content-length") or 0)
        body = environ["wsgi.input"].read(length)
        if len(body) < length:
            return 400, _s3_error("IncompleteBody"), []
        environ["wsgi.input"] = io.BytesIO(body)
    if "X-Amz-Signature=" in query:
        path = environ.get("RAW_URI", environ["PATH_INFO"]).partition("?")[0]
        if not signatures.is_signed(method, path, query, headers, body):
            return 403, _s3_error("SignatureDoesNotMatch"), []
    wanted = headers.get("x-amz-checksum-sha256")
    if wanted and method == "PUT" and "aws-chunked" not in headers.get("content-encoding", ""):
        if base64.b64encode(hashlib.sha256(body).digest()).decode() != wanted:
            return 400, _s3_error("BadDigest"), []
    return None


def _s3_error(code: str) -> bytes:
    return f"<Error><Code>{code}</Code><Message>{code}</Message></Error>".encode()


def _denied(service: str) -> tuple[bytes, list]:
    fault = faults.Fault("aws", None, 403, "AccessDenied" if service == "s3" else "AccessDeniedException", 0, 0, False)
    return _with_type(faults.aws_answer(fault, service), fault.code)


def _with_type(answer: tuple[bytes, str], code: str) -> tuple[bytes, list]:
    body, kind = answer
    return body, [("content-type", kind), ("x-amzn-errortype", code)]


def _answer(start, status: int, body: bytes, headers: list):
    start(f"{status} Refused", [*headers, ("content-length", str(len(body)))])
    return [body]
