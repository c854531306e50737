"""Lambda functions as they are made, changed, published and deleted: what AWS refuses, and how long it takes.

Source: AWS Lambda API reference, "Lambda function states" and "Lambda quotas" of its developer guide.
"""

import base64
import io
import json
import re
import threading
import time
import uuid
import zipfile
from collections import Counter
from urllib.parse import unquote

from moto.awslambda.exceptions import LambdaClientError, PreconditionFailedException
from moto.awslambda.models import LambdaBackend, LambdaFunction, LambdaStorage
from moto.awslambda.responses import LambdaResponse

from . import lambdas
from .iam import rights

PENDING_SECONDS = 0.4
"""How long a function that was just made can't be called."""

UPDATE_SECONDS = 0.3
"""How long after a change no other is taken, nor a version published."""

MAX_ZIP = 50 * 1024 * 1024
MAX_REQUEST = 70_167_211
MAX_UNZIPPED = 262_144_000
MAX_ENVIRONMENT = 4096
NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
RESERVED = re.compile(r"AWS_(REGION|DEFAULT_REGION|ACCESS_KEY.*|SECRET_ACCESS_KEY|SESSION_TOKEN|LAMBDA_.*|EXECUTION_ENV)|_HANDLER|LAMBDA_.*|TZ")


class Refused(LambdaClientError):
    def __init__(self, code: str, message: str, status: int = 400):
        super().__init__(code, message)
        self.code = status


_lock = threading.RLock()
_published: Counter[str] = Counter()
"""Name → the number of its newest version. Numbers are not used again, also not of a function that is made anew."""


def install() -> None:
    _create()
    _update()
    _publish()
    _delete()
    _tell_states()
    _invoke()


def invalid(message: str) -> Refused:
    return Refused("InvalidParameterValueException", message)


def _validation(field: str, value: object, constraint: str) -> Refused:
    return Refused("ValidationException", f"1 validation error detected: Value '{value}' at '{field}' failed to satisfy constraint: {constraint}")


def _check_settings(spec: dict) -> None:
    memory = spec.get("MemorySize", 128)
    if not 128 <= memory <= 10_240:
        raise _validation("memorySize", memory, "Member must have value less than or equal to 10240 and greater than or equal to 128")
    timeout = spec.get("Timeout", 3)
    if not 1 <= timeout <= 900:
        raise _validation("timeout", timeout, "Member must have value less than or equal to 900")
    variables = spec.get("Environment", {}).get("Variables", {})
    if reserved := [name for name in variables if RESERVED.fullmatch(name)]:
        raise invalid(f"Lambda was unable to configure your environment variables because the environment variables you have provided contains reserved keys that are currently not supported for modification. Reserved keys used in this request: {', '.join(reserved)}")
    if len(json.dumps(variables)) > MAX_ENVIRONMENT:
        raise invalid("Lambda was unable to configure your environment variables because the environment variables you have provided exceeded the 4KB limit.")
    if "Role" in spec:
        try:
            rights.assume_for("lambda.amazonaws.com", spec["Role"], spec.get("FunctionName", "function"))
        except (rights.Denied, LookupError) as error:
            raise invalid("The role defined for the function cannot be assumed by Lambda.") from error


def _check_code(spec: dict) -> None:
    if "ZipFile" not in spec:
        return
    content = base64.b64decode(spec["ZipFile"])
    if len(content) > MAX_ZIP or len(spec["ZipFile"]) > MAX_REQUEST:
        raise Refused("RequestEntityTooLargeException", f"Request must be smaller than {MAX_REQUEST} bytes for the operation", 413)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            unzipped = sum(one.file_size for one in archive.infolist())
    except zipfile.BadZipFile as error:
        raise invalid("Could not unzip uploaded file. Please check your file, then try to upload again.") from error
    if unzipped > MAX_UNZIPPED:
        raise invalid(f"Unzipped size must be smaller than {MAX_UNZIPPED} bytes")


def _require_no_publish(spec: dict) -> None:
    if spec.get("Publish"):
        raise Refused("NotKnownHere", "publishing with a change is not known here: publish the version by itself")


def state(function: LambdaFunction) -> str:
    return "Pending" if time.time() < getattr(function, "active_at", 0) else "Active"


def _update_status(function: LambdaFunction) -> str:
    return "InProgress" if time.time() < getattr(function, "updated_at", 0) else "Successful"


def require_idle(function: LambdaFunction) -> None:
    if state(function) == "Pending":
        raise Refused("ResourceConflictException", "The operation cannot be performed at this time. The function is currently in the following state: Pending", 409)
    if _update_status(function) == "InProgress":
        raise Refused("ResourceConflictException", f"The operation cannot be performed at this time. An update is in progress for resource: {function.function_arn}", 409)


def _require_revision(function: LambdaFunction, wanted: str | None) -> None:
    if wanted and wanted != revision(function):
        raise PreconditionFailedException("The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to retrieve the latest Revision Id")


def revision(function: LambdaFunction) -> str:
    """Another one once an update has come through, too."""
    if not hasattr(function, "revision"):
        function.revision = str(uuid.uuid4())
    return f"{function.revision}{'-' if _update_status(function) == 'InProgress' or state(function) == 'Pending' else ''}"


def _create() -> None:
    creating = LambdaResponse.create_function

    def create(self):
        spec = self.json_body
        name = spec.get("FunctionName", "")
        if not NAME.fullmatch(name):
            raise _validation("functionName", name, "Member must have length less than or equal to 64, and satisfy the pattern [a-zA-Z0-9-_]+")
        for field in ("Role", "Code", "Handler", "Runtime"):
            if not spec.get(field):
                raise invalid(f"{field} is mandatory for functions with the package type Zip.")
        _require_no_publish(spec)
        with _lock:
            _check_settings(spec)
            _check_code(spec["Code"])
            answer = creating(self)
            made = lambdas.named(name)
            made.active_at = time.time() + PENDING_SECONDS
            return answer[0], answer[1], json.dumps({**json.loads(answer[2]), **_states(made)})

    LambdaResponse.create_function = create


def _update() -> None:
    def guarded(change, check):
        def update(self, function_name, qualifier, body):
            with _lock:
                function = lambdas.named(function_name)
                require_idle(function)
                _require_revision(function, body.get("RevisionId"))
                _require_no_publish(body)
                check(body)
                change(self, function_name, qualifier, {key: value for key, value in body.items() if key != "RevisionId"})
                function.updated_at = time.time() + UPDATE_SECONDS
                function.revision = str(uuid.uuid4())
                return function.get_configuration()

        return update

    def in_bounds(body: dict) -> None:
        _check_settings({"MemorySize": 128, "Timeout": 3, **body})

    LambdaBackend.update_function_code = guarded(LambdaBackend.update_function_code, _check_code)
    LambdaBackend.update_function_configuration = guarded(LambdaBackend.update_function_configuration, in_bounds)


def _publish() -> None:
    publishing = LambdaResponse.publish_version

    def publish(self):
        body = json.loads(self.body) if self.body else {}
        name = lambdas.named(unquote(self.path.split("/")[-2])).function_name
        with _lock:
            function = lambdas.named(name)
            require_idle(function)
            _require_revision(function, body.get("RevisionId"))
            if (wanted := body.get("CodeSha256")) and wanted != function.code_sha_256:
                raise invalid(f"CodeSHA256 ({wanted}) is different from current CodeSHA256 in $LATEST ({function.code_sha_256}). Please try again with the CodeSHA256 in $LATEST.")
            return publishing(self)

    LambdaResponse.publish_version = publish
    storing = LambdaStorage.publish_version

    def store(self, name_or_arn, description=""):
        name = self.get_function_by_name_or_arn_forbid_qualifier(name_or_arn).function_name
        before = list(self._functions[name]["versions"])
        made = storing(self, name_or_arn, description)
        if made in before:
            return made
        _published[name] += 1
        made.set_version(_published[name])
        made.environment_vars = dict(made.environment_vars)
        made.active_at = time.time() + PENDING_SECONDS / 2
        self._functions[name]["latest"].code_or_config_updated = False
        self._arns[made.function_arn] = made
        return made

    LambdaStorage.publish_version = store


def _delete() -> None:
    deleting = LambdaBackend.delete_function

    def delete(self, function_name, qualifier=None):
        function = self.get_function(function_name, qualifier)
        if qualifier == "$LATEST":
            raise invalid("$LATEST version cannot be deleted without deleting the function.")
        deleting(self, function_name, qualifier)
        lambdas.forget(function, is_all=qualifier is None)

    LambdaBackend.delete_function = delete


def _states(function: LambdaFunction) -> dict:
    known = state(function)
    why = {"StateReason": "The function is being created.", "StateReasonCode": "Creating"} if known == "Pending" else {}
    return {"State": known, **why, "LastUpdateStatus": _update_status(function), "RevisionId": revision(function)}


def _tell_states() -> None:
    telling = LambdaFunction.get_configuration

    def tell(self, on_create=False):
        return {**telling(self, on_create), **_states(self)}

    LambdaFunction.get_configuration = tell


def _invoke() -> None:
    invoking = LambdaBackend.invoke

    def invoke(self, function_name, qualifier, body, headers, response_headers):
        function = self.get_function(function_name, qualifier)
        if state(function) == "Pending":
            raise Refused("ResourceConflictException", "The operation cannot be performed at this time. The function is currently in the following state: Pending", 409)
        if len(body or "") > lambdas.MAX_PAYLOAD:
            raise Refused("RequestTooLargeException", f"{len(body)} byte payload is too large for the RequestResponse invocation type (limit {lambdas.MAX_PAYLOAD} bytes)", 413)
        return invoking(self, function_name, qualifier, body, headers, response_headers)

    LambdaBackend.invoke = invoke
    answering = LambdaResponse.invoke

    def answer(self):
        """The query spells it with a capital, which moto doesn't."""
        if "Qualifier" in self.querystring:
            self.querystring["qualifier"] = self.querystring["Qualifier"]
        return answering(self)

    LambdaResponse.invoke = answer

