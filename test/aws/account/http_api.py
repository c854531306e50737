"""HTTP APIs and function URLs as Lambda sees them (payload format 2.0), and the `/_rig` routes, on one port."""

import base64
import json
import re
import sys
import time
import uuid
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, unquote, urlsplit

from moto.apigatewayv2.models import apigatewayv2_backends

from . import credentials, faults, gate, lambdas, rest_api, rig, signatures, stats
from .iam import principals, rights
from .iam.conditions import PolicyError
from .iam.policy import Need
from .iam.principals import Principal
from .place import ACCOUNT, REGION

MAX_BODY = 10 * 1024 * 1024
"""Amazon API Gateway quotas for HTTP APIs: 10 MB a payload."""

TEXT = re.compile(r"^(text/|application/(.*\+)?(json|xml|javascript)|application/x-www-form-urlencoded)")

function_urls: dict[str, str] = {}
"""Function name → AuthType."""


EXECUTE = f"arn:aws:execute-api:{REGION}:{ACCOUNT}"


@dataclass(frozen=True)
class Call:
    route_key: str
    path: str
    parameters: dict[str, str]
    api_id: str
    caller: Principal | None


class Server(ThreadingHTTPServer):
    request_queue_size = 128
    daemon_threads = True


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer_any(self) -> None:
        length = int(self.headers.get("content-length") or 0)
        body = self.rfile.read(length)
        if len(body) < length:
            self.close_connection = True
            return
        url = urlsplit(self.path)
        if url.path.startswith("/_rig/"):
            return self.reply(*rig.answer(self.command, url.path.removeprefix("/_rig/"), dict(parse_qsl(url.query)), body))
        if url.path.startswith("/_credentials/"):
            return self.reply(*credentials.read(url.path.removeprefix("/_credentials/")))
        fault = faults.take("http", f"{self.command} {url.path}")
        if fault and not fault.after:
            return self.reply(fault.status, json.dumps({"message": fault.code}).encode())
        answer = self.route(url, body)
        if fault:
            return self.reply(fault.status, json.dumps({"message": fault.code}).encode())
        self.reply(*answer)

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = do_OPTIONS = answer_any

    def route(self, url, body: bytes) -> tuple:
        first, _, rest = url.path.lstrip("/").partition("/")
        if first == "_url":
            return self.call_url(url, body, *rest.split("/", 1))
        if first == "_private":
            return self.call_private(url, body, *rest.split("/", 2))
        apis = apigatewayv2_backends[ACCOUNT][REGION].apis
        api = apis.get(first)
        found = api and match_route(api, self.command, f"/{rest}")
        if not found:
            return 404, b'{"message":"Not Found"}'
        route, parameters = found
        stats.count("http", route.route_key)
        caller = None
        if route.authorization_type == "AWS_IAM":
            wanted = Need("execute-api:Invoke", f"{EXECUTE}:{first}/$default/{self.command}/{rest}")
            caller = self.caller(url, body, wanted)
            if not isinstance(caller, Principal):
                return caller
        if len(body) > MAX_BODY:
            return 413, b'{"message":"Request Entity Too Large"}'
        function = function_of(api.integrations[route.target.split("/")[-1]].integration_uri)
        if not may_call(function, f"{EXECUTE}:{first}/$default/{self.command}/{rest}"):
            return 500, b'{"message":"Internal Server Error"}'
        return self.answer_of(function, self.event(Call(route.route_key, f"/{rest}", parameters, api.api_id, caller), url, body))

    def caller(self, url, body: bytes, need: Need) -> "Principal | tuple":
        """Who it is that signed this and may do it; or the answer to anybody else."""
        headers: dict[str, str] = {}
        for name, value in self.headers.items():
            key = name.lower()
            headers[key] = f"{headers[key]},{value}" if key in headers else value
        request = signatures.Request(self.command, url.path, url.query, headers, body)
        service = need.action.split(":")[0]
        try:
            principal = signatures.verify(request, principals.find)
            if signatures.service(request) != service:
                raise signatures.Refused("scope")
            rights.require(principal, [need])
            return principal
        except signatures.Refused as refused:
            print("refused:", self.command, url.path, refused, file=sys.stderr, flush=True)
        except rights.Denied as denied:
            print("refused:", self.command, url.path, denied, file=sys.stderr, flush=True)
        except (PolicyError, LookupError) as error:
            return 403, json.dumps({"message": gate.unknown(error)}).encode()
        return 403, json.dumps({"message": "Forbidden"}).encode()

    def call_url(self, url, body: bytes, name: str, rest: str = "") -> tuple:
        caller = None
        if function_urls.get(name) == "AWS_IAM":
            caller = self.caller(url, body, Need("lambda:InvokeFunctionUrl", f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}"))
            if not isinstance(caller, Principal):
                return caller
        return self.answer_of(lambdas.named(name), self.event(Call("$default", f"/{rest}", {}, name, caller), url, body))

    def call_private(self, url, body: bytes, api: str, stage: str, path: str) -> tuple:
        found = rest_api.match(api, stage, self.command, f"/{path}")
        if not found:
            return 403, b'{"message":"Missing Authentication Token"}'
        method, parameters = found
        stats.count("http", f"private {method[0]} {method[1]}")
        resource = f"{EXECUTE}:{api}/{stage}/{self.command}/{path}"
        need = Need("execute-api:Invoke", resource, rest_api.endpoint_of(api))
        caller = self.caller(url, body, need) if method[2] == "AWS_IAM" else principals.ADMINISTRATOR
        if not isinstance(caller, Principal):
            return caller
        if not rest_api.lets_in(api, need, caller):
            return 403, b'{"Message":"User: anonymous is not authorized to perform: execute-api:Invoke"}'
        function = function_of(method[3])
        if not may_call(function, resource):
            return 500, b'{"message":"Internal Server Error"}'
        headers, is_text = self.plain_headers()
        event = rest_api.event(api, stage, method, f"/{path}", parameters, headers, body, is_text)
        event["requestContext"]["identity"] = {"sourceIp": "10.64.0.1", "userArn": caller.arn, "user": caller.id, "accountId": ACCOUNT, "accessKey": caller.access_key}
        return self.answer_of(function, event)

    def plain_headers(self) -> tuple[dict[str, str], bool]:
        """Those of one name in one line; whether the body is a text."""
        headers: dict[str, str] = {}
        for name, value in self.headers.items():
            key = name.lower()
            headers[key] = f"{headers[key]},{value}" if key in headers else value
        return headers, bool(TEXT.match(headers.get("content-type", "text/plain")))

    def answer_of(self, function, event: dict) -> tuple:
        if len(json.dumps(event)) > lambdas.MAX_PAYLOAD:
            return 413, b'{"message":"Request Entity Too Large"}'
        answer = lambdas.invoke(function, event)
        if "error" in answer:
            return 500, b'{"message":"Internal Server Error"}'
        result = answer["result"]
        if not isinstance(result, dict) or "statusCode" not in result:
            return 200, json.dumps(result).encode(), {"content-type": "application/json"}
        text = result.get("body") or ""
        content = base64.b64decode(text) if result.get("isBase64Encoded") else text.encode()
        headers = dict(result.get("headers") or {})
        return result["statusCode"], content, headers, result.get("cookies") or []

    def event(self, call: "Call", url, body: bytes) -> dict:
        headers, is_text = self.plain_headers()
        query: dict[str, str] = {}
        for key, value in parse_qsl(url.query, keep_blank_values=True):
            query[key] = f"{query[key]},{value}" if key in query else value
        event = {
            "version": "2.0",
            "routeKey": call.route_key,
            "rawPath": call.path,
            "rawQueryString": url.query,
            "headers": headers,
            "requestContext": {
                "accountId": ACCOUNT,
                "apiId": call.api_id,
                "domainName": self.headers.get("host", ""),
                "domainPrefix": call.api_id,
                "stage": "$default",
                "requestId": str(uuid.uuid4()),
                "routeKey": call.route_key,
                "time": time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime()),
                "timeEpoch": int(time.time() * 1000),
                "http": {"method": self.command, "path": call.path, "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1", "userAgent": headers.get("user-agent", "")},
                **({"authorizer": {"iam": identity(call.caller)}} if call.caller else {}),
            },
            "isBase64Encoded": not is_text,
        }
        if query:
            event["queryStringParameters"] = query
        if call.parameters:
            event["pathParameters"] = call.parameters
        if body:
            event["body"] = body.decode() if is_text else base64.b64encode(body).decode()
        return event

    def reply(self, status: int, body: bytes = b"", headers: dict | None = None, cookies: list[str] = ()) -> None:
        self.send_response(status)
        for name, value in (headers or {"content-type": "application/json"}).items():
            if name.lower() not in ("content-length", "connection", "transfer-encoding"):
                self.send_header(name, str(value))
        for cookie in cookies:
            self.send_header("set-cookie", cookie)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


def identity(caller: Principal) -> dict[str, str | None]:
    """As a function hears of who called. Source: Amazon API Gateway, "AWS Lambda integrations for HTTP APIs"."""
    about = {"accessKey": caller.access_key, "accountId": ACCOUNT, "callerId": caller.id, "userArn": caller.arn, "userId": caller.id}
    return {**about, "cognitoIdentity": None, "principalOrgId": None}


def function_of(integration: str):
    return lambdas.named(integration.split("functions/")[1].split("/invocations")[0] if "functions/" in integration else integration)


def may_call(function, source_arn: str) -> bool:
    """Whether the function's own policy lets API Gateway call it."""
    try:
        rights.require_service("apigateway.amazonaws.com", Need("lambda:InvokeFunction", function.function_arn), source_arn)
        return True
    except rights.Denied as denied:
        print("refused:", denied, file=sys.stderr, flush=True)
        return False


def match_route(api, method: str, path: str):
    """The most specific route, as API Gateway chooses: an exact path, then parameters, then a greedy one, then $default."""
    found = []
    for route in api.routes.values():
        if route.route_key == "$default":
            found.append(((9, 9, 9), route, {}))
            continue
        wanted, pattern = route.route_key.split(" ", 1)
        if wanted not in (method, "ANY"):
            continue
        expression = re.sub(r"\\\{(\w+)\\\+\\\}", r"(?P<\1>.+)", re.escape(pattern))
        expression = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", expression)
        if hit := re.fullmatch(expression, path):
            parameters = {name: unquote(value) for name, value in hit.groupdict().items()}
            found.append(((pattern.count("+}"), pattern.count("{"), wanted == "ANY"), route, parameters))
    if not found:
        return None
    _, route, parameters = min(found, key=lambda one: one[0])
    return route, parameters
