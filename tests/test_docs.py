"""What README and docs say is there."""

import os
import re
import shlex
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from components.environment import Environment
from pipelines.catalogue import ROOT
from pipelines.cli.main import build_parser
from pipelines.cli.parameters import render_page
from pipelines.cli.parser import check_unknown_words, list_variable_words
from pipelines.interface import MAKE_TARGET
from pipelines.parameters import read_signature, read_words

PAGES = sorted(
    [
        *ROOT.glob("*.md"),
        *(
            page
            for folder in ("docs", "docs/decisions", "docs/runbooks", "images", "manifests")
            for page in (ROOT / folder).glob("*.md")
        ),
    ]
)
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
# What a target's command line begins with.
WORDS = {
    "run": ["run", "training"],
    "run-docker": ["run", "training", "--docker"],
    "score": ["run", "scoring"],
    "serve": ["serve"],
    "app": ["serve"],
    "compile": ["compile"],
    "submit": ["submit", "PIPELINE"],
    "schedule": ["schedule", "PIPELINE"],
}
TARGETS = set(re.findall(r"^\.PHONY: (\S+)$", MAKEFILE, flags=re.MULTILINE))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8"))
    missing = [link for link in links if "://" not in link and not (page.parent / link).exists()]
    assert not missing


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_prose_is_wrapped(page: Path) -> None:
    prose = re.sub(r"^ *```.*?^ *```", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    lines = [line for line in prose.splitlines() if not re.match(r" *\||!\[", line)]
    # A command between backticks is not broken.
    assert [line for line in lines if len(line) > 100 and not re.search(r"`[^`]{80,}`", line)] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_make_command_that_a_page_names_exists(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    named = set(re.findall(r"(?:^|`)make ([a-z-]+)", text, flags=re.MULTILINE))
    assert named <= TARGETS


def list_commands(start: str) -> list[str]:
    """Return the commands of all pages that begin so, in code blocks and between backticks."""
    texts = (page.read_text(encoding="utf-8") for page in PAGES)
    found = {
        command for text in texts for command in re.findall(rf"(?:^|`){start} ([^`\n]*)", text, re.MULTILINE)
    }
    assert len(found) > 3
    return sorted(found)


@pytest.mark.parametrize("command", list_commands(r"\.venv/bin/python -m pipelines(?= [a-z])"))
def test_every_command_that_a_page_shows_is_understood(command: str) -> None:
    given, unknown = build_parser().parse_known_args(shlex.split(command, comments=True))
    words = [*getattr(given, "settings", []), *check_unknown_words(unknown, given.parser)]
    parameters = read_signature(given.pipeline) if words else {}
    assert read_words(words).keys() <= parameters.keys()


@pytest.mark.parametrize("command", list_commands("make"))
def test_every_variable_that_a_page_gives_to_make_means_something(
    command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    target, *rest = re.split(r" && |; ", command)[0].split(" ", 1)
    variables = dict(
        re.findall(r"\b([A-Z_]+)=(\"[^\"]*\"|'[^']*'|\S+)", rest[0].partition(" #")[0] if rest else "")
    )
    words = WORDS.get(target, [])
    if not words:
        assert variables.keys() <= set(re.findall(r"\b[A-Z_]+\b", MAKEFILE))
        return
    pipeline = variables.get("PIPELINE", "training")
    monkeypatch.setenv(MAKE_TARGET, target)
    monkeypatch.setenv("MAKEFLAGS", " -- " + " ".join(f"{name}=1" for name in variables))
    given = build_parser().parse_args([pipeline if word == "PIPELINE" else word for word in words])
    for name in variables:
        monkeypatch.setenv(name, "1")
    found = list(list_variable_words(given.parser, getattr(given, "pipeline", None)))
    assert len(found) == len(variables.keys() - {"PIPELINE", "ARGS", "PYTHON"})


def test_the_readme_leads_to_every_doc_page() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert all(f"docs/{page.name}" in readme for page in (ROOT / "docs").glob("*.md"))


def test_the_index_of_decisions_lists_each_by_its_title() -> None:
    folder = ROOT / "docs" / "decisions"
    index = (folder / "README.md").read_text(encoding="utf-8")
    pages = sorted(folder.glob("0*.md"))
    rows = []
    for number, page in enumerate(pages, 1):
        heading = page.read_text(encoding="utf-8").splitlines()[0]
        rows.append(f"| [{number}]({page.name}) | {heading.removeprefix(f'# {number}. ')} |")
    assert re.findall(r"^\| \[\d+\].*$", index, re.MULTILINE) == rows


def test_the_platform_page_lists_every_variable_of_the_environment() -> None:
    source = (ROOT / "components" / "environment.py").read_text(encoding="utf-8")
    prefixes = "DASK|KFP_TABULAR|KFP_POD|KF|MLFLOW|AWS|MODEL"
    variables = set(re.findall(rf'"((?:{prefixes})_[A-Z_]+|PGPASSWORD)"', source))
    assert len(variables) == len(fields(Environment))
    page = (ROOT / "docs" / "platform-engineer.md").read_text(encoding="utf-8")
    assert variables == set(re.findall(r"^\| `([A-Z_]+)`", page, flags=re.MULTILINE))


@pytest.mark.parametrize(("words", "has_variables"), [(["make"], False), (["make", "help-all"], True)])
def test_help_is_the_default_and_lists_every_target_within_80_columns(
    words: list[str], has_variables: bool
) -> None:
    shown = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    lines = dict(re.findall(r"^  make (\S+) +(.+)$", shown, flags=re.MULTILINE))
    assert set(lines) == TARGETS
    assert max(map(len, shown.splitlines())) <= 80
    assert ("WARM_START" in shown) is has_variables


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        (["SOURCE=my table's.csv", "TARGET=$$y"], "my table's.csv.\nNothing in"),
        (["TRIALS=-1"], "TRIALS: -1 is out of range."),
        (["TRAILS=5"], "make run has no variable TRAILS.\nDid you mean 'TRIALS'?"),
    ],
)
def test_make_passes_what_it_is_given(variables: list[str], message: str) -> None:
    own = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    words = ["make", "-o", ".venv/.installed", "run", f"BIN={Path(sys.executable).parent}", *variables]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, env=own)
    assert done.returncode == 2
    assert message in done.stderr


def test_the_page_of_parameters_is_up_to_date() -> None:
    page = (ROOT / "docs" / "parameters.md").read_text(encoding="utf-8")
    assert page == render_page(), "make docs writes it"
