"""How often what was called, for tests that count."""

import threading
from collections import Counter

_lock = threading.Lock()
_counters: dict[str, Counter[str]] = {}


def count(kind: str, name: str) -> None:
    """Kinds: `aws` (service:Operation), `function`, `http` (route key), `job` (attempts by job name), `delivery`."""
    with _lock:
        _counters.setdefault(kind, Counter())[name] += 1


def read() -> dict[str, dict[str, int]]:
    with _lock:
        return {kind: dict(counter) for kind, counter in _counters.items()}


def reset() -> None:
    with _lock:
        _counters.clear()
