"""Amazon's decision whether a policy allows something, as far as our policies use its language.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

import json
import re
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from images.aws_stack import FOLDER

VALUES = {
    "AWS::Partition": "aws",
    "AWS::Region": "eu-central-1",
    "AWS::AccountId": "123456789012",
    "RepositoryPrefix": "team",
    "ClusterName": "kfp-tabular",
    "RunsNamespace": "kubeflow",
}
Policy = dict[str, Any]
Context = Mapping[str, str | Sequence[str]]


def read_policy(name: str, **values: str) -> Policy:
    """Return a policy with the stack's parameters filled in; ``name`` is a path below ``clouds/aws``."""
    known = {**VALUES, **values}
    text = Path(FOLDER, f"{name}.json").read_text(encoding="utf-8")
    policy: Policy = json.loads(re.sub(r"\$\{([\w:]+)\}", lambda match: known[match[1]], text))
    return policy


def is_allowed(policy: Policy, action: str, resource: str = "", context: Context | None = None) -> bool:
    """Return whether a policy allows an action: one statement says so, and none denies it."""
    effects = {
        statement["Effect"]
        for statement in policy["Statement"]
        if any(fnmatchcase(action, pattern) for pattern in _list(statement["Action"]))
        and any(fnmatchcase(resource, pattern) for pattern in _list(statement.get("Resource", "*")))
        and _holds(statement.get("Condition", {}), context or {})
    }
    return effects == {"Allow"}


def is_denied(policy: Policy, action: str, resource: str, context: Context) -> bool:
    """Return whether a statement denies an action."""
    statements = [
        {**statement, "Effect": "Allow"} for statement in policy["Statement"] if statement["Effect"] == "Deny"
    ]
    return is_allowed({"Statement": statements}, action, resource, context)


def _holds(condition: Mapping[str, Mapping[str, Any]], context: Context) -> bool:
    return all(
        any(_matches(operator, _list(expected), value) for value in _list(context.get(key, ())))
        for operator, pairs in condition.items()
        for key, expected in pairs.items()
    )


def _matches(operator: str, expected: Sequence[str], value: str) -> bool:
    match operator:
        case "StringEquals" | "ForAnyValue:StringEquals" | "Bool":
            return value in expected
        case "StringLike":
            return any(fnmatchcase(value, pattern) for pattern in expected)
    raise NotImplementedError(operator)


def _list(value: Any) -> Sequence[str]:
    return [value] if isinstance(value, str) else value
