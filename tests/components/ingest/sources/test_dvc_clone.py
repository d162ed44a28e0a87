"""Repositories that cannot be opened: real ones, and a server that asks for a login."""

import base64
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from threading import Thread
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
from dulwich.repo import Repo
from dulwich.server import BackendRepo, DictBackend
from dulwich.web import make_wsgi_chain

from components.errors import InvalidSetting, InvalidSource
from components.ingest.plan import compute_fingerprint
from tests.dvc_data import OLD, DvcData, run_git


@pytest.fixture
def folder(dvc_data: DvcData, tmp_path: Path) -> Path:
    """A copy of the repository that a test may change."""
    return Path(shutil.copytree(dvc_data.folder, tmp_path / "data"))


@pytest.fixture
def private_server(dvc_data: DvcData) -> Iterator[str]:
    """A server of the repository that lets in ann with the password good."""
    repositories: dict[str, BackendRepo] = {"/data": Repo(str(dvc_data.folder))}
    application = make_wsgi_chain(DictBackend(repositories))
    login = f"Basic {base64.b64encode(b'ann:good').decode()}"

    def answer(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        if environ.get("HTTP_AUTHORIZATION") == login:
            return application(environ, start)
        start("401 Unauthorized", [("WWW-Authenticate", 'Basic realm="git"'), ("Content-Length", "0")])
        return [b""]

    class Silent(WSGIRequestHandler):
        def log_message(self, *_: object) -> None:
            """Keep the output of the tests clean."""

    with make_server("127.0.0.1", 0, answer, handler_class=Silent) as server:
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.slow
def test_no_repository_is_an_error_with_the_nearest(folder: Path) -> None:
    with pytest.raises(InvalidSource, match=r"no repository .*/dato: no such folder\.\nDid you mean .*/data"):
        compute_fingerprint(f"dvc+{folder.parent}/dato:table.csv")


def test_a_repository_without_dvc_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    with pytest.raises(InvalidSource, match="is not a git repository"):
        compute_fingerprint(f"dvc+{tmp_path}:table.csv")
    (tmp_path / "table.csv").write_bytes(OLD)
    run_git(tmp_path, "init", "-q")
    run_git(tmp_path, "add", "-A")
    run_git(tmp_path, "commit", "-q", "-m", "A table")
    for place in (tmp_path, f"file://{tmp_path}"):
        with pytest.raises(InvalidSource, match=r"is not a DVC repository: .*\n.*dvc init"):
            compute_fingerprint(f"dvc+{place}:table.csv")
    assert list(scratch.iterdir()) == []


def test_data_that_were_added_and_not_committed_are_not_passed_over(folder: Path) -> None:
    pointer = folder / "table.csv.dvc"
    pointer.write_text(pointer.read_text().replace("md5: ", "md5: 0", 1).replace("hash: 0", "hash: "))
    with pytest.raises(InvalidSource, match=r"has changed since the last commit\.\n.*@HEAD:table\.csv"):
        compute_fingerprint(f"dvc+{folder}:table.csv")
    assert compute_fingerprint(f"dvc+{folder}@HEAD:table.csv").startswith("md5 ")


@pytest.mark.parametrize("password", ["good", "expired"])
def test_a_private_repository_takes_the_login_of_gits_credential_helper(
    private_server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, password: str
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".gitconfig").write_text("[credential]\n helper = store\n")
    credentials = tmp_path / ".git-credentials"
    credentials.write_text(f"http://ann:{password}@{private_server.replace(':', '%3a')}\n")
    source = f"dvc+http://{private_server}/data@v1:table.csv"
    if password == "good":
        assert compute_fingerprint(source).startswith("md5 ")
        return
    with pytest.raises(
        InvalidSource, match=r"cannot be cloned: .*Unauthorized.*\nIts credentials are"
    ) as error:
        compute_fingerprint(source)
    assert password not in str(error.value).partition("\n")[0]


def test_without_dvc_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "dvc.exceptions", None)
    with pytest.raises(InvalidSetting, match=r"DVC is not installed .*\n.*kfp-tabular\[dvc\].*docs/dvc\.md"):
        compute_fingerprint("dvc+data:table.csv")
