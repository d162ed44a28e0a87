"""Errors for the person who can fix them.

A ``SuiteError`` is a user's mistake: it says what is wrong, where, and what to do. A full disk is explained
likewise. Any other error is a defect and keeps its traceback.
"""

import difflib
import errno
import os
import re
import shutil
import sys
import tempfile
import traceback
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from components.environment import Environment
from components.events import emit

SHOWN = 5
# What a container writes here, Kubernetes keeps as its last words: at most 4,096 bytes
# (https://kubernetes.io/docs/tasks/debug/debug-application/determine-reason-pod-failure/).
TERMINATION_LOG = Path("/dev/termination-log")
_LONGEST_LAST_WORDS = 4_000
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
# SQLite's words, and the system's in errors of libraries that keep no number.
_FULL_WORDS = ("database or disk is full", os.strerror(errno.ENOSPC))


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


class DiskFull(SuiteError):
    """What was to be written did not fit on its disk."""

    @classmethod
    def find(cls, error: BaseException) -> "DiskFull | None":
        """Return the error for a person if a full disk caused an error; None if something else did."""
        full = next(filter(is_full, _iterate_causes(error)), None)
        if full is None:
            return None
        file = f" for {full.filename}" if isinstance(full, OSError) and full.filename else ""
        with suppress(OSError):
            folder = tempfile.gettempdir()
            free = shutil.disk_usage(folder).free
            file += f". {folder}, for what does not fit into memory, has {free / 1e9:,.1f} GB free"
        return cls(
            f"A disk is full: there was no space{file}.",
            "Free some space, and start again. TMPDIR names another folder for what does not fit into "
            "memory; on a cluster, the task needs more ephemeral storage.",
        )


def is_full(error: BaseException) -> bool:
    """Return whether an error says that a disk is full."""
    if isinstance(error, OSError) and error.errno in _FULL:
        return True
    return any(words in str(error) for words in _FULL_WORDS)


def _iterate_causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


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


def print_user_errors(termination_log: Path = TERMINATION_LOG) -> None:
    """Let this process report an uncaught error to the person who can fix it, and emit it.

    A `SuiteError`, or a full disk, is printed as a message without a traceback. In a pod, every error also
    becomes the container's last words, which the run's page, ``submit --wait`` and notify show.

    Parameters
    ----------
    termination_log : Path
        File for the last words; nothing is written if it does not exist.
    """
    print_defect = sys.excepthook

    def print_error(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        explained = error if isinstance(error, SuiteError) else DiskFull.find(error)
        if explained is not None:
            sys.stderr.write(f"error: {explained}\n")
            words = str(explained)
            # The events may be on the disk that is full.
            with suppress(OSError):
                emit("error", what=explained.what, remedy=explained.remedy)
        else:
            print_defect(kind, error, trace)
            words = _describe_defect(error, trace)
        _leave_last_words(words, termination_log)

    sys.excepthook = print_error


def _describe_defect(error: BaseException, trace: TracebackType | None) -> str:
    """Return an unexpected error in a few words: what, and where in our code."""
    folder = Path(__file__).parent.parent
    ours = [frame for frame in traceback.extract_tb(trace) if folder in Path(frame.filename).parents]
    where = f" ({Path(ours[-1].filename).relative_to(folder)}, line {ours[-1].lineno})" if ours else ""
    what = hide_credentials(traceback.format_exception_only(error)[-1].strip())
    return f"Unexpected error{where}: {what}\nThe log of the task has the traceback."


def _leave_last_words(words: str, termination_log: Path) -> None:
    if not termination_log.exists():
        return
    try:
        termination_log.write_bytes(words.encode()[:_LONGEST_LAST_WORDS])
    except OSError as error:
        sys.stderr.write(f"note: the last words could not be left for Kubernetes: {error.strerror}\n")


# What a shown address may have behind its question mark: a version, a table and a query are no signature.
PUBLIC_QUERIES = ("versionId=", "asOf=", "table=", "query=")


def hide_credentials(text: str) -> str:
    """Return a text without the credentials of the environment and of addresses."""
    for secret in sorted(Environment.read().list_credentials(), key=len, reverse=True):
        text = text.replace(secret, "***")
    return re.sub(r"//[^/@\s]*@", "//***@", text)
