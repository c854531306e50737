"""What requests to Lambda need. Source: Service Authorization Reference."""

import json
from urllib.parse import parse_qs, unquote

from moto.awslambda.exceptions import UnknownFunctionException
from moto.awslambda.models import lambda_backends

from ..place import ACCOUNT, REGION
from ..signatures import Request
from .conditions import Context
from .needs_work import given_tags, own_tags, passing
from .policy import Need


def find(request: Request) -> list[Need] | None:
    parts = [unquote(part) for part in request.path.strip("/").split("/")][1:]
    asked = json.loads(request.body) if request.body and parts[2:] != ["invocations"] else {}
    match [request.method, *parts]:
        case ["GET", "functions"]:
            return [Need("lambda:ListFunctions", "*")]
        case ["POST", "functions"]:
            return _create(asked)
        case [("GET" | "POST") as method, "tags", arn]:
            return _tag(method, arn, asked)
        case [method, "functions", name, *rest]:
            action = _ON_FUNCTION.get((method, *rest))
            return action and _on_function(action, name, parse_qs(request.query).get("Qualifier", [None])[0], asked)
    return None


_ON_FUNCTION = {
    ("POST", "invocations"): "InvokeFunction",
    ("GET",): "GetFunction",
    ("GET", "configuration"): "GetFunctionConfiguration",
    ("PUT", "code"): "UpdateFunctionCode",
    ("PUT", "configuration"): "UpdateFunctionConfiguration",
    ("POST", "versions"): "PublishVersion",
    ("GET", "versions"): "ListVersionsByFunction",
    ("DELETE",): "DeleteFunction",
}


def _arn(name: str) -> str:
    return f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}"


def _tags(name: str) -> Context:
    """Those of the function: its versions have none."""
    try:
        return own_tags(lambda_backends[ACCOUNT][REGION].get_function(name.split(":")[0]).tags)
    except UnknownFunctionException:
        return {}


def _on_function(action: str, name_or_arn: str, qualifier: str | None, asked: dict) -> list[Need]:
    name = name_or_arn.split(":function:")[-1]
    resource = _arn(f"{name}:{qualifier}" if qualifier else name)
    needs = [Need(f"lambda:{action}", resource, _tags(name))]
    return [*needs, passing(asked["Role"], "lambda.amazonaws.com")] if "Role" in asked else needs


def _create(asked: dict) -> list[Need]:
    arn, given = _arn(asked["FunctionName"]), given_tags(asked.get("Tags") or {})
    needs = [Need("lambda:CreateFunction", arn, given), passing(asked["Role"], "lambda.amazonaws.com")]
    return [*needs, Need("lambda:TagResource", arn, given)] if given else needs


def _tag(method: str, arn: str, asked: dict) -> list[Need]:
    own = _tags(arn.split(":function:")[-1])
    if method == "GET":
        return [Need("lambda:ListTags", arn, own)]
    return [Need("lambda:TagResource", arn, {**own, **given_tags(asked["Tags"])})]
