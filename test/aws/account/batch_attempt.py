"""One attempt of a Batch job: a child process instead of a container, its output in CloudWatch as it comes."""

import os
import signal
import subprocess
import tempfile
import threading
import uuid
from dataclasses import dataclass

from moto.core.utils import unix_time_millis

from . import batch_rules, children
from .batch_rules import Rule
from .place import GRACE_SECONDS, place

ENDED = "Essential container in task exited"
TIMED_OUT = "Job attempt duration exceeded timeout"
OUT_OF_MEMORY = "OutOfMemoryError: Container killed due to memory usage"


@dataclass
class Outcome:
    exit_code: int | None
    status_reason: str
    container_reason: str
    was_stopped: bool
    """By its timeout or by TerminateJob: it is not tried again."""

    @property
    def succeeded(self) -> bool:
        return self.exit_code == 0 and not self.was_stopped and self.status_reason == ENDED


class Attempt:
    def __init__(self, log_place: tuple[str, str], logs, command: list[str], environment: dict[str, str], rule: Rule | None):
        self.logs = logs
        self.group = log_place[0]
        self.stream = f"{log_place[1]}{uuid.uuid4().hex}"
        self.command = command
        self.environment = environment
        self.rule = rule
        self.process: subprocess.Popen | None = None
        self.reason: str | None = None
        self.was_stopped = False
        self.is_silent = False
        self.lock = threading.Lock()
        logs.ensure_log_group(self.group)
        logs.ensure_log_stream(self.group, self.stream)

    def run(self, timeout_seconds: float | None) -> Outcome:
        if self.rule and self.rule.action == "fail":
            return Outcome(None, self.rule.reason or "Task failed to start", "", False)
        home = tempfile.mkdtemp(dir=place.root)
        try:
            with self.lock:
                self.process = children.spawn(
                    self.command, cwd=home, env={**self.environment, "HOME": home, "TMPDIR": home},
                    stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                )
        except OSError as error:
            return Outcome(127, "Task failed to start", f"CannotStartContainerError: {error}", False)
        if self.was_stopped:
            self.process.terminate()
        timers = []
        if timeout_seconds:
            timers.append(threading.Timer(timeout_seconds, self.stop, (TIMED_OUT,)))
        if self.rule and self.rule.when_logged is None:
            timers.append(threading.Timer(self.rule.after_seconds, self._strike))
        for timer in timers:
            timer.start()
        threading.Thread(target=self._outlive, daemon=True).start()
        self._log()
        code = self.process.wait()
        for timer in timers:
            timer.cancel()
        children.forget(self.process)
        return self._outcome(code if code >= 0 else 128 - code)

    def stop(self, reason: str) -> None:
        """SIGTERM and, after a while, SIGKILL: the job's end."""
        self.was_stopped = True
        self._end(reason, GRACE_SECONDS)

    def reclaim(self, reason: str = batch_rules.HOST_TERMINATED, grace_seconds: float = GRACE_SECONDS) -> None:
        """The same, but the machine was at fault: the job may be tried again."""
        self._end(reason, grace_seconds)

    def kill(self, out_of_memory: bool = False) -> None:
        self.is_silent = not out_of_memory
        with self.lock:
            if self.process:
                children.send(self.process, signal.SIGKILL)

    def _end(self, reason: str, grace_seconds: float) -> None:
        with self.lock:
            self.reason = self.reason or reason
            if self.process is None:
                return
            # A container's first process is told, and no other.
            self.process.terminate()
        timer = threading.Timer(grace_seconds, children.send, (self.process, signal.SIGKILL))
        timer.daemon = True
        timer.start()

    def _strike(self) -> None:
        rule = self.rule
        if rule.action == "kill":
            self.kill(rule.out_of_memory)
        elif rule.action == "terminate":
            self.stop(rule.reason or "Terminated")
        elif rule.action == "reclaim":
            grace = GRACE_SECONDS if rule.grace_seconds is None else rule.grace_seconds
            self.reclaim(rule.reason or batch_rules.HOST_TERMINATED, grace)

    def _outlive(self) -> None:
        """A container ends with its first process, whatever that has left behind."""
        self.process.wait()
        children.send(self.process, signal.SIGKILL)

    def _log(self) -> None:
        rest = b""
        waited_for = self.rule.when_logged if self.rule else None
        while chunk := os.read(self.process.stdout.fileno(), 1 << 16):
            *lines, rest = (rest + chunk).split(b"\n")
            self._put(lines)
            if waited_for and any(waited_for.encode() in line for line in lines):
                waited_for = None
                self._strike()
        self._put([rest] if rest else [])
        self.process.stdout.close()

    def _put(self, lines: list[bytes]) -> None:
        now = int(unix_time_millis())
        events = [{"timestamp": now, "message": line.decode(errors="replace")} for line in lines]
        if events:
            self.logs.put_log_events(self.group, self.stream, events)

    def _outcome(self, code: int) -> Outcome:
        if self.reason:
            has_machine = self.was_stopped
            return Outcome(code if has_machine else None, self.reason, "", self.was_stopped)
        return Outcome(code, ENDED, OUT_OF_MEMORY if code == 137 and not self.is_silent else "", False)
