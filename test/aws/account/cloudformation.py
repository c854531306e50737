"""CloudFormation: the resources that a stack may hold and moto's knows nothing of."""

from collections.abc import Callable

from moto.apigatewayv2.models import apigatewayv2_backends
from moto.batch.models import JobDefinition
from moto.cloudformation import models
from moto.core.common_models import CloudFormationModel
from moto.ec2.models import ec2_backends
from moto.ec2.models.route_tables import RouteTable

from . import http_api, lambdas, resource_policies, rest_api
from .place import place

_kept: list[type] = []
"""moto finds the classes by asking their parent, which does not hold on to them."""


def install() -> None:
    # The linter's warnings are not AWS's errors.
    models.validate_template_cfn_lint = lambda template: []
    _resource("AWS::ApiGatewayV2::Api", _api, _delete_api, ("ApiId", "ApiEndpoint"))
    _resource("AWS::ApiGatewayV2::Integration", _integration)
    _resource("AWS::ApiGatewayV2::Route", _route)
    _resource("AWS::ApiGateway::RestApi", rest_api.add_api, rest_api.delete_api, ("RootResourceId",))
    _resource("AWS::ApiGateway::Resource", rest_api.add_resource)
    _resource("AWS::ApiGateway::Method", rest_api.add_method)
    _resource("AWS::ApiGateway::Stage", rest_api.add_stage)
    _resource("AWS::Lambda::Url", _function_url, attributes=("FunctionUrl", "FunctionArn"))
    _resource("AWS::Lambda::EventInvokeConfig", _event_invoke_config)
    _resource("AWS::Scheduler::ScheduleGroup", _schedule_group, _delete_schedule_group, ("Arn",))
    _resource("AWS::S3::BucketPolicy", resource_policies.bucket)
    _resource("AWS::SQS::QueuePolicy", resource_policies.queue)
    resource_policies.install()
    for kind in (
        "AWS::ApiGateway::Deployment",
        "AWS::ApiGatewayV2::Stage",
        "AWS::ApiGatewayV2::Authorizer",
        "AWS::SNS::TopicPolicy",
    ):
        _resource(kind, lambda properties, account, region, name: (name, {}))
    RouteTable.delete = _delete_route_table
    JobDefinition.delete = lambda definition, account, region: definition.deregister()


def _resource(kind: str, create: Callable, delete: Callable | None = None, attributes: tuple[str, ...] = ()) -> None:
    """`create` gives the physical id and the values of the attributes."""

    class Resource(CloudFormationModel):
        # moto takes only the classes whose module begins like its own.
        __module__ = "moto.account"

        def __init__(self, physical_id, values):
            self.physical_id, self.values = physical_id, values

        @property
        def physical_resource_id(self):
            return self.physical_id

        @staticmethod
        def cloudformation_name_type():
            return ""

        @staticmethod
        def cloudformation_type():
            return kind

        @classmethod
        def has_cfn_attr(cls, attr):
            return attr in attributes

        def get_cfn_attribute(self, attribute_name):
            return self.values[attribute_name]

        @classmethod
        def create_from_cloudformation_json(cls, resource_name, cloudformation_json, account_id, region_name, **_):
            return cls(*create(cloudformation_json.get("Properties", {}), account_id, region_name, resource_name))

        @classmethod
        def update_from_cloudformation_json(cls, original_resource, new_resource_name, cloudformation_json, account_id, region_name):
            return original_resource

        @classmethod
        def delete_from_cloudformation_json(cls, resource_name, cloudformation_json, account_id, region_name):
            if delete:
                delete(resource_name, account_id, region_name)

    _kept.append(Resource)


def _api(properties, account, region, name):
    backend = apigatewayv2_backends[account][region]
    kind = properties.get("ProtocolType", "HTTP")
    api = backend.create_api("", properties.get("CorsConfiguration"), "", False, False, properties["Name"], kind, "$request.method $request.path", {}, "")
    return api.api_id, {"ApiId": api.api_id, "ApiEndpoint": f"{place.http}/{api.api_id}"}


def _delete_api(api_id, account, region):
    apigatewayv2_backends[account][region].apis.pop(api_id, None)


def _integration(properties, account, region, name):
    backend = apigatewayv2_backends[account][region]
    version = properties.get("PayloadFormatVersion", "2.0")
    made = backend.create_integration(
        properties["ApiId"], None, "", "", "", "", "POST", "", properties["IntegrationType"], properties["IntegrationUri"],
        "", version, None, None, None, "", "", {},
    )
    return made.id, {}


def _route(properties, account, region, name):
    backend = apigatewayv2_backends[account][region]
    target = properties["Target"]
    if not isinstance(target, str):
        target = "/".join(target["Fn::Join"][1])
    authorization = properties.get("AuthorizationType", "NONE")
    made = backend.create_route(
        properties["ApiId"], False, [], authorization, properties.get("AuthorizerId"), "", "", None, None, properties["RouteKey"], "", target
    )
    return made.route_id, {}


def _function_url(properties, account, region, name):
    function = lambdas.named(properties["TargetFunctionArn"])
    http_api.function_urls[function.function_name] = properties.get("AuthType", "NONE")
    return name, {"FunctionUrl": f"{place.http}/_url/{function.function_name}/", "FunctionArn": function.function_arn}


def _event_invoke_config(properties, account, region, name):
    on_failure = properties.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination")
    if on_failure:
        lambdas.failure_destinations[lambdas.named(properties["FunctionName"]).function_name] = on_failure
    return name, {}


def _schedule_group(properties, account, region, name):
    from moto.scheduler.models import scheduler_backends

    group = properties.get("Name", name)
    scheduler_backends[account][region].create_schedule_group(group, [])
    return group, {"Arn": f"arn:aws:scheduler:{region}:{account}:schedule-group/{group}"}


def _delete_schedule_group(group, account, region):
    """With the schedules that are in it."""
    from moto.scheduler.models import scheduler_backends

    scheduler_backends[account][region].schedule_groups.pop(group, None)


def _delete_route_table(table, account, region):
    """Its associations are resources of their own, which moto leaves."""
    table._associations.clear()
    ec2_backends[account][region].delete_route_table(table.id)
