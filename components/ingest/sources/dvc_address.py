"""Addresses of files in DVC repositories: ``dvc+REPOSITORY@REV:PATH``."""

import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import ClassVar
from urllib.parse import urlsplit

from components.errors import InvalidSource

_EXAMPLE = "dvc+https://github.com/team/data.git@v1.2:tables/customers.csv"
# A revision may be HEAD@{1}. In an address, a user stands before the host, and an @ behind it.
_REV = re.compile(
    r"(?P<repository>[^/:@]*://[^/]*/.*|(?:[^/:@]*@)?[^/:@]+:(?!//).*|[^:]*)@(?!\{)(?P<rev>[^:]*)"
)
_HOST = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://|(?:[^/@:]+@)?[^/@:]{2,}:")


@dataclass(frozen=True)
class DvcAddress:
    """The address of a file or folder that DVC tracks.

    Attributes
    ----------
    repository : str
        Address or path of the git repository.
    path : str
        The file or folder in it, with slashes and relative to its top.
    rev : str or None
        Commit, tag or branch; None for the last commit.
    """

    PREFIX: ClassVar[str] = "dvc+"

    repository: str
    path: str
    rev: str | None = None

    @classmethod
    def parse(cls, text: str) -> "DvcAddress":
        """Parse an address.

        Raises
        ------
        InvalidSource
            A part is missing, the path leads out of the repository, or the address has a password.
        """
        place, _, path = text[len(cls.PREFIX) :].rpartition(":")
        found = _REV.fullmatch(place)
        repository, rev = (found["repository"], found["rev"]) if found else (place, None)
        if "://" in repository and _has_credentials(repository):
            raise InvalidSource(
                "The address of the DVC repository has a password or token, which pages and logs would show.",
                "Leave out all before @ in it, and give them to a credential helper of git: docs/dvc.md.",
            )
        if not repository or not path or path.startswith("//"):
            part = "file" if repository else "repository"
            raise InvalidSource(f"The address {text} names no {part}.", f"Write it as {_EXAMPLE}.")
        if rev == "":
            raise InvalidSource(
                f"The address {text} has no revision after @.",
                f"Write it as {_EXAMPLE}, or leave out @ for the last commit.",
            )
        parts = PurePosixPath(path).parts
        if path.startswith("/") or ".." in parts or not parts:
            raise InvalidSource(
                f"{path!r} is not a path within the repository {repository}.", f"Write it as {_EXAMPLE}."
            )
        return cls(repository, "/".join(parts), rev)

    @property
    def is_local(self) -> bool:
        """Whether the repository is a folder of this machine."""
        return not _HOST.match(self.repository)

    def make_absolute(self) -> "DvcAddress":
        """Return the address that is valid whatever the working folder is."""
        if not self.is_local:
            return self
        return DvcAddress(str(Path(self.repository).expanduser().resolve()), self.path, self.rev)

    def __str__(self) -> str:
        rev = "" if self.rev is None else f"@{self.rev}"
        return f"{self.PREFIX}{self.repository}{rev}:{self.path}"


def _has_credentials(url: str) -> bool:
    """Return whether an address has a password, or a user that may be a token."""
    parts = urlsplit(url)
    return parts.password is not None or (parts.scheme.startswith("http") and parts.username is not None)
