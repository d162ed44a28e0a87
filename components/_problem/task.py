"""The three tasks of supervised learning on a table."""

from typing import Literal, get_args

TaskKind = Literal["binary", "multiclass", "regression"]
TASKS: tuple[TaskKind, ...] = get_args(TaskKind)
Label = str | int | bool
