"""Repositories that cannot be opened: real ones, and a server that asks for a login."""

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from components.errors import InvalidSetting, InvalidSource
from components.ingest.plan import compute_fingerprint
from tests.dvc_data import OLD, DvcData, run_git
from tests.loopback import Handler, serve_http


@pytest.fixture
def folder(dvc_data: DvcData, tmp_path: Path) -> Path:
    """A copy of the repository that a test may change."""
    return Path(shutil.copytree(dvc_data.folder, tmp_path / "data"))


@pytest.fixture
def private_server() -> Iterator[str]:
    class Private(Handler):
        def do_GET(self) -> None:
            self.reply(401, headers={"WWW-Authenticate": 'Basic realm="git"'})

    with serve_http(Private) as address:
        yield address


def test_no_repository_is_an_error_with_the_nearest(folder: Path) -> None:
    with pytest.raises(InvalidSource, match=r"no repository .*/dato: no such folder\.\nDid you mean .*/data"):
        compute_fingerprint(f"dvc+{folder.parent}/dato:table.csv")


def test_a_repository_without_dvc_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InvalidSource, match="is not a git repository"):
        compute_fingerprint(f"dvc+{tmp_path}:table.csv")
    (tmp_path / "table.csv").write_bytes(OLD)
    run_git(tmp_path, "init", "-q")
    run_git(tmp_path, "add", "-A")
    run_git(tmp_path, "commit", "-q", "-m", "A table")
    for place in (tmp_path, f"file://{tmp_path}"):
        with pytest.raises(InvalidSource, match=r"is not a DVC repository: .*\n.*dvc init"):
            compute_fingerprint(f"dvc+{place}:table.csv")


def test_data_that_were_added_and_not_committed_are_not_passed_over(folder: Path) -> None:
    pointer = folder / "table.csv.dvc"
    pointer.write_text(pointer.read_text().replace("md5: ", "md5: 0", 1).replace("hash: 0", "hash: "))
    with pytest.raises(InvalidSource, match=r"has changed since the last commit\.\n.*@HEAD:table\.csv"):
        compute_fingerprint(f"dvc+{folder}:table.csv")
    assert compute_fingerprint(f"dvc+{folder}@HEAD:table.csv").startswith("md5 ")


def test_a_repository_that_asks_for_a_login_is_named(private_server: str) -> None:
    source = f"dvc+{private_server}/data@v1:table.csv"
    with pytest.raises(
        InvalidSource, match=r"cannot be cloned: .*Unauthorized.*\nIts credentials are missing"
    ):
        compute_fingerprint(source)


def test_without_dvc_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "dvc.exceptions", None)
    with pytest.raises(InvalidSetting, match=r"DVC is not installed .*\n.*kfp-tabular\[dvc\].*docs/dvc\.md"):
        compute_fingerprint("dvc+data:table.csv")
