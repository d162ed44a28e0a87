"""Lines of problem.yaml that a message proposes, ready to be copied."""

import json
import re
from collections.abc import Iterable, Mapping

# What YAML takes for itself and not for the letters.
_PLAIN = re.compile(r"[^\W\d][\w]*(?: ?[\w.]+)*")
_RESERVED = frozenset({"yes", "no", "on", "off", "true", "false", "null", "nan", "inf"})


def format_nulls_line(marks: Mapping[str, Iterable[str]]) -> str:
    """Return the line that makes texts stand for no value, by column; without texts, none does."""
    columns = (
        f"{_quote_word(column)}: "
        f"{{nulls: [{', '.join(json.dumps(mark, ensure_ascii=False) for mark in texts)}]}}"
        for column, texts in marks.items()
    )
    return f"columns: {{{', '.join(columns)}}}"


def format_column_line(column: str, **options: object) -> str:
    """Return the line that sets how a column is read: ``columns: {income: {decimal: ","}}``."""
    settings = ", ".join(f"{name}: {_format_value(given)}" for name, given in options.items())
    return f"columns: {{{_quote_word(column)}: {{{settings}}}}}"


def format_role_line(role: str, column: str) -> str:
    """Return the line that gives a column a role that only one column has."""
    return f"{role}: {_quote_word(column)}"


def format_list_line(key: str, columns: Iterable[str]) -> str:
    """Return the line that lists columns under a key."""
    return f"{key}: [{', '.join(map(_quote_word, columns))}]"


def format_label_line(key: str, label: str | int | bool) -> str:
    """Return the line that names a class: as text in quotes, because YAML reads a bare no as false."""
    return f"{key}: {json.dumps(label, ensure_ascii=False)}"


def _format_value(given: object) -> str:
    return _quote_word(given) if isinstance(given, str) else json.dumps(given, ensure_ascii=False)


def _quote_word(text: str) -> str:
    is_plain = _PLAIN.fullmatch(text) and text.casefold() not in _RESERVED
    return text if is_plain else json.dumps(text, ensure_ascii=False)
