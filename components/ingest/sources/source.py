"""What every kind of source can do, and what it gives: files on this machine."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from components.errors import InvalidSource, is_full
from components.network import WAITS

if TYPE_CHECKING:
    from components._table.notice import Notice

# Seconds to wait for a response, or for its next part.
TIMEOUT = 30.0


@dataclass(frozen=True)
class LocalSource:
    """A source's content on this machine.

    Attributes
    ----------
    path : Path
        A file, or a folder of files.
    check_content : callable
        Takes the fingerprint that the content must have, empty for any, and raises InvalidSource if it has
        another one.
    facts : dict of str to str
        Which version of the source it is, as far as that is known. ``source_version`` is what ``pin`` takes
        to read the same bytes again, if the source can do that.
    notices : tuple of Notice
        What was decided about the content on its way.
    """

    path: Path
    check_content: Callable[[str], None]
    facts: dict[str, str] = field(default_factory=dict)
    notices: tuple["Notice", ...] = ()


@dataclass(frozen=True)
class RemoteSource:
    """What is known of a source that a server has.

    Attributes
    ----------
    address : str
        Its address.
    timeout : float
        Seconds to wait for the server.
    waits : sequence of float
        Seconds before each further attempt, if it does not answer.
    """

    address: str
    timeout: float = TIMEOUT
    waits: Sequence[float] = WAITS


class Source(Protocol):
    """A place that a table is read from."""

    def compute_fingerprint(self) -> str:
        """Return which content the source has now, in a short text, without reading a large content.

        It must not import a library for tables, because it runs in every run.

        Raises
        ------
        SuiteError
            The source cannot be reached, or there is nothing to read.
        """
        ...

    def fetch(self, scratch: Path) -> LocalSource:
        """Return the source's content as a file or a folder.

        Parameters
        ----------
        scratch : Path
            Folder for copies.

        Raises
        ------
        SuiteError
            The source cannot be reached, or there is nothing to read.
        """
        ...

    def pin(self, version: str) -> str:
        """Return the address of one version of the source.

        Parameters
        ----------
        version : str
            As in the fact ``source_version``.

        Raises
        ------
        InvalidSetting
            The source has no versions, or its address names another one.
        """
        ...


@contextmanager
def explain_file_errors(source: str) -> Iterator[None]:
    """Turn errors of this machine's files into errors about a source."""
    try:
        yield
    except OSError as error:
        remedy = "Check the path and its permissions."
        if is_full(error):
            remedy = "Free disk space, or give the task more ephemeral storage: ingest copies the file first."
        raise InvalidSource(f"{source} cannot be read: {error.strerror}.", remedy) from error


def parse_moment(text: str) -> datetime | None:
    """Return a moment with a time zone; None if the text is not one."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return None if moment.tzinfo is None else moment
