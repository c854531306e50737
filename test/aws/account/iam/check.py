"""`python3 -m account.iam.check`: judges the cases on stdin, a JSON array, and answers a JSON array of verdicts.

A case: `{"policies": [policy…], "action", "resource", "context": {key: value}, "caller": ["Service", name]}`; a verdict:
`allow`, `deny`, `none`, or what can't be judged as `error: …`.
"""

import json
import sys

from .conditions import PolicyError
from .policy import Caller, Need, compile_policy, evaluate


def judge(case: dict) -> str:
    caller = Caller(*case["caller"]) if "caller" in case else None
    context = {key.lower(): value for key, value in case.get("context", {}).items()}
    try:
        statements = [one for policy in case["policies"] for one in compile_policy(json.dumps(policy), caller is not None)]
        return evaluate(statements, Need(case["action"], case["resource"], context), caller).effect
    except PolicyError as error:
        return f"error: {error}"


if __name__ == "__main__":
    json.dump([judge(case) for case in json.load(sys.stdin)], sys.stdout)
