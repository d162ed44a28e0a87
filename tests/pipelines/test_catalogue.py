import re
import subprocess
from pathlib import Path

import pytest

from pipelines import catalogue
from pipelines.catalogue import OF_CLUSTERS, PIPELINES, ROOT, describe_commit, find_revision


def test_every_pipeline_is_a_module() -> None:
    assert all((ROOT / f"{module.replace('.', '/')}.py").exists() for module in PIPELINES.values())
    assert set(OF_CLUSTERS) < set(PIPELINES)


def test_the_commit_is_that_of_the_code_and_says_whether_files_differ(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalogue, "ROOT", tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert describe_commit() is None
    git = ["git", "-C", str(tmp_path), "-c", "user.name=a", "-c", "user.email=a@example.org"]
    (tmp_path / "file").touch()
    for words in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "Begin"]):
        subprocess.run([*git, *words], check=True)
    commit = describe_commit()
    assert commit is not None
    (tmp_path / "file").write_text("changed")
    assert describe_commit() == f"{commit}-dirty"
    revision = find_revision()
    assert revision is not None
    assert re.fullmatch(f"{commit}[0-9a-f]{{{40 - len(commit)}}}-dirty", revision)
    subprocess.run([*git, "checkout", "-q", "."], check=True)
    assert find_revision() == revision.removesuffix("-dirty")
    monkeypatch.setenv("PATH", "")
    assert describe_commit() is None
    assert find_revision() is None
