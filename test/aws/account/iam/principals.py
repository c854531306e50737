"""Who can sign: the administrator of the account, its people, and its roles by credentials that expire."""

import secrets
import threading
import time
from dataclasses import dataclass

from ..place import ACCOUNT

ROLE_SECONDS = 12 * 3600


@dataclass(frozen=True)
class Principal:
    access_key: str
    secret: str
    kind: str
    """`administrator` (who may do everything), `user` or `role`."""
    name: str
    """Of the user or the role."""
    arn: str
    """As requests name it: of a role, that of its session."""
    id: str
    token: str | None = None
    expires: float | None = None

    @property
    def has_expired(self) -> bool:
        return self.expires is not None and time.time() >= self.expires


ADMINISTRATOR = Principal("testing", "testing", "administrator", "testing", f"arn:aws:iam::{ACCOUNT}:user/testing", "AIDATESTING")

_lock = threading.Lock()
_by_key: dict[str, Principal] = {ADMINISTRATOR.access_key: ADMINISTRATOR}


def find(access_key: str) -> Principal | None:
    return _by_key.get(access_key)


def add_user(name: str) -> Principal:
    """A person's access key."""
    made = Principal(_new_key("AKIA"), secrets.token_hex(20), "user", name, f"arn:aws:iam::{ACCOUNT}:user/{name}", _new_key("AIDA"))
    return _keep(made)


def add_session(role: str, session: str, seconds: float = ROLE_SECONDS) -> Principal:
    """Temporary credentials of a role: whether it may be assumed is asked before."""
    arn = f"arn:aws:sts::{ACCOUNT}:assumed-role/{role}/{session}"
    token = secrets.token_urlsafe(48)
    return _keep(Principal(_new_key("ASIA"), secrets.token_hex(20), "role", role, arn, f"{_new_key('AROA')}:{session}", token, time.time() + seconds))


def _keep(made: Principal) -> Principal:
    with _lock:
        _by_key[made.access_key] = made
    return made


def _new_key(kind: str) -> str:
    return kind + secrets.token_hex(8).upper()
