"""CloudFormation: the policies that resources have themselves, kept where requests are judged by them."""

import json

from moto.awslambda.models import Permission
from moto.iam.models import Role, _serialize_version_datetime
from moto.logs.models import LogGroup
from moto.sqs.models import sqs_backends

from . import lambdas
from .iam import rights
from .place import ACCOUNT, REGION


def install() -> None:
    _keep_permissions()
    _renew_roles()
    # Of a template's log group AWS gives the ARN with all that is in it.
    LogGroup.get_cfn_attribute = lambda self, name: f"{self.arn}:*" if name == "Arn" else None


def bucket(properties, account, region, name):
    rights.resource_policies[f"arn:aws:s3:::{properties['Bucket']}"] = json.dumps(properties["PolicyDocument"])
    return name, {}


def queue(properties, account, region, name):
    for url in properties["Queues"]:
        arn = sqs_backends[ACCOUNT][REGION].get_queue(url.split("/")[-1]).queue_arn
        rights.resource_policies[arn] = json.dumps(properties["PolicyDocument"])
    return name, {}


def _keep_permissions() -> None:
    making = Permission.create_from_cloudformation_json.__func__

    def make(cls, resource_name, cloudformation_json, account_id, region_name, **rest):
        properties = cloudformation_json["Properties"]
        made = making(cls, resource_name, cloudformation_json, account_id, region_name, **rest)
        function = lambdas.named(properties["FunctionName"]).function_arn
        condition = {"ArnLike": {"aws:SourceArn": properties["SourceArn"]}} if "SourceArn" in properties else {}
        if "SourceAccount" in properties:
            condition["StringEquals"] = {"aws:SourceAccount": properties["SourceAccount"]}
        policy = json.loads(rights.resource_policies.get(function, '{"Version": "2012-10-17", "Statement": []}'))
        policy["Statement"].append({
            "Effect": "Allow",
            "Principal": {"AWS" if properties["Principal"].startswith("arn:") else "Service": properties["Principal"]},
            "Action": properties["Action"],
            "Resource": function,
            **({"Condition": condition} if condition else {}),
        })
        rights.resource_policies[function] = json.dumps(policy)
        return made

    Permission.create_from_cloudformation_json = classmethod(make)


def _renew_roles() -> None:
    """An update of a stack changes what its roles may do; moto's leaves that as it was."""
    updating = Role.update_from_cloudformation_json.__func__

    def update(cls, original_resource, new_resource_name, cloudformation_json, account_id, region_name):
        properties = cloudformation_json["Properties"]
        updating(cls, original_resource, new_resource_name, cloudformation_json, account_id, region_name)
        trust = properties["AssumeRolePolicyDocument"]
        original_resource.assume_role_policy_document = trust if isinstance(trust, str) else json.dumps(trust, default=_serialize_version_datetime)
        original_resource.policies.clear()
        for policy in properties.get("Policies", []):
            original_resource.put_policy(policy["PolicyName"], policy["PolicyDocument"])
        return original_resource

    Role.update_from_cloudformation_json = classmethod(update)
