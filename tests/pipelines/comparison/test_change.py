from pathlib import Path

import pytest

from components.errors import InvalidSetting
from pipelines.comparison.change import Change
from tests.own_checkout import run_git


def add_file(repository: Path, name: str) -> str:
    (repository / name).write_text(name)
    run_git(repository, "add", "--all")
    run_git(repository, "commit", "--quiet", "--message", name)
    return run_git(repository, "rev-parse", "HEAD")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    place = tmp_path / "suite"
    run_git(tmp_path, "init", "--quiet", "--initial-branch=main", str(place))
    add_file(place, "first")
    return place


def test_a_change_is_that_of_its_branch_and_of_the_working_tree(repository: Path) -> None:
    began = run_git(repository, "rev-parse", "HEAD")
    run_git(repository, "checkout", "--quiet", "-b", "feature")
    add_file(repository, "committed")
    (repository / "untracked").touch()
    (repository / "first").write_text("edited")
    change = Change.find("main", repository)
    assert (change.base, change.title) == (began, f"main ({began[:12]})")
    assert change.files == ["committed", "first", "untracked"]
    assert change.notes == [
        "The working tree has changes that are not committed. They are part of the change."
    ]


def test_commits_that_a_branch_lacks_do_not_count_against_it(repository: Path) -> None:
    began = run_git(repository, "rev-parse", "HEAD")
    run_git(repository, "checkout", "--quiet", "-b", "feature")
    add_file(repository, "own")
    run_git(repository, "checkout", "--quiet", "main")
    add_file(repository, "theirs")
    run_git(repository, "checkout", "--quiet", "feature")
    change = Change.find("main", repository)
    assert (change.base, change.files) == (began, ["own"])
    assert "main has 1 commit that the working tree lacks" in change.notes[0]


def test_no_change_is_said(repository: Path) -> None:
    change = Change.find("HEAD", repository)
    assert change.files == []
    assert change.notes == ["No file differs from HEAD, so a difference would come from the training itself."]


def test_histories_without_a_common_commit_are_compared_whole(repository: Path) -> None:
    run_git(repository, "checkout", "--quiet", "--orphan", "other")
    add_file(repository, "second")
    change = Change.find("main", repository)
    assert change.base == run_git(repository, "rev-parse", "main")
    assert "no common commit" in change.notes[0]


def test_an_unknown_base_is_named(repository: Path) -> None:
    with pytest.raises(InvalidSetting, match="no commit 'mian'"):
        Change.find("mian", repository)
