"""The processes of this account, so that none outlives it."""

import os
import signal
import subprocess
import threading

_lock = threading.Lock()
_running: set[subprocess.Popen] = set()


def spawn(command: list[str], **options) -> subprocess.Popen:
    """Starts a process in a group of its own."""
    process = subprocess.Popen(command, start_new_session=True, **options)
    with _lock:
        _running.add(process)
    return process


def send(process: subprocess.Popen, number: int) -> None:
    """Signals the process and all that it started."""
    try:
        os.killpg(process.pid, number)
    except (ProcessLookupError, PermissionError):
        pass


def forget(process: subprocess.Popen) -> None:
    with _lock:
        _running.discard(process)


def kill_all() -> None:
    with _lock:
        for process in _running:
            send(process, signal.SIGKILL)
