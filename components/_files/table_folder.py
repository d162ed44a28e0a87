"""The files of a table that is a folder."""

from pathlib import Path, PurePath

# Files whose names begin so are not part of a folder's table.
_HIDDEN = (".", "_")


def list_files(folder: Path) -> list[Path]:
    """Return the files of a folder's table, sorted: all below it, except hidden ones."""
    return [file for file in sorted(folder.rglob("*")) if file.is_file() and is_of_table(file)]


def is_of_table(file: PurePath) -> bool:
    """Return whether a file is part of a folder's table, by its name."""
    return not file.name.startswith(_HIDDEN)
