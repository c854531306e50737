"""DynamoDB: moto's, without what grows with the table: a copy of it all for each transaction, a walk over it for each query, and what is
looked for in vain in each value of an answer."""

import copy
import types

from moto.core.common_models import BaseModel
from moto.core.serialize import ResponseSerializer
from moto.dynamodb import models
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import DynamoType
from moto.dynamodb.models.table import Table


def install() -> None:
    # It keeps a list of everything that it ever made, each item that was read included.
    BaseModel.__new__ = staticmethod(lambda cls, *args, **options: object.__new__(cls))
    models.copy = types.SimpleNamespace(deepcopy=lambda one: one if isinstance(one, Table) else copy.deepcopy(one))
    writing = DynamoDBBackend.transact_write_items

    def write_together(self, transact_items):
        before = [_standing(self, item) for item in transact_items]
        try:
            return writing(self, transact_items)
        except Exception:
            for table, key, item in before:
                _restore(table, key, item)
            raise

    DynamoDBBackend.transact_write_items = write_together
    _query_one_partition()
    _write_values_as_they_are()


def _standing(backend, transaction_item: dict):
    """A transaction's item as it is before, to put it back."""
    kind, write = next(iter(transaction_item.items()))
    table = backend.get_table(write["TableName"])
    attributes = write["Item"] if kind == "Put" else write["Key"]
    key = DynamoType(attributes[table.hash_key_attr]), DynamoType(attributes[table.range_key_attr])
    return table, key, copy.deepcopy(table.items[key[0]].get(key[1]) if key[0] in table.items else None)


def _restore(table: Table, key: tuple[DynamoType, DynamoType], item) -> None:
    if item is None:
        table.items.get(key[0], {}).pop(key[1], None)
    else:
        table.items[key[0]][key[1]] = item


def _query_one_partition() -> None:
    querying, walking = Table.query, Table.all_items

    def query(self, hash_key, range_comparison, range_objs, limit, start_key, is_forward, projections, index_name=None, *args, **options):
        # Requests to DynamoDB come one at a time (server.py).
        self.asked_partition = None if index_name else hash_key
        try:
            return querying(self, hash_key, range_comparison, range_objs, limit, start_key, is_forward, projections, index_name, *args, **options)
        finally:
            self.asked_partition = None

    def all_items(self):
        partition = getattr(self, "asked_partition", None)
        if partition is None:
            return walking(self)
        return iter(list(self.items.get(partition, {}).values()))

    Table.query, Table.all_items = query, all_items


def _write_values_as_they_are() -> None:
    """A value has one kind of eleven. moto looks for each of them, by every way to spell it: most of what an answer costs."""
    serializing = ResponseSerializer._serialize_type_structure

    def serialize(self, serialized, value, shape, key):
        if shape.name != "AttributeValue" or type(value) is not dict:
            return serializing(self, serialized, value, shape, key)
        written = self.MAP_TYPE()
        for kind, content in value.items():
            self._serialize(written, content, shape.members[kind], kind)
        self._default_serialize(serialized, written, shape, key)

    ResponseSerializer._serialize_type_structure = serialize
