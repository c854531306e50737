"""CloudFormation's custom resources: a function is asked, and answers by a PUT to the URL that it was given."""

import json
import threading
import uuid
from http.server import BaseHTTPRequestHandler, HTTPServer

from moto.cloudformation.custom_model import CustomModel
from moto.cloudformation.parsing import ResourceMap

from . import lambdas

_properties: dict[str, dict] = {}
"""Physical id → properties."""


def install() -> None:
    def create(cls, resource_name, cloudformation_json, account_id, region_name, **about):
        properties = cloudformation_json["Properties"]
        made = CustomModel(region_name, str(uuid.uuid4()), about["LogicalId"], resource_name)
        answer = _ask("Create", properties, about["StackId"], about["LogicalId"], None)
        made.resource_name = answer["PhysicalResourceId"]
        made.set_data(answer.get("Data", {}))
        _properties[f"{about['StackId']} {about['LogicalId']}"] = properties
        return made

    CustomModel.create_from_cloudformation_json = classmethod(create)
    deleting = ResourceMap.delete

    def delete(self):
        """What a resource needs goes after it; of custom resources that is all that their functions may call."""
        for name, resource in list(self._parsed_resources.items()):
            if isinstance(resource, CustomModel):
                properties = _properties.pop(f"{self.stack_id} {name}")
                _ask("Delete", properties, self.stack_id, name, resource.physical_resource_id)
                del self._parsed_resources[name]
                del self._resource_json_map[name]
        deleting(self)

    ResourceMap.delete = delete


def _ask(kind: str, properties: dict, stack: str, name: str, physical_id: str | None) -> dict:
    told: list[dict] = []

    class Answer(BaseHTTPRequestHandler):
        def do_PUT(self):
            told.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    event = {
        "RequestType": kind,
        "ServiceToken": properties["ServiceToken"],
        "ResponseURL": f"http://127.0.0.1:{server.server_port}/",
        "StackId": stack,
        "RequestId": str(uuid.uuid4()),
        "LogicalResourceId": name,
        "ResourceType": "AWS::CloudFormation::CustomResource",
        "ResourceProperties": properties,
        **({"PhysicalResourceId": physical_id} if physical_id else {}),
    }
    answer = lambdas.invoke(lambdas.named(properties["ServiceToken"]), event)
    server.shutdown()
    if not told or told[0]["Status"] != "SUCCESS":
        raise RuntimeError(f"custom resource {name}: {told or answer}")
    return told[0]
