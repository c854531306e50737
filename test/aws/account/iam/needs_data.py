"""What requests to DynamoDB and S3 need. Source: Service Authorization Reference, and for S3 "Required permissions for API operations"."""

import re
from collections.abc import Callable, Mapping
from urllib.parse import parse_qs, unquote

from moto.dynamodb.models import dynamodb_backends

from ..place import ACCOUNT, REGION
from ..signatures import Request
from .conditions import PolicyError
from .policy import Need


def _hash_key(table: str) -> str:
    found = dynamodb_backends[ACCOUNT][REGION].tables.get(table)
    return found.hash_key_attr if found else "pk"


def _item(action: str, table: str, keys: list[Mapping]) -> Need:
    """With the partitions that it names: for the policy they are the leading keys."""
    name = table.split("/")[-1]
    partitions = sorted({str(next(iter(key[_hash_key(name)].values()))) for key in keys})
    return Need(f"dynamodb:{action}", _table(name), {"dynamodb:leadingkeys": partitions})


def _table(name: str) -> str:
    return f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{name}"


def _by_key(action: str) -> Callable[[dict], list[Need]]:
    return lambda asked: [_item(action, asked["TableName"], [asked["Item" if action == "PutItem" else "Key"]])]


def _query(asked: dict) -> list[Need]:
    table = asked["TableName"].split("/")[-1]
    if "IndexName" in asked or "KeyConditionExpression" not in asked:
        raise PolicyError("queries of an index, and those without a KeyConditionExpression, are not known here")
    names = asked.get("ExpressionAttributeNames", {})
    for name, value in re.findall(r"(#?\w+)\s*=\s*(:\w+)", asked["KeyConditionExpression"]):
        if names.get(name, name) == _hash_key(table):
            return [_item("Query", table, [{_hash_key(table): asked["ExpressionAttributeValues"][value]}])]
    raise PolicyError(f"no partition in {asked['KeyConditionExpression']}")


def _batch_get(asked: dict) -> list[Need]:
    return [_item("BatchGetItem", table, wanted["Keys"]) for table, wanted in asked["RequestItems"].items()]


_IN_TRANSACTION = {"Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem", "ConditionCheck": "ConditionCheckItem", "Get": "GetItem"}


def _transaction(asked: dict) -> list[Need]:
    """A transaction needs what its parts would need."""
    parts = [next(iter(one.items())) for one in asked["TransactItems"]]
    return [_item(_IN_TRANSACTION[kind], one["TableName"], [one["Item" if kind == "Put" else "Key"]]) for kind, one in parts]


DYNAMODB: dict[str, Callable[[dict], list[Need] | None]] = {
    **{name: _by_key(name) for name in ("GetItem", "PutItem", "UpdateItem", "DeleteItem")},
    "Query": _query,
    "BatchGetItem": _batch_get,
    "TransactWriteItems": _transaction,
    "TransactGetItems": _transaction,
    # They name no partition, so that conditions on all of them hold: AWS says so too.
    "Scan": lambda asked: [Need("dynamodb:Scan", _table(asked["TableName"]))],
}


def s3(request: Request) -> list[Need] | None:
    bucket, _, key = unquote(request.path).lstrip("/").partition("/")
    query = parse_qs(request.query, keep_blank_values=True)
    if not bucket or not request.headers.get("host", "").startswith("127.0.0.1"):
        return None
    if not key:
        is_listing = request.method in ("GET", "HEAD") and set(query) <= {"list-type", "prefix", "delimiter", "max-keys", "continuation-token", "start-after", "x-id"}
        prefix = {"s3:prefix": query["prefix"][0]} if "prefix" in query else {}
        return [Need("s3:ListBucket", f"arn:aws:s3:::{bucket}", prefix)] if is_listing else None
    action = _on_object(request.method, {name for name in query if not name.startswith(("X-Amz-", "x-amz-", "response-"))} - {"x-id"})
    if action is None:
        return None
    needs = [Need(f"s3:{action}", f"arn:aws:s3:::{bucket}/{key}")]
    if source := request.headers.get("x-amz-copy-source"):
        needs.append(Need("s3:GetObject", f"arn:aws:s3:::{unquote(source).lstrip('/')}"))
    if "x-amz-tagging" in request.headers:
        needs.append(Need("s3:PutObjectTagging", f"arn:aws:s3:::{bucket}/{key}"))
    if "if-match" in request.headers and request.method == "PUT":
        needs.append(Need("s3:GetObject", f"arn:aws:s3:::{bucket}/{key}"))
    return needs


def _on_object(method: str, query: set[str]) -> str | None:
    if method in ("GET", "HEAD"):
        return {frozenset(): "GetObject", frozenset({"uploadId"}): "ListMultipartUploadParts"}.get(frozenset(query))
    if method == "PUT":
        return "PutObject" if query in (set(), {"partNumber", "uploadId"}) else None
    if method == "POST":
        return "PutObject" if query in ({"uploads"}, {"uploadId"}) else None
    if method == "DELETE":
        return {frozenset(): "DeleteObject", frozenset({"uploadId"}): "AbortMultipartUpload"}.get(frozenset(query))
    return None
