"""Writing files."""

from pathlib import Path


def replace_file(path: Path, text: str) -> None:
    """Write a text file; a reader sees the old text or the new one, never a part of it."""
    new = path.with_name(f"{path.name}.new")
    new.write_text(text, encoding="utf-8")
    new.replace(path)
