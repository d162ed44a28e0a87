"""What README and docs say is there."""

import re
import subprocess
from dataclasses import fields
from pathlib import Path

import pytest

from components.environment import Environment

ROOT = Path(__file__).parents[1]
PAGES = sorted(
    [
        *ROOT.glob("*.md"),
        *(page for folder in ("docs", "images", "manifests") for page in (ROOT / folder).glob("*.md")),
    ]
)
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
TARGETS = set(re.findall(r"^\.PHONY: (\S+)$", MAKEFILE, flags=re.MULTILINE))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8"))
    missing = [link for link in links if "://" not in link and not (page.parent / link).exists()]
    assert not missing


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_make_command_that_a_page_names_exists(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    named = set(re.findall(r"(?:^|`)make ([a-z-]+)", text, flags=re.MULTILINE))
    assert named <= TARGETS


def test_the_readme_leads_to_every_doc_page() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert all(f"docs/{page.name}" in readme for page in (ROOT / "docs").glob("*.md"))


def test_the_platform_page_lists_every_variable_of_the_environment() -> None:
    source = (ROOT / "components" / "environment.py").read_text(encoding="utf-8")
    variables = set(re.findall(r'"((?:KFP_TABULAR|MLFLOW|AWS)_[A-Z_]+)"', source))
    assert len(variables) == len(fields(Environment))
    page = (ROOT / "docs" / "platform-engineer.md").read_text(encoding="utf-8")
    assert variables == set(re.findall(r"^\| `([A-Z_]+)`", page, flags=re.MULTILINE))


def test_help_is_the_default_and_lists_every_target_with_a_line() -> None:
    shown = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    lines = dict(re.findall(r"^  make (\S+) +(.+)$", shown, flags=re.MULTILINE))
    assert set(lines) == TARGETS


def test_make_hands_values_with_blanks_to_the_command() -> None:
    words = ["make", "--dry-run", "run", "SOURCE=my table's.csv", "TARGET=y", "TRIALS=3"]
    shown = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert 'pipelines run training --source "$SOURCE" --target "$TARGET"' in shown
    assert '--trials "$TRIALS"' in shown
    assert "--metric" not in shown
