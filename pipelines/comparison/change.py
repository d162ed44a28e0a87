"""The change that is compared: the files here, and the commit where it began."""

from pathlib import Path
from typing import NamedTuple

from components.errors import format_count
from pipelines.catalogue import ROOT
from pipelines.local.checkout import resolve_commit, run_git

_SHORT = 12


class Change(NamedTuple):
    """The files of a working tree, as a change of a commit.

    Attributes
    ----------
    base : str
        The commit where the change began.
    title : str
        The base as a person named it, with its commit.
    head : str
        The last commit of the working tree.
    files : list of str
        The files that differ, by their paths in the repository.
    notes : list of str
        What was decided to find them.
    """

    base: str
    title: str
    head: str
    files: list[str]
    notes: list[str]

    @classmethod
    def find(cls, revision: str, repository: Path = ROOT) -> "Change":
        """Return the change from where the working tree and a revision parted.

        Parameters
        ----------
        revision : str
            A commit, branch or tag.
        repository : Path
            The suite's own repository.

        Raises
        ------
        InvalidSetting
            There is no such commit, or the code here is no git repository.
        """
        tip, head = resolve_commit(revision, repository), resolve_commit("HEAD", repository)
        base, notes = _find_beginning(tip, head, revision, repository)
        changed = run_git(repository, "diff", "--name-only", "-z", "--no-renames", base)
        new = run_git(repository, "ls-files", "--others", "--exclude-standard", "-z")
        files = sorted({*changed.stdout.split("\0"), *new.stdout.split("\0")} - {""})
        if run_git(repository, "status", "--porcelain").stdout:
            notes.append("The working tree has changes that are not committed. They are part of the change.")
        if not files:
            notes.append(
                f"No file differs from {revision}, so a difference would come from the training itself."
            )
        return cls(base, f"{revision} ({base[:_SHORT]})", head, files, notes)


def _find_beginning(tip: str, head: str, revision: str, repository: Path) -> tuple[str, list[str]]:
    """Return the commit where both histories parted, and what to say about it."""
    found = run_git(repository, "merge-base", tip, head)
    if found.returncode != 0:
        return tip, [
            f"The working tree and {revision} have no common commit here: the whole code is the change."
        ]
    base = found.stdout.strip()
    if base == tip:
        return base, []
    ahead = run_git(repository, "rev-list", "--count", f"{base}..{tip}").stdout.strip()
    return base, [
        f"{revision} has {format_count(int(ahead), 'commit')} that the working tree lacks. The comparison is "
        f"with {base[:_SHORT]}, where the change began, so that they do not count against it."
    ]
