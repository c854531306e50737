"""Step Functions: moto's interpreter, with requests and answers spelled as the services do, and the status-change event."""

import copy
import functools
import json
import sys
import threading
import types
import uuid

import botocore.session
from botocore import xform_name
from botocore.exceptions import ClientError
from moto.batch.models import Job
from moto.core.config import default_user_config
from moto.stepfunctions import models
from moto.stepfunctions.parser import models as parser_models
from moto.stepfunctions.parser.asl.component.common.path import result_path
from moto.stepfunctions.parser.asl.component.state.exec.state_map.iteration.distributed_iteration_component import DistributedIterationComponent
from moto.stepfunctions.parser.asl.component.state.exec.state_task.credentials import StateCredentials
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import state_task_service_callback
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service import StateTaskService
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_batch import StateTaskServiceBatch
from moto.stepfunctions.parser.asl.parse.asl_parser import AmazonStateLanguageParser
from moto.stepfunctions.parser.asl.utils import json_path
from moto.stepfunctions.parser.backend import execution as executions
from moto.stepfunctions.parser.models import StepFunctionsParserBackend, stepfunctions_parser_backends

from . import batch, events, machine_roles


def install() -> None:
    default_user_config["stepfunctions"] = {"execute_state_machine": True}
    # A template's machines run too.
    models.stepfunctions_backends = stepfunctions_parser_backends
    # Each start would deep-copy the machine with all of its executions, running ones included.
    parser_models.copy = types.SimpleNamespace(deepcopy=copy.copy, copy=copy.copy)
    _substitute_definitions()
    _name_executions()
    StateTaskService._normalise_parameters = _spell_request
    StateTaskService._normalise_response = _spell_response
    _tell_of_ends()
    _keep_map_runs()
    # moto makes a parser for every path that it reads.
    for reader in (json_path, result_path):
        reader.parse = functools.cache(reader.parse)
    _parse_once()
    machine_roles.install()
    _wait_for_jobs_within()


def _substitute_definitions() -> None:
    """A template may give the definition as an object, with substitutions."""

    def with_text(cloudformation_json: dict) -> dict:
        properties = cloudformation_json["Properties"]
        text = properties.get("DefinitionString") or json.dumps(properties.get("Definition", {}))
        for name, value in (properties.get("DefinitionSubstitutions") or {}).items():
            text = text.replace("${%s}" % name, str(value))
        return {**cloudformation_json, "Properties": {**properties, "DefinitionString": text}}

    machine = models.StateMachine
    creating = machine.create_from_cloudformation_json.__func__
    updating = machine.update_from_cloudformation_json.__func__
    machine.create_from_cloudformation_json = classmethod(
        lambda cls, name, template, account, region, **rest: creating(cls, name, with_text(template), account, region, **rest)
    )
    machine.update_from_cloudformation_json = classmethod(
        lambda cls, old, name, template, account, region: updating(cls, old, name, with_text(template), account, region)
    )


def _name_executions() -> None:
    starting = StepFunctionsParserBackend.start_execution

    def start(self, state_machine_arn, name=None, execution_input=None, trace_header=None):
        return starting(self, state_machine_arn, name or str(uuid.uuid4()), execution_input, trace_header)

    StepFunctionsParserBackend.start_execution = start


@functools.cache
def _operation(service: str, action: str):
    model = botocore.session.get_session().get_service_model(service)
    return model.operation_model(next(name for name in model.operation_names if xform_name(name) == action))


def _operation_of(task: StateTaskService, service: str | None, action: str | None):
    return _operation(task._get_boto_service_name(service), task._get_boto_service_action(action))


def _is_lambda(task: StateTaskService) -> bool:
    return task.resource.service_name == "lambda"


def _spell_request(self, parameters, boto_service_name=None, service_action_name=None) -> None:
    if _is_lambda(self):
        return
    shape = _operation_of(self, boto_service_name, service_action_name).input_shape
    if shape and isinstance(parameters, dict):
        self._to_boto_request(parameters, shape)


def _spell_response(self, response, boto_service_name=None, service_action_name=None) -> None:
    if _is_lambda(self):
        return
    shape = _operation_of(self, boto_service_name, service_action_name).output_shape
    if shape:
        self._from_boto_response(response, shape)


def _tell_of_ends() -> None:
    worker = executions.BaseExecutionWorkerCommunication
    ending = worker.terminated

    def terminated(self) -> None:
        ending(self)
        ended = self.execution
        detail = {
            "executionArn": ended.exec_arn,
            "stateMachineArn": ended.state_machine.arn,
            "name": ended.name,
            "status": str(getattr(ended.exec_status, "value", ended.exec_status)),
            "startDate": _milliseconds(ended.start_date),
            "stopDate": _milliseconds(ended.stop_date),
            "input": json.dumps(ended.input_data),
            "output": None if ended.output is None else json.dumps(ended.output),
            "error": ended.error,
            "cause": ended.cause,
        }
        tell = functools.partial(events.emit, "aws.states", "Step Functions Execution Status Change", detail, [ended.exec_arn])
        threading.Thread(target=tell, daemon=True).start()

    worker.terminated = terminated


_map_runs: dict[str, list] = {}


def map_run_histories(name: str) -> list[list[dict]]:
    """What happened in each Map Run of the execution of that name: in AWS its children are executions with histories."""
    return [events.get_event_history() for events in _map_runs.get(name, [])]


def _keep_map_runs() -> None:
    running = DistributedIterationComponent._map_run

    def run(self, env, eval_input) -> None:
        machine_roles.require_map(env)
        name = env.states.context_object.context_object_data["Execution"]["Name"]
        _map_runs.setdefault(name, []).append(env.event_manager)
        running(self, env, eval_input)

    DistributedIterationComponent._map_run = run


def _parse_once() -> None:
    """moto parses a definition when it is put and again for each execution: here the first of these takes what is there."""
    parsed: dict[str, object] = {}
    parsing = AmazonStateLanguageParser.parse

    def parse(definition: str):
        return parsed.pop(definition, None) or parsing(definition)

    def keep(definition: str):
        parsed[definition] = parsing(definition)
        return parsed[definition]

    parser_models.AmazonStateLanguageParser = types.SimpleNamespace(parse=keep)
    AmazonStateLanguageParser.parse = staticmethod(parse)


def _wait_for_jobs_within() -> None:
    """Jobs are looked at where they are, often, and described once they have ended."""
    state_task_service_callback._DELAY_SECONDS_SYNC_CONDITION_CHECK = 0.1
    building = StateTaskServiceBatch._build_sync_resolver

    def build(self, env, state_credentials, **rest):
        one = batch.job(env.stack[-1]["JobId"])
        describe = building(self, env, state_credentials=state_credentials, **rest)

        def resolve():
            return describe() if one.status in ("SUCCEEDED", "FAILED") else None

        resolve.end_job = functools.partial(_end_job, one, state_credentials)
        return resolve

    StateTaskServiceBatch._build_sync_resolver = build
    waiting = StateTaskServiceBatch._eval_sync

    def wait(self, env, sync_resolver, **rest):
        outcome = waiting(self, env=env, sync_resolver=sync_resolver, **rest)
        if outcome is None:
            sync_resolver.end_job()
        return outcome

    StateTaskServiceBatch._eval_sync = wait


def _end_job(one: Job, state_credentials: StateCredentials) -> None:
    """Ends the job of a task that was aborted: its execution was stopped, or another branch or iteration failed.

    As well as it can and no better, in the name of the machine's role. Source: AWS Step Functions Developer Guide, "Run a Job
    (.sync)" and "Run AWS Batch workloads".
    """
    client = machine_roles.client("batch", state_credentials.role_arn)
    try:
        client.terminate_job(jobId=one.job_id, reason="The task of AWS Step Functions that waits for it was aborted")
    except ClientError as error:
        print(f"job {one.job_id} goes on: {error}", file=sys.stderr, flush=True)


def _milliseconds(date) -> int | None:
    return int(date.timestamp() * 1000) if date else None
