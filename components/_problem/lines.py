"""Lines for a problem file, as messages offer them to be copied."""

import json
import re


def column_line(column: str, **options: object) -> str:
    """Return the line that sets options of a column: ``columns: {income: {decimal: ","}}``."""
    parts = ", ".join(f"{name}: {_value(given)}" for name, given in options.items())
    return f"columns: {{{_value(column)}: {{{parts}}}}}"


def _value(given: object) -> str:
    """Return a value in YAML's flow style; what YAML may take for something else is quoted."""
    is_word = isinstance(given, str) and re.fullmatch(r"[A-Za-z_]\w{3,}", given)
    if is_word and str(given).lower() not in ("true", "false", "null"):
        return str(given)
    return json.dumps(given, ensure_ascii=False)
