"""Markdown with a user's text in it."""

import re
from collections.abc import Iterable


def escape_markdown(text: str) -> str:
    """Return a user's text as one line of Markdown that shows it unchanged."""
    line = re.sub(r"([\\`*_\[\]|~#])", r"\\\1", " ".join(text.split()))
    line = line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    # These begin a list or a rule at the start of a line.
    return re.sub(r"^(\d*)((?<!\d)[-+=]|(?<=\d)[.)](?=\s|$))", r"\1\\\2", line)


def render_markdown_table(headers: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Return a table with escaped cells."""
    names = [escape_markdown(name) for name in headers]
    lines = [names, ["---"] * len(names), *([escape_markdown(cell) for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
