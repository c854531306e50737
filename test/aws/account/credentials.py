"""Where a container gets its role's credentials: an address of its own, as the agent of Amazon ECS offers it."""

import json
import time
import uuid

from .iam.principals import Principal
from .place import place

_by_path: dict[str, Principal] = {}


def offer(principal: Principal) -> dict[str, str]:
    """The environment by which a container finds them; in AWS it is AWS_CONTAINER_CREDENTIALS_RELATIVE_URI."""
    name = uuid.uuid4().hex
    _by_path[name] = principal
    return {"AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{place.http}/_credentials/{name}"}


def read(name: str) -> tuple[int, bytes]:
    found = _by_path.get(name)
    return (200, json.dumps(as_json(found)).encode()) if found else (404, b"{}")


def as_json(principal: Principal) -> dict[str, str]:
    ends = {"Expiration": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(principal.expires))} if principal.expires else {}
    token = {"Token": principal.token} if principal.token else {}
    return {"Arn": principal.arn, "AccessKeyId": principal.access_key, "SecretAccessKey": principal.secret, **token, **ends}


def as_environment(principal: Principal) -> dict[str, str]:
    """Where a Lambda function finds its role's."""
    token = {"AWS_SESSION_TOKEN": principal.token} if principal.token else {}
    return {"AWS_ACCESS_KEY_ID": principal.access_key, "AWS_SECRET_ACCESS_KEY": principal.secret, **token}
