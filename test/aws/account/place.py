"""Where this account lives: its endpoints, its folder, and what a child process of it must know."""

import os
from dataclasses import dataclass, field

ACCOUNT = "123456789012"
REGION = "us-east-1"

GRACE_SECONDS = 2.0
"""How long a process may take between SIGTERM and SIGKILL; in AWS it is 30 seconds, or 120 before a Spot reclaim."""


@dataclass
class Place:
    endpoint: str = ""
    """Of the AWS services."""
    http: str = ""
    """Of the HTTP APIs, the function URLs and the `/_rig` routes."""
    root: str = ""
    """A folder that goes when the account does."""
    batch_slots: int = 4
    path: str = field(default_factory=lambda: os.environ["PATH"])

    def environment(self, home: str) -> dict[str, str]:
        return {
            "PATH": self.path,
            "HOME": home,
            "TMPDIR": home,
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
        }


place = Place()
