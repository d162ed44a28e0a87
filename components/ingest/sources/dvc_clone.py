"""Opens a DVC repository at a commit: in its folder on this machine, else in a clone."""

import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from components.errors import InvalidSetting, InvalidSource, find_nearest, suggest_name
from components.ingest.sources.dvc_address import DvcAddress
from components.ingest.sources.dvc_repository import DvcRepository, describe_cause

if TYPE_CHECKING:
    from dvc.repo import Repo

# DVC would report its use, and git would wait for a password.
_QUIET = {"DVC_NO_ANALYTICS": "1", "GIT_TERMINAL_PROMPT": "0", "GIT_PYTHON_REFRESH": "quiet"}
_INDEX = "DVC_SITE_CACHE_DIR"
_REFUSALS = ("Unauthorized", "AuthError", "Permission")


@contextmanager
def open_repository(address: DvcAddress, timeout: float, waits: Sequence[float]) -> Iterator[DvcRepository]:
    """Open a repository at the commit that an address names, and remove its clone afterwards.

    Parameters
    ----------
    address : DvcAddress
        The address; without a revision, the last commit.
    timeout : float
        Seconds to wait for an object storage.
    waits : sequence of float
        Seconds before each further attempt.

    Raises
    ------
    InvalidSource
        There is no such repository or revision, or it is not a DVC repository.
    InvalidSetting
        DVC is not installed.
    """
    os.environ.update({name: value for name, value in _QUIET.items() if name not in os.environ})
    try:
        from dvc.exceptions import DvcException, NotDvcRepoError
        from dvc.scm import RevError, SCMError
    except ModuleNotFoundError as error:
        raise InvalidSetting(
            f"DVC is not installed here (no module {error.name!r}), so {address} cannot be read.",
            "Install the extra: pip install 'kfp-tabular[dvc]'. Images leave it out; docs/dvc.md says how to "
            "build one with it.",
        ) from None

    with _make_scratch() as scratch:
        folder = _find_folder(address, scratch / "clone")
        try:
            if folder == Path(address.repository) and address.rev is None:
                _check_committed(folder, address)
            with _open_commit(folder, address) as repo:
                yield DvcRepository(repo, address, timeout, waits)
        except RevError as error:
            raise _make_missing_rev_error(folder, address) from error
        except NotDvcRepoError as error:
            raise _make_not_dvc_error(address) from error
        except (SCMError, DvcException) as error:
            raise InvalidSource(
                f"{address.repository} cannot be read as a DVC repository: {describe_cause(error)}.",
                "Check it there with dvc status.",
            ) from error


@contextmanager
def _make_scratch() -> Iterator[Path]:
    """Yield a folder for all that DVC writes, which is removed afterwards."""
    from dvc.repo.open_repo import clean_repos

    known = os.environ.get(_INDEX)
    with tempfile.TemporaryDirectory(prefix="dvc-") as folder:
        # Else its index is in a folder of the system, which a pod may not write to.
        os.environ[_INDEX] = folder
        try:
            yield Path(folder)
        finally:
            os.environ.pop(_INDEX)
            if known is not None:
                os.environ[_INDEX] = known
            # Where DVC finds none of its repositories, it makes a clone of its own to look again.
            clean_repos()


def _open_commit(folder: Path, address: DvcAddress) -> "Repo":
    from dvc.repo import Repo

    try:
        # Without its own core, a folder that names no remote has its cache as one.
        return Repo.open(str(folder), rev=address.rev or "HEAD", config={"core": {}})
    except KeyError as error:
        # DVC looks up the default remote of a working folder before anything else.
        raise InvalidSource(
            f"{address.repository} has no remote {error.args[0]!r}, which .dvc/config names as the default.",
            "Add it with dvc remote add, or name another with dvc remote default.",
        ) from error


def _find_folder(address: DvcAddress, clone: Path) -> Path:
    """Return the working folder of a local repository, else a clone."""
    place = Path(address.repository)
    if not address.is_local or (place / "HEAD").is_file():
        _clone(address, clone)
        return clone
    if not place.is_dir():
        near = (
            find_nearest(place.name, [entry.name for entry in place.parent.iterdir()])
            if place.parent.is_dir()
            else None
        )
        raise InvalidSource(
            f"There is no repository {place}: no such folder.",
            f"Did you mean {place.parent / near}?" if near else "Check the path.",
        )
    if not (place / ".git").exists():
        raise InvalidSource(
            f"{place} is not a git repository, so its data have no versions.",
            "Give the top folder of a git repository with DVC, or the path of the file itself.",
        )
    if not (place / ".dvc").is_dir():
        raise _make_not_dvc_error(address)
    return place


def _make_not_dvc_error(address: DvcAddress) -> InvalidSource:
    where = "" if address.rev is None else f" at {address.rev}"
    return InvalidSource(
        f"{address.repository} is not a DVC repository{where}: it has no folder .dvc at its top.",
        "Check the address, or make it one: dvc init.",
    )


def _clone(address: DvcAddress, folder: Path) -> None:
    from dvc.scm import CloneError, SCMError, clone

    url = address.repository
    try:
        if address.rev is not None:
            try:
                # One commit is enough, if the revision is a branch or a tag.
                clone(url, str(folder), shallow_branch=address.rev).close()
                return
            except CloneError:
                shutil.rmtree(folder, ignore_errors=True)
        clone(url, str(folder)).close()
    except (SCMError, OSError) as error:
        reason = describe_cause(error)
        is_refused = any(word in reason for word in _REFUSALS)
        remedy = (
            "Its credentials are missing, wrong or expired. Set git's credential helper or an SSH key up: "
            "docs/dvc.md."
            if is_refused
            else f"Check the address: git ls-remote {url}."
        )
        raise InvalidSource(f"The repository {url} cannot be cloned: {reason}.", remedy) from error


def _check_committed(folder: Path, address: DvcAddress) -> None:
    """Refuse data whose last dvc add is not committed: the last commit has other data."""
    from dvc.repo import Repo

    def find_digest(rev: str | None) -> str | None:
        with Repo.open(str(folder), rev=rev) as repo:
            contents = DvcRepository(repo, address, 0, ()).list_contents()
            return next((content.digest for content in contents if content.path == address.path), None)

    if find_digest(None) != find_digest("HEAD"):
        raise InvalidSource(
            f"What DVC tracks as {address.path} in {address.repository} has changed since the last commit.",
            f"Commit the changed .dvc file or dvc.lock. Or, to read the last commit: "
            f"{replace(address, rev='HEAD')}.",
        )


def _make_missing_rev_error(folder: Path, address: DvcAddress) -> InvalidSource:
    from dvc.scm import SCM

    scm = SCM(str(folder))
    try:
        names = {
            ref.removeprefix("refs/").partition("/")[2].removeprefix("origin/") for ref in scm.iter_refs()
        }
    finally:
        scm.close()
    return InvalidSource(
        f"{address.repository} has no revision {address.rev!r}.",
        suggest_name(str(address.rev), sorted(names - {"HEAD", ""}), "revision"),
    )
