"""The CI services run the project's own scripts, by files that each service would accept."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.catalogue import ROOT
from tests.delivery.services import SCHEMAS, WORKFLOWS, list_commands
from tests.docker_engine import skip_or_fail

_SCRIPT = re.compile(r"(?:travis_wait \d+ )?(\.ci/[a-z-]+)\b")
# What a service does itself, because it needs its token or its own command.
_OWN = ("git describe", "gh ", "git diff", "make cluster", "if ", "kubectl ", "echo ", "fi")


def run_tool(*words: str) -> None:
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow_variants
@pytest.mark.parametrize("file", SCHEMAS, ids=lambda file: file.relative_to(ROOT).as_posix())
def test_a_file_has_the_form_that_its_service_asks_for(file: Path) -> None:
    run_tool(sys.executable, "-m", "check_jsonschema", "--builtin-schema", SCHEMAS[file], str(file))


def test_actionlint_finds_nothing() -> None:
    if shutil.which("actionlint") is None:
        skip_or_fail("actionlint is missing: .ci/run installs it")
    run_tool("actionlint", *map(str, WORKFLOWS))


def test_zizmor_finds_nothing() -> None:
    run_tool(str(Path(sys.executable).with_name("zizmor")), "--offline", "--quiet", ".github")


@pytest.mark.parametrize("file", [file for file in SCHEMAS if file.name != "dependabot.yml"], ids=str)
def test_every_command_is_a_script_of_the_project(file: Path) -> None:
    commands = list_commands(file)
    assert commands
    for command in commands:
        script = _SCRIPT.match(command)
        assert script or command.startswith(_OWN), command
        assert script is None or os.access(ROOT / script[1], os.X_OK), command


@pytest.mark.parametrize(
    "file",
    [".gitlab-ci.yml", "bitbucket-pipelines.yml", ".circleci/config.yml", ".travis.yml"],
)
def test_every_service_checks_publishes_and_delivers(file: str) -> None:
    text = "\n".join(list_commands(ROOT / file))
    assert all(script in text for script in (".ci/run quick", ".ci/run", ".ci/publish", ".ci/deliver"))


def test_no_action_is_named_by_something_that_can_change() -> None:
    used = [line for file in WORKFLOWS for line in file.read_text().splitlines() if "uses:" in line]
    assert used
    assert all(re.search(r"@[0-9a-f]{40} # v\d|uses: \./\.github/", line) for line in used)


@pytest.mark.parametrize("script", sorted((ROOT / ".ci").iterdir()), ids=lambda file: file.name)
def test_a_script_is_sound_shell(script: Path) -> None:
    run_tool("bash", "-n", str(script))
    assert "set -euo pipefail" in script.read_text() or script.name == "login"
