"""Private REST APIs as Lambda sees them (payload format 1.0). Their addresses lead here from the containers of jobs alone."""

import base64
import json
import re
import uuid
from dataclasses import dataclass, field
from urllib.parse import unquote

from .iam import rights
from .iam.policy import Caller, Need
from .iam.principals import Principal
from .place import ACCOUNT, REGION, place


@dataclass
class RestApi:
    paths: dict[str, str] = field(default_factory=dict)
    """Resource id → path."""
    methods: list[tuple[str, str, str, str]] = field(default_factory=list)
    """Method, path, authorization, the integration's URI."""
    stages: set[str] = field(default_factory=set)
    endpoint: str = ""
    """The VPC endpoint by which it is reached."""


apis: dict[str, RestApi] = {}


def add_api(properties, account, region, name):
    if properties["EndpointConfiguration"]["Types"] != ["PRIVATE"]:
        raise ValueError("there are only private REST APIs here")
    identity, root = uuid.uuid4().hex[:10], uuid.uuid4().hex[:10]
    apis[identity] = RestApi({root: ""}, endpoint=properties["EndpointConfiguration"]["VpcEndpointIds"][0])
    rights.resource_policies[f"arn:aws:execute-api:{region}:{account}:{identity}"] = json.dumps(properties["Policy"])
    return identity, {"RootResourceId": root}


def delete_api(identity, account, region):
    apis.pop(identity, None)


def add_resource(properties, account, region, name):
    paths = apis[properties["RestApiId"]].paths
    identity = uuid.uuid4().hex[:10]
    paths[identity] = f"{paths[properties['ParentId']]}/{properties['PathPart']}"
    return identity, {}


def add_method(properties, account, region, name):
    api = apis[properties["RestApiId"]]
    path = api.paths[properties["ResourceId"]]
    api.methods.append((properties["HttpMethod"], path, properties["AuthorizationType"], properties["Integration"]["Uri"]))
    return name, {}


def add_stage(properties, account, region, name):
    apis[properties["RestApiId"]].stages.add(properties["StageName"])
    return properties["StageName"], {}


ADDRESS = re.compile(rf"https://(\w+)\.execute-api\.{REGION}\.amazonaws\.com\b")


def resolve(text: str) -> str:
    """What the endpoint's private DNS does: an API's address is one on this machine."""
    return ADDRESS.sub(lambda hit: f"{place.http}/_private/{hit[1]}" if hit[1] in apis else hit[0], text)


def match(identity: str, stage: str, method: str, path: str):
    """The most specific method, its path's parameters."""
    api = apis.get(identity)
    if not api or stage not in api.stages:
        return None
    found = []
    for one in api.methods:
        pattern = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(one[1]))
        if one[0] in (method, "ANY") and (hit := re.fullmatch(pattern, path)):
            found.append((one, {key: unquote(value) for key, value in hit.groupdict().items()}))
    return min(found, key=lambda one: one[0][1].count("{"), default=None)


def endpoint_of(identity: str) -> dict[str, str]:
    return {"aws:sourcevpce": apis[identity].endpoint}


def lets_in(identity: str, need: Need, caller: Principal) -> bool:
    """A private API whose own policy does not let somebody in lets nobody in, whatever rights they have."""
    subject = caller.arn if caller.kind == "administrator" else f"arn:aws:iam::{ACCOUNT}:{caller.kind}/{caller.name}"
    asked = Need(need.action, need.resource, {**need.context, "aws:principalarn": subject})
    return rights.by_resource(asked, Caller("AWS", subject)).effect == "allow"


def event(identity: str, stage: str, method, path: str, parameters: dict, headers: dict[str, str], body: bytes, is_text: bool) -> dict:
    return {
        "resource": method[1],
        "path": path,
        "httpMethod": method[0],
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "pathParameters": parameters or None,
        "stageVariables": None,
        "requestContext": {
            "accountId": ACCOUNT,
            "apiId": identity,
            "stage": stage,
            "path": f"/{stage}{path}",
            "resourcePath": method[1],
            "httpMethod": method[0],
            "protocol": "HTTP/1.1",
            "requestId": str(uuid.uuid4()),
        },
        "body": (body.decode() if is_text else base64.b64encode(body).decode()) if body else None,
        "isBase64Encoded": bool(body) and not is_text,
    }
