"""Step Functions: executions of a version of a state machine, and executions within executions, which stop with them."""

from moto.core.responses import EmptyResult
from moto.stepfunctions.models import StateMachineVersion
from moto.stepfunctions.parser.models import StepFunctionsParserBackend
from moto.stepfunctions.responses import StepFunctionResponse

from . import machine_roles

STARTED_BY = "AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID"
"""The field of an execution's input that names the execution it is within."""


def install() -> None:
    _keep_executions_with_their_machine()
    _stop_what_is_within()
    StepFunctionResponse.delete_state_machine_version = _delete_version


def _keep_executions_with_their_machine() -> None:
    """A version has the executions that were started with its ARN; their own ARNs and names are the machine's."""
    creating = StateMachineVersion.__init__

    def create(self, source, version, description):
        self.source = source
        creating(self, source, version, description)

    StateMachineVersion.__init__ = create
    own = property(
        lambda self: [one for one in self.source.executions if getattr(one, "version_arn", None) == self.arn],
        lambda self, _: None,
    )
    StateMachineVersion.executions = own
    StateMachineVersion._handle_name_input_idempotency = lambda self, *given: self.source._handle_name_input_idempotency(*given)
    starting = StepFunctionsParserBackend.start_execution

    def start(self, state_machine_arn, *given, **named):
        execution = starting(self, state_machine_arn, *given, **named)
        machine = execution.state_machine
        if isinstance(machine, StateMachineVersion) and execution not in machine.source.executions:
            execution.version_arn = machine.arn
            machine.arn = execution.state_machine_arn = machine.source_arn
            machine.source.executions.append(execution)
        return execution

    StepFunctionsParserBackend.start_execution = start


def _stop_what_is_within() -> None:
    stopping = StepFunctionsParserBackend.stop_execution

    def stop(self, execution_arn):
        stopped = stopping(self, execution_arn)
        role = next((one.roleArn for one in self.state_machines if any(each.execution_arn == execution_arn for each in one.executions)), None)
        for machine in self.state_machines:
            for one in machine.executions:
                if one.status != "RUNNING" or not isinstance(one.input_data, dict) or one.input_data.get(STARTED_BY) != execution_arn:
                    continue
                if role and machine_roles.may_stop(role, one.execution_arn):
                    stop(self, one.execution_arn)
        return stopped

    StepFunctionsParserBackend.stop_execution = stop


def _delete_version(self) -> EmptyResult:
    arn, number = self._get_param("stateMachineVersionArn").rsplit(":", 1)
    for machine in self.stepfunction_backend.state_machines:
        if machine.arn == arn:
            machine.versions.pop(int(number), None)
    return EmptyResult()
