"""The comparison of models as the CI services run it, with stand-ins for make and for GitHub's command."""

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipelines.catalogue import ROOT
from pipelines.comparison.report import MARK

_WORKFLOW = ROOT / ".github" / "workflows" / "model.yml"


def write_program(folder: Path, name: str, text: str) -> None:
    folder.mkdir(exist_ok=True)
    program = folder / name
    program.write_text(f"#!/usr/bin/env bash\n{text}")
    program.chmod(0o755)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder with the script, and a make that notes its words and ends as MAKE_STATUS says."""
    place = tmp_path / "suite"
    (place / ".ci").mkdir(parents=True)
    write_program(place / ".ci", "compare", (ROOT / ".ci" / "compare").read_text())
    write_program(
        tmp_path / "bin",
        "make",
        'printf "%s\\n" "$@" >words\n'
        'if [ -n "${MADE:-}" ]; then mkdir -p dist/comparison; echo made >dist/comparison/comparison.md; fi\n'
        "exit ${MAKE_STATUS:-0}\n",
    )
    return place


def compare(checkout: Path, *words: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    path = f"{checkout.parent / 'bin'}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "GITHUB_STEP_SUMMARY": "", "COMPARISON": "", **variables}
    command = [str(checkout / ".ci" / "compare"), *words]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_the_script_compares_with_the_base_and_passes_the_table_on_with_a_stand_in_of_make(
    checkout: Path,
) -> None:
    done = compare(checkout, "origin/main", MADE="1", COMPARISON="SOURCE=data/a.csv TARGET=y")
    assert done.returncode == 0, done.stderr
    words = (checkout / "words").read_text().split()
    assert words == [
        "compare",
        "BASE=origin/main",
        "OUTPUT=dist/comparison",
        "SOURCE=data/a.csv",
        "TARGET=y",
    ]


def test_a_loss_fails_the_job_and_is_on_its_page_with_a_stand_in_of_make(checkout: Path) -> None:
    page = checkout / "page.md"
    done = compare(checkout, "origin/main", MADE="1", MAKE_STATUS="2", GITHUB_STEP_SUMMARY=str(page))
    assert done.returncode == 2
    assert page.read_text() == "made\n"


def test_a_comparison_that_fails_says_so_with_a_stand_in_of_make(checkout: Path) -> None:
    assert compare(checkout, "origin/main", MAKE_STATUS="2").returncode == 2
    text = (checkout / "dist" / "comparison" / "comparison.md").read_text()
    assert text.startswith(f"{MARK}\n\n### Model: not compared")


def test_the_script_asks_for_a_base(checkout: Path) -> None:
    done = compare(checkout)
    assert done.returncode != 0
    assert "give the commit to compare with" in done.stderr


@pytest.fixture
def job() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(_WORKFLOW.read_text())["jobs"]["comment"]
    return found


def test_the_job_that_may_write_runs_no_code_of_the_pull_request(job: dict[str, Any]) -> None:
    assert job["permissions"] == {"pull-requests": "write"}
    assert [step["uses"].partition("@")[0] for step in job["steps"] if "uses" in step] == [
        "actions/download-artifact"
    ]
    assert "head.repo.full_name == github.repository" in job["if"]


@pytest.mark.parametrize(
    ("known", "sent"),
    [
        ("", "--method POST repos/team/suite/issues/7/comments"),
        ("41\n42", "--method PATCH repos/team/suite/issues/comments/41"),
    ],
)
def test_one_comment_is_written_and_then_replaced_with_a_stand_in_of_gh(
    job: dict[str, Any], tmp_path: Path, known: str, sent: str
) -> None:
    write_program(
        tmp_path / "bin",
        "gh",
        'echo "$@" >>calls\nif [ "$2" = --paginate ]; then printf "$KNOWN"; fi\n',
    )
    step = next(step for step in job["steps"] if "run" in step)
    assert MARK in step["env"]["OURS"]
    environment = {
        "PATH": f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "GITHUB_REPOSITORY": "team/suite",
        "NUMBER": "7",
        "OURS": step["env"]["OURS"],
        "KNOWN": known,
    }
    subprocess.run(["bash", "-e", "-c", step["run"]], cwd=tmp_path, env=environment, check=True)
    listing, writing = (tmp_path / "calls").read_text().splitlines()
    assert listing.startswith("api --paginate repos/team/suite/issues/7/comments --jq .[] | select(")
    assert writing == f"api --silent {sent} --field body=@comparison.md"
