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

from . import faults, gate, refusals, signatures, stats
from .iam.principals import Principal

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
        service = signatures.service(_request(environ, b"")) or "unsigned"
        name = f"{service}:{_operation(environ)}"
        stats.count("aws", name)
        if fault := faults.take("aws", name, is_cut=True):
            _cut(environ, fault.cut)
        length = int(environ.get("CONTENT_LENGTH") or 0)
        request = _request(environ, environ["wsgi.input"].read(length))
        if len(request.body) < length:
            return _answer(start, 400, *refusals.written(service, "IncompleteBody", "IncompleteBody"))
        environ["wsgi.input"] = io.BytesIO(request.body)
        admitted = gate.admit(request, service)
        if not isinstance(admitted, Principal):
            _tell(name, environ, str(admitted[0]), admitted[1])
            return _answer(start, *admitted)
        if service == "s3" and _is_damaged(request):
            return _answer(start, 400, *refusals.written("s3", "BadDigest", "BadDigest"))
        fault = faults.take("aws", name)
        if fault and not fault.after:
            return _answer(start, fault.status, *faults.aws_answer(fault, service))
        if service == "sts" and b"Action=GetCallerIdentity" in request.body:
            return _answer(start, 200, *gate.identity(admitted))
        status, headers, body = self._carry_out(environ, service)
        if fault:
            return _answer(start, fault.status, *faults.aws_answer(fault, service))
        if hidden := gate.hide(request, service, admitted, status):
            return _answer(start, *hidden)
        if status[0] in "45" and not status.startswith(("404", "412")):
            _tell(name, environ, status, b"".join(body))
        start(status, headers)
        return body

    def _carry_out(self, environ, service: str) -> tuple[str, list, list[bytes]]:
        told: list = []

        def begin(line, response_headers, error=None):
            told[:] = [line, response_headers]
            return lambda _: None

        if service == "dynamodb":
            with _dynamodb:
                body = list(self.dynamodb(environ, begin))
        else:
            body = list(self.app(environ, begin))
        return told[0], told[1], body


def _tell(name: str, environ, status: str, body: bytes) -> None:
    text = body[:1500].decode(errors="replace")
    if "ConditionalCheckFailed" not in text:
        print("refused:", name, environ["PATH_INFO"][:80], status, text, file=sys.stderr, flush=True)


def _request(environ, body: bytes) -> signatures.Request:
    path = environ.get("RAW_URI", environ["PATH_INFO"]).partition("?")[0]
    return signatures.Request(environ["REQUEST_METHOD"], path, environ.get("QUERY_STRING", ""), _headers(environ), body)


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


def _is_damaged(request: signatures.Request) -> bool:
    """What S3 checks of an upload, and moto doesn't."""
    wanted = request.headers.get("x-amz-checksum-sha256")
    if not wanted or request.method != "PUT" or "aws-chunked" in request.headers.get("content-encoding", ""):
        return False
    return base64.b64encode(hashlib.sha256(request.body).digest()).decode() != wanted


def _answer(start, status: int, body: bytes, headers: list):
    start(f"{status} {'OK' if status < 300 else 'Refused'}", [*headers, ("content-length", str(len(body)))])
    return [body]
