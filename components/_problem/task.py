"""The three tasks of supervised learning on a table."""

import json
from typing import Literal, get_args

TaskKind = Literal["binary", "multiclass", "regression"]
TASKS: tuple[TaskKind, ...] = get_args(TaskKind)
Label = str | int | bool


def format_label(label: Label) -> str:
    """Return a class as text: a string as it is, any other value as JSON."""
    return label if isinstance(label, str) else json.dumps(label)
