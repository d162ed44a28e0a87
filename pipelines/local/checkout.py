"""The suite at another commit, in a folder of its own, so that it can run beside the code here."""

import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from components.errors import InvalidSetting, find_nearest
from pipelines.catalogue import ROOT
from pipelines.interface import MAKE_TARGET
from pipelines.local.locked_environment import LOCK, prepare_python

# They speak of the command that was typed here, or of this checkout: another one must not read them.
_OF_THIS_COMMAND = (MAKE_TARGET, "MAKEFLAGS", "MAKELEVEL", "MFLAGS", "KFP_TABULAR_COMMIT")


@dataclass(frozen=True)
class Checkout:
    """The suite's files at a commit, with a Python that has the packages of its lock.

    Attributes
    ----------
    commit : str
        The commit's full name.
    path : Path
        The folder with the files.
    python : Path
        The interpreter to run them with.
    """

    commit: str
    path: Path
    python: Path

    def run(
        self,
        words: Sequence[str],
        environment: Mapping[str, str | None] | None = None,
        log: Path | None = None,
    ) -> int:
        """Run a command of the suite, such as ``("run", "training")``, and return its exit status.

        Parameters
        ----------
        words : sequence of str
            The words after ``python -m pipelines``.
        environment, log
            As in ``run_python``.
        """
        return self.run_python(("-m", "pipelines", *words), environment, log)

    def run_python(
        self,
        words: Sequence[str],
        environment: Mapping[str, str | None] | None = None,
        log: Path | None = None,
    ) -> int:
        """Run the interpreter with the checkout's code, and return its exit status.

        The command's own folder is the checkout, so paths among the words have to be absolute. An
        interruption ends the command before it is raised.

        Parameters
        ----------
        words : sequence of str
            The words after the interpreter.
        environment : mapping of str to str or None, or None
            Variables to add to those of this process; None removes one.
        log : Path or None
            File to add what the command writes to. None: it writes where this process does.
        """
        variables = self._build_environment(environment or {})
        with ExitStack() as stack:
            output = None if log is None else stack.enter_context(log.open("a", encoding="utf-8"))
            process = subprocess.Popen(
                [str(self.python), *words],
                cwd=self.path,
                env=variables,
                stdout=output,
                stderr=None if output is None else subprocess.STDOUT,
            )
            try:
                return process.wait()
            except BaseException:
                # The command ends its own tasks, which a kill would leave behind.
                process.terminate()
                process.wait()
                raise

    def _build_environment(self, changes: Mapping[str, str | None]) -> dict[str, str]:
        changed = {**_strip_git(os.environ), **dict.fromkeys(_OF_THIS_COMMAND), **changes}
        variables = {name: value for name, value in changed.items() if value is not None}
        # Before everything else on the path, also before an editable installation of the code here.
        others = filter(None, [variables.get("PYTHONPATH")])
        variables["PYTHONPATH"] = os.pathsep.join([str(self.path), *others])
        return variables


@contextmanager
def open_checkout(revision: str, repository: Path = ROOT) -> Iterator[Checkout]:
    """Check a commit of the suite out into a temporary folder, and remove the folder at the end.

    Parameters
    ----------
    revision : str
        A commit, branch or tag, as git names it.
    repository : Path
        The suite's own repository.

    Yields
    ------
    Checkout
        The commit, with an interpreter: the one that runs now if the commit has the same lock, else one with
        the packages of the commit's lock, which is built once.

    Raises
    ------
    InvalidSetting
        There is no such commit, the code here is no git repository, or the lock cannot be installed.
    """
    commit = resolve_commit(revision, repository)
    # Resolved, because git lists a worktree by its real path.
    with _exit_on_sigterm(), tempfile.TemporaryDirectory(prefix="kfp-tabular-") as temporary:
        path = Path(temporary).resolve() / commit[:12]
        _add_worktree(repository, path, commit)
        try:
            yield Checkout(commit, path, _find_python(path, repository))
        finally:
            run_git(repository, "worktree", "remove", "--force", str(path))


@contextmanager
def _exit_on_sigterm() -> Iterator[None]:
    """Let SIGTERM, by which CI cancels a job, end this process with an exception, so that it tidies up."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def resolve_commit(revision: str, repository: Path = ROOT) -> str:
    """Return the full name of a commit.

    Parameters
    ----------
    revision : str
        A commit, branch or tag, as git names it.
    repository : Path
        The suite's own repository.

    Raises
    ------
    InvalidSetting
        There is no such commit, or the code here is no git repository.
    """
    _check_repository(repository)
    found = run_git(
        repository, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}"
    )
    if found.returncode == 0:
        return found.stdout.strip()
    what = f"The repository {repository} has no commit {revision!r}."
    if run_git(repository, "rev-parse", "--is-shallow-repository").stdout.strip() == "true":
        raise InvalidSetting(
            f"{what} It is a shallow clone, which has only the last commits.",
            "Fetch the others: git fetch --unshallow. In CI, check out the whole history.",
        )
    names = run_git(
        repository, "for-each-ref", "--format=%(refname:short)", "refs/heads", "refs/remotes", "refs/tags"
    )
    near = find_nearest(revision, names.stdout.split())
    raise InvalidSetting(
        what,
        f"Did you mean {near!r}?" if near else "Give a commit, branch or tag; git fetch brings new ones.",
    )


def _check_repository(repository: Path) -> None:
    remedy = "Clone the suite's repository, and run the command there."
    try:
        done = run_git(repository, "rev-parse", "--show-toplevel")
    except FileNotFoundError:
        raise InvalidSetting("git is not installed.", "Install git.") from None
    if done.returncode != 0 and "not a git repository" not in done.stderr:
        raise InvalidSetting(f"git cannot read {repository}: {done.stderr.strip()}", "Correct that.")
    # An installed package may stand in a folder of somebody else's repository.
    if done.returncode != 0 or Path(done.stdout.strip()).resolve() != repository.resolve():
        raise InvalidSetting(
            f"The suite's code in {repository} is not a git repository with its history.", remedy
        )


def _add_worktree(repository: Path, path: Path, commit: str) -> None:
    done = run_git(repository, "worktree", "add", "--detach", "--quiet", str(path), commit)
    if done.returncode != 0:
        raise InvalidSetting(
            f"git cannot check {commit[:12]} out into {path.parent}: {done.stderr.strip()}",
            "Correct that; TMPDIR names another folder for it.",
        )


def _find_python(path: Path, repository: Path) -> Path:
    lock, here = path / LOCK, repository / LOCK
    if not lock.exists():
        raise InvalidSetting(
            f"The commit {path.name} has no {LOCK}, so its packages are not known.",
            "Give a commit that has the file.",
        )
    if here.exists() and here.read_bytes() == lock.read_bytes():
        return Path(sys.executable)
    return prepare_python(lock)


def run_git(repository: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    """Run git in a repository, and return its exit status and what it wrote."""
    # Hooks of the repository are for the people who work in it.
    command = ["git", "-C", str(repository), "-c", "core.hooksPath=/dev/null", *words]
    # In English, because one message is recognised.
    variables = {**_strip_git(os.environ), "LC_ALL": "C"}
    return subprocess.run(command, env=variables, capture_output=True, text=True, check=False)


def _strip_git(environment: Mapping[str, str]) -> dict[str, str]:
    """Return an environment without the variables by which a hook of git binds commands to its repository."""
    bound = (
        "GIT_DIR",
        "GIT_WORK_TREE",
        "GIT_INDEX_FILE",
        "GIT_PREFIX",
        "GIT_COMMON_DIR",
        "GIT_OBJECT_DIRECTORY",
    )
    return {name: value for name, value in environment.items() if name not in bound}
