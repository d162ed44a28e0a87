"""A stage is made in a copy of this repository, wired as the command says, and checked there."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.own_checkout import make_checkout, run_module

NAME = "outliers"


def add_before(file: Path, before: str, text: str) -> None:
    content = file.read_text(encoding="utf-8")
    assert content.count(before) == 1
    file.write_text(content.replace(before, text + before), encoding="utf-8")


@pytest.mark.slow
def test_a_new_stage_needs_only_what_the_command_says_is_left(tmp_path: Path) -> None:
    checkout = make_checkout(tmp_path / "checkout")
    made = run_module(checkout, "pipelines.scaffold", NAME)
    assert made.returncode == 0, made.stderr
    assert f"components/{NAME}/run.py\n" in made.stdout
    # The lines that the command shows, at the places that it names.
    shown = re.findall(r"^     (\S.*)$", made.stdout, re.MULTILINE)
    line, call, title, row = (found for found in shown if found != "...")
    training = checkout / "pipelines" / "training.py"
    add_before(training, "from components.preprocess.component", f"{line}\n")
    add_before(training, "    explored = eda(", f"    {call}\n")
    add_before(checkout / "pipelines" / "task_settings.py", '    "eda": TaskSettings(', f"    {title}\n")
    add_before(
        checkout / "docs" / "cluster.md", "| eda | validate, split; `seed`, `memory` | yes |", f"{row}\n"
    )
    quick = ("pytest", "-n", "0", "-q", "-m", "not slow")
    wiring = [f"tests/pipelines/test_{name}.py" for name in ("task_settings", "reuse", "defaults")]
    for words in (
        ["tests/test_layout.py", f"tests/components/{NAME}", *wiring],
        ["tests/images/test_layers.py", "tests/images/test_lock.py", "-k", NAME],
    ):
        checked = run_module(checkout, *quick, *words)
        assert checked.returncode == 0, checked.stdout
    tools = Path(sys.executable).parent
    paths = [f"components/{NAME}", f"tests/components/{NAME}", "pipelines/training.py"]
    for command in (
        ["ruff", "check", *paths],
        ["ruff", "format", "--check", *paths],
        ["lint-imports", "--no-cache"],
        ["python", "tests/check_names.py"],
        ["mypy", "--no-incremental", *paths[:2]],
    ):
        done = subprocess.run(
            [tools / command[0], *command[1:]], cwd=checkout, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, (command, done.stdout, done.stderr)


@pytest.mark.slow
def test_a_mistake_is_a_message(tmp_path: Path) -> None:
    checkout = make_checkout(tmp_path / "checkout")
    for words, message in (
        ((), "error: The stage has no name.\n"),
        (("tune",), "error: The name 'tune' is taken"),
    ):
        done = run_module(checkout, "pipelines.scaffold", *words)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith(message)
