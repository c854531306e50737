"""Lambda functions as warm node processes of the deployed zip: one event at a time each, logs in CloudWatch."""

import io
import json
import os
import re
import signal
import sys
import tempfile
import threading
import time
import uuid
import zipfile
from pathlib import Path

from moto.awslambda.models import LambdaFunction, lambda_backends
from moto.core.utils import unix_time_millis

from . import children, credentials, queues, stats
from .iam import rights
from .iam.policy import Need
from .iam.principals import Principal
from .place import ACCOUNT, REGION, place

HOST = Path(__file__).with_name("lambda_host.mjs")

MAX_PAYLOAD = 6 * 1024 * 1024
"""AWS Lambda quotas: 6 MB each for request and response of a synchronous invocation."""

INIT_SECONDS = 10
"""What loading the code may take besides."""

ASYNC_ATTEMPTS = 3
"""An event that fails is tried twice more, then goes to the function's dead-letter queue or failure destination."""

failure_destinations: dict[str, str] = {}
"""Function name → ARN, from its event invoke configuration."""

dead_letters: dict[str, str] = {}
"""Function name → ARN of its dead-letter queue."""


class Warm:
    """One execution environment."""

    def __init__(self, function: LambdaFunction):
        self.function = function
        self.role = role_of(function)
        self.stream = f"{time.strftime('%Y/%m/%d')}/[{function.version}]{uuid.uuid4().hex}"
        folder = tempfile.mkdtemp(dir=place.root)
        with zipfile.ZipFile(io.BytesIO(function.code_bytes)) as code:
            code.extractall(folder)
        answers, write_end = os.pipe()
        environment = {
            **place.environment(folder),
            **credentials.as_environment(self.role),
            "_HANDLER": function.handler,
            "LAMBDA_TASK_ROOT": folder,
            "TMPDIR": tempfile.mkdtemp(dir=place.root),
            "AWS_EXECUTION_ENV": f"AWS_Lambda_{function.run_time}",
            "AWS_LAMBDA_FUNCTION_NAME": function.function_name,
            "AWS_LAMBDA_FUNCTION_VERSION": str(function.version),
            "AWS_LAMBDA_LOG_GROUP_NAME": function.logs_group_name,
            "AWS_LAMBDA_LOG_STREAM_NAME": self.stream,
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_size),
            "MILLRACE_ANSWERS": str(write_end),
            **{key: str(value) for key, value in (function.environment_vars or {}).items()},
        }
        self.process = children.spawn(
            ["node", str(HOST)], stdin=-1, stdout=-1, stderr=-2, env=environment, cwd=folder, pass_fds=[write_end]
        )
        os.close(write_end)
        self.answers = os.fdopen(answers)
        self.is_loaded: str | bool = False
        self.tail = ""
        self.logging = threading.Thread(target=self._log, daemon=True)
        self.logging.start()

    def invoke(self, event) -> dict:
        """`{"result": …}` or `{"error": {errorType, errorMessage, trace}}`."""
        if not self.is_loaded:
            self.is_loaded, _ = self._answer(INIT_SECONDS)
            if not self.is_loaded:
                return self._died("Runtime.ExitError", "Runtime exited: ")
        timeout = float(self.function.timeout or 3)
        message = {"id": str(uuid.uuid4()), "arn": self.function.function_arn, "event": event, "deadline": unix_time_millis() + timeout * 1000}
        try:
            self.process.stdin.write(json.dumps(message).encode() + b"\n")
            self.process.stdin.flush()
        except OSError:
            pass
        line, is_late = self._answer(timeout)
        if line:
            return json.loads(line)
        if is_late:
            return self._died("Sandbox.Timedout", f"Task timed out after {timeout:.2f} seconds")
        return self._died("Runtime.ExitError", "Runtime exited: ")

    def _answer(self, seconds: float) -> tuple[str, bool]:
        """A line of the host's, and whether it is missing for taking too long."""
        timer = threading.Timer(seconds, children.send, (self.process, signal.SIGKILL))
        timer.start()
        line = self.answers.readline()
        is_late = timer.finished.is_set()
        timer.cancel()
        return line, is_late

    def _died(self, name: str, message: str) -> dict:
        self.close()
        return {"error": {"errorType": name, "errorMessage": message + (self.tail[-2000:] if message.endswith(": ") else "")}}

    def close(self) -> None:
        children.send(self.process, signal.SIGKILL)
        self.process.wait()
        self.logging.join(1)
        children.forget(self.process)

    def _log(self) -> None:
        logs, group = self.function.logs_backend, self.function.logs_group_name
        stream = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{group}:log-stream:{self.stream}"
        needs = [Need("logs:CreateLogStream", stream), Need("logs:PutLogEvents", stream)]
        if group not in logs.groups:
            needs.append(Need("logs:CreateLogGroup", f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{group}"))
        is_kept = all(rights.may(self.role, need) for need in needs)
        if is_kept:
            logs.ensure_log_group(group)
            logs.ensure_log_stream(group, self.stream)
        else:
            print(f"refused: {self.function.function_name} may not write its log: {group}", file=sys.stderr, flush=True)
        for raw in self.process.stdout:
            written, line = _written(raw.decode(errors="replace").rstrip("\n"))
            self.tail = (self.tail + line + "\n")[-4000:]
            if not is_kept:
                continue
            logs.put_log_events(group, self.stream, [{"timestamp": written, "message": line}])


_STAMP = re.compile("\x01(\\d+)\x01")


def _written(line: str) -> tuple[int, str]:
    """When a line was written, as lambda_host.mjs says it, and the line."""
    stamp = _STAMP.search(line)
    return int(stamp[1]) if stamp else int(unix_time_millis()), _STAMP.sub("", line)


_pool: dict[tuple, list[Warm]] = {}
_pool_lock = threading.Lock()


def invoke(function: LambdaFunction, event) -> dict:
    """Runs the function and waits for it."""
    stats.count("function", function.function_name)
    key = (function.function_arn, function.role, function.code_sha_256, function.handler, function.timeout, function.memory_size, json.dumps(function.environment_vars, sort_keys=True))
    with _pool_lock:
        free = _pool.setdefault(key, [])
        warm = free.pop() if free else None
    try:
        warm = warm or Warm(function)
    except (rights.Denied, LookupError) as error:
        return {"error": {"errorType": "AccessDeniedException", "errorMessage": f"The role defined for the function cannot be assumed by Lambda. {error}"}}
    answer = warm.invoke(event)
    if warm.process.poll() is None:
        with _pool_lock:
            free.append(warm)
    if "error" in answer:
        print(f"{function.function_name}: {json.dumps(answer['error'])[:2000]}", file=sys.stderr, flush=True)
    elif len(json.dumps(answer["result"])) > MAX_PAYLOAD:
        return {"error": {"errorType": "Function.ResponseSizeTooLarge", "errorMessage": "Response payload size exceeded maximum allowed payload size (6291556 bytes)."}}
    return answer


def forget(function: LambdaFunction, is_all: bool) -> None:
    """Ends the idle processes of a version that is gone, or of all of them."""
    own = function.function_arn
    with _pool_lock:
        gone = [key for key in _pool if key[0] == own or (is_all and key[0].startswith(f"{own}:"))]
        idle = [warm for key in gone for warm in _pool.pop(key)]
    for warm in idle:
        warm.close()


def invoke_later(function: LambdaFunction, event) -> None:
    """What an event, a schedule or an invocation of type Event does."""
    threading.Thread(target=_attempts, args=(function, event), daemon=True).start()


def _attempts(function: LambdaFunction, event) -> None:
    answer = {}
    for _ in range(ASYNC_ATTEMPTS):
        answer = invoke(function, event)
        if "error" not in answer:
            return
        time.sleep(0.1)
    name = function.function_name
    if (target := failure_destinations.get(name) or dead_letters.get(name)) and not rights.may(role_of(function), Need("sqs:SendMessage", target)):
        print(f"refused: {name} may not send what failed to {target}", file=sys.stderr, flush=True)
        return
    if name in failure_destinations:
        record = {
            "version": "1.0",
            "timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "requestContext": {"functionArn": function.function_arn, "condition": "RetriesExhausted", "approximateInvokeCount": ASYNC_ATTEMPTS},
            "requestPayload": event,
            "responsePayload": answer["error"],
        }
        queues.send(failure_destinations[name], json.dumps(record))
    elif name in dead_letters:
        queues.send(dead_letters[name], json.dumps(event))


def role_of(function: LambdaFunction) -> Principal:
    """Credentials of the function's role. Raises Denied where Lambda may not take it."""
    return rights.assume_for("lambda.amazonaws.com", function.role, function.function_name, function.function_arn)


def named(arn_or_name: str) -> LambdaFunction:
    return lambda_backends[ACCOUNT][REGION].get_function(arn_or_name)


def install() -> None:
    def run(self, event=None):
        payload = json.loads(event) if isinstance(event, (str, bytes)) else event
        answer = invoke(self, payload or {})
        return json.dumps(answer.get("error", answer.get("result"))), "error" in answer, ""

    waiting = LambdaFunction.invoke

    def by_type(self, body, request_headers, response_headers):
        if request_headers.get("x-amz-invocation-type") == "Event":
            invoke_later(self, json.loads(body) if body else {})
            return ""
        return waiting(self, body, request_headers, response_headers)

    LambdaFunction._invoke_lambda = run
    LambdaFunction.invoke = by_type

    creating = LambdaFunction.create_from_cloudformation_json.__func__

    def create(cls, resource_name, cloudformation_json, account_id, region_name, **rest):
        function = creating(cls, resource_name, cloudformation_json, account_id, region_name, **rest)
        target = cloudformation_json["Properties"].get("DeadLetterConfig", {}).get("TargetArn")
        if target:
            dead_letters[function.function_name] = target
        return function

    LambdaFunction.create_from_cloudformation_json = classmethod(create)
    LambdaFunction._create_zipfile_from_plaintext_code = staticmethod(_zip)


def _zip(code: str) -> bytes:
    """What CloudFormation makes of code that stands in the template, where the runtime is node."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("index.js", code)
    return content.getvalue()
