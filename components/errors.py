"""Errors for the person who can fix them.

A ``SuiteError`` is a user's mistake: it says what is wrong, where, and what to do. Any other error is a
defect and keeps its traceback.
"""

import difflib
import sys
from collections.abc import Iterable, Sequence
from types import TracebackType

from components.events import emit

SHOWN = 5


class SuiteError(Exception):
    """A mistake that the user can correct.

    Parameters
    ----------
    what : str
        What is wrong and where: the column, the rows, the setting or the address.
    remedy : str
        What to do about it.
    """

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(what, remedy)
        self.what = what
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.what}\n{self.remedy}"


class InvalidSource(SuiteError):
    """The table cannot be read: missing, empty, not a table, or in pieces."""


class InvalidData(SuiteError):
    """The table was read, but no sound model can be trained on it."""

    @classmethod
    def from_missing_column(cls, role: str, name: str, columns: Iterable[str]) -> "InvalidData":
        """Return the error for a column that a setting names but the table does not have."""
        names = list(columns)
        return cls(f"The {role} column {name!r} is not in the table.", suggest_name(name, names, "column"))


class InvalidSetting(SuiteError):
    """A setting is unknown or out of range."""

    @classmethod
    def from_unknown_name(cls, kind: str, name: str, allowed: Iterable[str]) -> "InvalidSetting":
        """Return the error for a name that is not allowed."""
        return cls(f"{kind.capitalize()} {name!r} is not known.", suggest_name(name, list(allowed), kind))

    @classmethod
    def from_out_of_range(cls, name: str, value: object, expected: str) -> "InvalidSetting":
        """Return the error for a value that a setting does not allow."""
        return cls(f"{name} = {value!r} is out of range.", f"{name} must be {expected}.")


def find_nearest(name: str, allowed: Iterable[str]) -> str | None:
    """Return the allowed name that is nearest to a wrong one; None if none is near."""
    # difflib counts wrong case as a wrong letter, but it is a common mistake, so case is ignored.
    by_folded = {other.casefold(): other for other in allowed}
    near = difflib.get_close_matches(name.casefold(), by_folded, n=1, cutoff=0.6)
    return by_folded[near[0]] if near else None


def suggest_name(name: str, allowed: Sequence[str], kind: str) -> str:
    """Return a sentence that offers the name nearest to a wrong one, else the first allowed names.

    ``kind`` is what has the name, in the singular: ``"column"``, ``"metric"``.
    """
    near = find_nearest(name, allowed)
    return f"Did you mean {near!r}?" if near else f"Known {kind}s: {format_list(allowed)}."


def format_count(n: int, noun: str) -> str:
    """Return a number with what it counts: ``1 row``, ``2,000 rows``."""
    return f"{n:,} {noun}{'' if n == 1 else 's'}"


def shorten_text(text: str, most: int) -> str:
    """Return a text of at most ``most`` characters, with an ellipsis if it was cut."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def format_list(values: Iterable[object], shown: int = SHOWN) -> str:
    """Return at most ``shown`` values as text, and the number of all others."""
    items = [str(value) for value in values]
    rest = len(items) - shown
    return ", ".join(items[:shown]) + (f" and {rest} more" if rest > 0 else "")


def print_user_errors() -> None:
    """Let this process print an uncaught `SuiteError` as a message without a traceback, and emit it."""
    print_defect = sys.excepthook

    def print_error(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if not isinstance(error, SuiteError):
            print_defect(kind, error, trace)
            return
        emit("error", what=error.what, remedy=error.remedy)
        sys.stderr.write(f"error: {error}\n")

    sys.excepthook = print_error
