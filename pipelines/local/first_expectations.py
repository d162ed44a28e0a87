"""The first expectations of a source, whose table is read as the ingest stage reads it."""

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit

from components._expectations.inference import TableGuess, infer_expectations
from components._expectations.yaml_text import write_yaml
from components._problem.spec import Problem
from components._table.storage import open_table
from components.ingest.run import run as ingest

# A problem must have one; no table has a column of this name.
_NO_TARGET = "(no target)"


def infer_from_source(source: str, target: str | None, details: Mapping[str, Any]) -> tuple[TableGuess, str]:
    """Return what may be expected of a table, and the file that says so.

    Parameters
    ----------
    source : str
        Path, address or sample, as for a training.
    target : str or None
        Column to predict; None if it is in ``details``, or unknown.
    details : mapping
        The problem, which says how the table is read.

    Raises
    ------
    SuiteError
        The problem is wrong, or the table cannot be read.
    """
    named = {"target": target} if target is not None else {}
    problem = Problem.from_settings({"target": _NO_TARGET, **details, **named})
    with TemporaryDirectory(prefix="expectations-") as scratch:
        paths = {name: str(Path(scratch) / name) for name in ("dataset", "reading", "problem")}
        problem.save(paths["problem"])
        ingest(**paths, source=source, seed=0)
        guess = infer_expectations(open_table(paths["dataset"]))
    return guess, write_yaml(guess, name_source(source))


def name_source(source: str) -> str:
    """Return a short name of a source without what an address may hold in secret: a login, a signature."""
    if "://" not in source:
        return Path(source).name
    address = urlsplit(source)
    return address.path.rpartition("/")[2] or address.hostname or ""
