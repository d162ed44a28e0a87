"""What GitHub and GitLab read of how people work together here."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.catalogue import ROOT

FORMS = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"))
PULL_REQUEST = ROOT / ".github" / "pull_request_template.md"
OWNERS = [
    line.split()
    for line in (ROOT / "CODEOWNERS").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
]


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
def test_an_issue_form_has_the_form_that_github_asks_for(form: Path) -> None:
    schema = "vendor.github-issue-config" if form.name == "config.yml" else "vendor.github-issue-forms"
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, str(form)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("line", OWNERS, ids=lambda line: line[0])
def test_a_pattern_of_the_owners_fits_a_file_and_has_teams(line: list[str]) -> None:
    pattern, *teams = line
    assert teams
    assert all(re.fullmatch(r"@[a-z-]+/[a-z-]+", team) for team in teams)
    place = ROOT / pattern.strip("/")
    assert pattern == "*" or (place.is_dir() if pattern.endswith("/") else place.is_file())


def test_commands_and_links_of_the_pull_request_template_exist() -> None:
    text = PULL_REQUEST.read_text(encoding="utf-8")
    targets = set(
        re.findall(r"^\.PHONY: (\S+)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    )
    commands = re.findall(r"`make ([a-z -]+)`", text)
    assert {word for command in commands for word in command.split()} <= targets
    links = re.findall(r"\]\(([^)]+)\)", text)
    assert links
    assert all((PULL_REQUEST.parent / link).exists() for link in links)
