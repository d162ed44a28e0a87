"""Writing files."""

from pathlib import Path

from components.errors import InvalidSetting


def check_place(path: Path) -> None:
    """Check that a file can be written to a place, before the work whose result it is for.

    Raises
    ------
    InvalidSetting
        Its folder does not exist, or there is a folder at its place.
    """
    if not path.parent.is_dir():
        raise InvalidSetting(f"The folder {path.parent} does not exist.", "Create it, or give another file.")
    if path.is_dir():
        raise InvalidSetting(f"{path} is a folder.", "Give a file in it.")


def replace_file(path: Path, text: str) -> None:
    """Write a text file; a reader sees the old text or the new one, never a part of it."""
    new = path.with_name(f"{path.name}.new")
    new.write_text(text, encoding="utf-8")
    new.replace(path)
