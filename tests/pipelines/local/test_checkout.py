import os
import subprocess
import sys
from pathlib import Path

import pytest

from components.errors import InvalidSetting
from pipelines.interface import MAKE_TARGET
from pipelines.local.checkout import Checkout, open_checkout, resolve_commit
from pipelines.local.locked_environment import LOCK
from tests.own_checkout import run_git

# A suite that says which of its commits runs, where, and with which variables.
_MAIN = """
import os, sys
from pathlib import Path
Path(os.environ["SAYS"]).write_text("|".join(
    [{version!r}, os.getcwd(), sys.executable, str(os.environ.get("{target}")), *sys.argv[1:]]))
sys.exit(int(os.environ.get("STATUS", "0")))
"""


def add_commit(repository: Path, version: str, lock: str = "") -> str:
    folder = repository / "pipelines"
    folder.mkdir(exist_ok=True)
    (folder / "__init__.py").touch()
    (folder / "__main__.py").write_text(_MAIN.format(version=version, target=MAKE_TARGET))
    (repository / LOCK).write_text(lock)
    run_git(repository, "add", "--all")
    run_git(repository, "commit", "--quiet", "--message", version)
    return run_git(repository, "rev-parse", "HEAD")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with two commits, of which the first has the tag v1."""
    place = tmp_path / "suite"
    run_git(tmp_path, "init", "--quiet", "--initial-branch=main", str(place))
    add_commit(place, "first")
    run_git(place, "tag", "v1")
    add_commit(place, "second")
    return place


def list_worktrees(repository: Path) -> int:
    return run_git(repository, "worktree", "list", "--porcelain").count("worktree ")


def read_what_ran(checkout: Checkout, tmp_path: Path, *words: str) -> list[str]:
    says = tmp_path / "says"
    assert checkout.run(words, {"SAYS": str(says)}) == 0
    return says.read_text().split("|")


def test_the_commit_runs_in_its_own_folder_and_not_the_code_installed_here(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(MAKE_TARGET, "compare")
    with open_checkout("v1", repository) as checkout:
        assert checkout.commit == run_git(repository, "rev-parse", "v1")
        ran = read_what_ran(checkout, tmp_path, "run", "training")
        assert ran == ["first", str(checkout.path), sys.executable, "None", "run", "training"]
        assert checkout.run((), {"SAYS": str(tmp_path / "other"), "STATUS": "3"}) == 3
    assert not checkout.path.exists()
    assert list_worktrees(repository) == 1


def test_a_variable_can_be_taken_from_the_command(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STATUS", "3")
    with open_checkout("v1", repository) as checkout:
        assert checkout.run((), {"SAYS": str(tmp_path / "says")}) == 3
        assert checkout.run((), {"SAYS": str(tmp_path / "says"), "STATUS": None}) == 0


def test_the_folder_is_removed_after_an_error_too(repository: Path) -> None:
    paths = []

    def fail() -> None:
        with open_checkout("main", repository) as checkout:
            paths.append(checkout.path)
            (checkout.path / "untracked").touch()
            raise ValueError("amid")

    with pytest.raises(ValueError, match="amid"):
        fail()
    assert not paths[0].exists()
    assert list_worktrees(repository) == 1


def test_a_hook_of_git_does_not_bind_the_checkout_to_its_repository(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hook = repository / ".git" / "hooks" / "post-checkout"
    hook.write_text(f"#!/bin/sh\ntouch {tmp_path / 'hooked'}\n")
    hook.chmod(0o755)
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    with open_checkout("v1", repository) as checkout:
        assert read_what_ran(checkout, tmp_path)[0] == "first"
    assert not (tmp_path / "hooked").exists()


@pytest.mark.parametrize(
    ("revision", "match"),
    [
        ("mian", "has no commit 'mian'.\nDid you mean 'main'"),
        ("0123456789", "no commit '0123456789'.\nGive a commit"),
        ("--help", "no commit '--help'"),
        ("v1:pipelines", "no commit 'v1:pipelines'"),
    ],
)
def test_an_unknown_commit_is_named(repository: Path, revision: str, match: str) -> None:
    with pytest.raises(InvalidSetting, match=match):
        resolve_commit(revision, repository)


def test_a_shallow_clone_says_how_to_get_the_other_commits(repository: Path, tmp_path: Path) -> None:
    first = run_git(repository, "rev-parse", "v1")
    clone = tmp_path / "clone"
    run_git(tmp_path, "clone", "--quiet", "--depth=1", f"file://{repository}", str(clone))
    with pytest.raises(InvalidSetting, match=r"shallow clone.*\n.*git fetch --unshallow"):
        resolve_commit(first, clone)


def test_an_installed_package_is_no_checkout(repository: Path, tmp_path: Path) -> None:
    inside = repository / "lib"
    inside.mkdir()
    for place in (tmp_path, inside):
        with pytest.raises(InvalidSetting, match="is not a git repository"):
            resolve_commit("main", place)


def test_a_machine_without_git_is_told_so(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(InvalidSetting, match="git is not installed"):
        resolve_commit("main", repository)


def test_a_commit_without_a_lock_is_refused(repository: Path) -> None:
    (repository / LOCK).unlink()
    run_git(repository, "commit", "--quiet", "--all", "--message", "no lock")
    with pytest.raises(InvalidSetting, match=f"has no {LOCK}"), open_checkout("main", repository):
        pass
    assert list_worktrees(repository) == 1


def test_another_lock_gets_another_python(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("UV_NO_INDEX", "1")
    add_commit(repository, "third", "# another lock\n")
    with open_checkout("v1", repository) as checkout:
        assert checkout.python.is_relative_to(tmp_path / "cache")
        assert read_what_ran(checkout, tmp_path)[:1] == ["first"]


@pytest.mark.parametrize(("name", "status"), [("SIGINT", -2), ("SIGTERM", 143)])
def test_an_interruption_ends_the_command_and_removes_the_folder(
    repository: Path, tmp_path: Path, name: str, status: int
) -> None:
    says = tmp_path / "says"
    program = (
        "import os, signal, sys, time\n"
        "from pathlib import Path\n"
        "def end(*_):\n"
        f"    Path({str(says)!r}).write_text('ended')\n"
        "    sys.exit(130)\n"
        "signal.signal(signal.SIGTERM, end)\n"
        f"os.kill(os.getppid(), signal.{name})\n"
        "time.sleep(30)\n"
    )
    (repository / "pipelines" / "__main__.py").write_text(program)
    run_git(repository, "commit", "--quiet", "--all", "--message", "interrupts")
    # A command that a shell started in the background ignores SIGINT, and so would this one.
    run = (
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from pathlib import Path; from pipelines.local.checkout import open_checkout\n"
        f"with open_checkout('main', Path({str(repository)!r})) as checkout:\n"
        "    checkout.run(())\n"
    )
    here = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
    done = subprocess.run([sys.executable, "-c", run], env=here, capture_output=True, text=True, check=False)
    assert done.returncode == status, done.stderr
    assert says.read_text() == "ended"
    assert list_worktrees(repository) == 1


def test_what_the_command_writes_can_go_to_a_file(
    repository: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "command.log"
    (repository / "pipelines" / "__main__.py").write_text(
        "import sys\nprint('out', flush=True)\nsys.stderr.write('err')\n"
    )
    run_git(repository, "commit", "--quiet", "--all", "--message", "third")
    with open_checkout("main", repository) as checkout:
        assert checkout.run(["models"], log=log) == 0
    assert log.read_text() == "out\nerr"
    assert capfd.readouterr() == ("", "")
