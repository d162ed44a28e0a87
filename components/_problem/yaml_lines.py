"""What a message proposes for problem.yaml, ready to be copied."""

import json
import re
from collections.abc import Iterable, Mapping

from components._problem.task import Label, TaskKind

_PLAIN = re.compile(r"[^\W\d][\w]*(?: ?[\w.]+)*")
# YAML reads these words as true, false, null or numbers.
_RESERVED = frozenset({"yes", "no", "on", "off", "true", "false", "null", "nan", "inf"})


def suggest_task(task: TaskKind) -> str:
    """Return the instruction to set the task, without its full stop."""
    return f"Set TASK={task} (in problem.yaml, task: {task})"


def format_nulls_line(marks: Mapping[str, Iterable[str]]) -> str:
    """Return the line that sets the null marks of each column; an empty list means that it has none."""
    columns = (
        f"{_quote_word(column)}: "
        f"{{nulls: [{', '.join(json.dumps(mark, ensure_ascii=False) for mark in texts)}]}}"
        for column, texts in marks.items()
    )
    return f"columns: {{{', '.join(columns)}}}"


def format_column_line(column: str, **options: object) -> str:
    """Return the line that sets how a column is read: ``columns: {income: {decimal: ","}}``."""
    settings = ", ".join(f"{name}: {_format_value(value)}" for name, value in options.items())
    return f"columns: {{{_quote_word(column)}: {{{settings}}}}}"


def format_role_line(role: str, column: str) -> str:
    """Return the line that gives a column a role that only one column has."""
    return f"{role}: {_quote_word(column)}"


def format_list_line(key: str, columns: Iterable[str]) -> str:
    """Return the line that lists columns under a key."""
    return f"{key}: [{', '.join(map(_quote_word, columns))}]"


def format_label_line(key: str, label: Label) -> str:
    """Return the line that names a class; text is quoted, because YAML reads a bare no as false."""
    return f"{key}: {json.dumps(label, ensure_ascii=False)}"


def _format_value(value: object) -> str:
    return _quote_word(value) if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _quote_word(text: str) -> str:
    is_plain = _PLAIN.fullmatch(text) and text.casefold() not in _RESERVED
    return text if is_plain else json.dumps(text, ensure_ascii=False)
