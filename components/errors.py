"""Errors for the person who can fix them.

A ``SuiteError`` is a user's mistake: it says what is wrong, where, and what to do. Anything else that
ends a stage is a defect and keeps its traceback. Importing this module makes the interpreter print an
uncaught ``SuiteError`` as a message without a traceback, in a pod's log and in a terminal alike.
"""

import difflib
import sys
from collections.abc import Iterable, Sequence
from types import TracebackType

from components.environment import emit

SHOWN = 5


class SuiteError(Exception):
    """A mistake that its user can mend.

    Parameters
    ----------
    what : str
        What is wrong and where: the column, the rows, the setting or the address.
    remedy : str
        What to do about it, as an instruction.
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
    """The table was read, and no sound model can be made of it."""

    @classmethod
    def from_missing_column(cls, role: str, name: str, columns: Iterable[str]) -> "InvalidData":
        """Return the error for a column that a setting names and the table does not have."""
        names = list(columns)
        return cls(f"The {role} column {name!r} is not in the table.", suggest_name(name, names, "column"))


class InvalidSetting(SuiteError):
    """A setting is unknown or out of range."""

    @classmethod
    def from_unknown_name(cls, kind: str, name: str, allowed: Iterable[str]) -> "InvalidSetting":
        """Return the error for a name that is not among those allowed."""
        return cls(f"{kind.capitalize()} {name!r} is not known.", suggest_name(name, list(allowed), kind))

    @classmethod
    def from_out_of_range(cls, name: str, value: object, expected: str) -> "InvalidSetting":
        """Return the error for a value that breaks a setting's invariant."""
        return cls(f"{name} = {value!r} is out of range.", f"{name} must be {expected}.")


def find_nearest(name: str, allowed: Iterable[str]) -> str | None:
    """Return the name that a wrong one was probably meant to be; None if no name is near."""
    # Case is a common slip and weighs as much as a wrong letter in difflib, so it is folded away first.
    by_folded = {other.casefold(): other for other in allowed}
    near = difflib.get_close_matches(name.casefold(), by_folded, n=1, cutoff=0.6)
    return by_folded[near[0]] if near else None


def suggest_name(name: str, allowed: Sequence[str], kind: str) -> str:
    """Return a sentence that offers the name nearest to a wrong one, or else the first of those allowed.

    Parameters
    ----------
    name : str
        The name that was given.
    allowed : sequence of str
        Every name that would have been right.
    kind : str
        What is named, in the singular: ``"column"``, ``"metric"``.
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
    """Return at most ``shown`` values as text, and how many more there are."""
    items = [str(value) for value in values]
    rest = len(items) - shown
    return ", ".join(items[:shown]) + (f" and {rest} more" if rest > 0 else "")


_report_defect = sys.excepthook


def _report_error(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if not isinstance(error, SuiteError):
        _report_defect(kind, error, trace)
        return
    emit("error", what=error.what, remedy=error.remedy)
    sys.stderr.write(f"error: {error}\n")


sys.excepthook = _report_error
