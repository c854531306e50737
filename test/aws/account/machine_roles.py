"""Step Functions: a machine's role, in whose name its executions call other services."""

import functools
import sys
import threading

import boto3
from botocore.config import Config
from moto.core.exceptions import AWSError
from moto.stepfunctions.parser.asl.component.state.exec.state_map.result_writer.resource_eval.resource_eval_s3 import ResourceEvalS3
from moto.stepfunctions.parser.asl.utils import boto_client
from moto.stepfunctions.parser.models import StepFunctionsParserBackend

from .iam import rights
from .iam.needs_work import machine_needs
from .iam.policy import Need
from .iam.principals import Principal
from .place import REGION, place


_lock = threading.Lock()
_clients: dict[tuple[str, str], object] = {}
"""By role and service."""


class AccessDenied(AWSError):
    TYPE = "AccessDeniedException"
    STATUS = 400


def install() -> None:
    _call_as_the_role()
    _check_machines()
    _check_result_writer()


@functools.cache
def session(role_arn: str) -> Principal:
    """Raises Denied where Step Functions may not take it."""
    return rights.assume_for("states.amazonaws.com", role_arn, "execution")


def require(role_arn: str, *needs: Need) -> None:
    rights.require(session(role_arn), needs)


def _call_as_the_role() -> None:
    """moto makes a client for every task that a state begins, which takes longer than its call, and with nobody's keys."""
    making = boto_client.boto_client_for

    def client_for(region, service, state_credentials=None):
        return client(service, state_credentials.role_arn)

    for module in list(sys.modules.values()):
        if getattr(module, "boto_client_for", None) is making:
            module.boto_client_for = client_for


def client(service: str, role_arn: str):
    """Of that service, with the role's keys."""
    with _lock:
        return _clients.get((role_arn, service)) or _clients.setdefault((role_arn, service), _new_client(service, session(role_arn)))


def _new_client(service: str, of: Principal):
    keys = {"aws_access_key_id": of.access_key, "aws_secret_access_key": of.secret, "aws_session_token": of.token}
    waiting = Config(parameter_validation=False, retries={"max_attempts": 0, "total_max_attempts": 1}, connect_timeout=3600, read_timeout=3600)
    return boto3.client(service, endpoint_url=place.endpoint, region_name=REGION, config=waiting, **keys)


def _check_machines() -> None:
    """A machine that waits for jobs or executions is made only where its role may make the rule that it hears of them by."""
    creating, updating = StepFunctionsParserBackend.create_state_machine, StepFunctionsParserBackend.update_state_machine

    def check(definition: str, role_arn: str) -> None:
        try:
            require(role_arn, *machine_needs(definition))
        except (rights.Denied, LookupError) as denied:
            raise AccessDenied(f"'{role_arn}' is not authorized to create managed-rule: {denied}") from denied

    def create(self, name, definition, roleArn, *given, **named):
        check(definition, roleArn)
        return creating(self, name, definition, roleArn, *given, **named)

    def update(self, arn, definition=None, role_arn=None, *given, **named):
        known = next((one for one in self.state_machines if one.arn == arn), None)
        if known and (definition or role_arn):
            check(definition or known.definition, role_arn or known.roleArn)
        return updating(self, arn, definition, role_arn, *given, **named)

    StepFunctionsParserBackend.create_state_machine = create
    StepFunctionsParserBackend.update_state_machine = update


def require_map(env) -> None:
    """The children of a distributed Map are executions that the machine's own role starts."""
    machine = env.states.context_object.context_object_data["StateMachine"]["Id"]
    require(env.aws_execution_details.role_arn, Need("states:StartExecution", ":".join(machine.split(":")[:7])))


def may_stop(role_arn: str, execution_arn: str) -> bool:
    return rights.may(session(role_arn), Need("states:StopExecution", execution_arn))


def _check_result_writer() -> None:
    """Source: AWS Step Functions Developer Guide, "IAM policies for using Distributed Map states"."""
    writing = ResourceEvalS3._handle_put_object

    def write(env, resource_runtime_part, state_credentials):
        asked = env.stack[-1]
        written = f"arn:aws:s3:::{asked['Bucket']}/{asked.get('Prefix', '').rstrip('/')}/one"
        actions = ("PutObject", "GetObject", "ListMultipartUploadParts", "AbortMultipartUpload")
        require(state_credentials.role_arn, *(Need(f"s3:{action}", written) for action in actions))
        writing(env, resource_runtime_part, state_credentials)

    ResourceEvalS3._handle_put_object = staticmethod(write)
