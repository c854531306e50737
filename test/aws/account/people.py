"""People of the account: users with the managed policies that a test gives them."""

from moto.iam.models import iam_backends

from .iam import principals
from .iam.principals import Principal
from .place import ACCOUNT, REGION


def add(name: str, policies: list[str]) -> Principal:
    """Policies by their ARNs, or a managed policy's name as a stack's outputs have it."""
    backend = iam_backends[ACCOUNT]["aws"]
    backend.create_user(REGION, name)
    for policy in policies:
        backend.attach_user_policy(policy if policy.startswith("arn:") else f"arn:aws:iam::{ACCOUNT}:policy/{policy}", name)
    return principals.add_user(name)
