"""The files of the CI services, and the commands in them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from pipelines.catalogue import ROOT

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
# The schema of each file, as check-jsonschema calls it.
SCHEMAS = {
    **dict.fromkeys(WORKFLOWS, "vendor.github-workflows"),
    ROOT / ".github" / "dependabot.yml": "vendor.dependabot",
    ROOT / ".gitlab-ci.yml": "vendor.gitlab-ci",
    ROOT / "bitbucket-pipelines.yml": "vendor.bitbucket-pipelines",
    ROOT / ".circleci" / "config.yml": "vendor.circle-ci",
    ROOT / ".travis.yml": "vendor.travis",
}
_COMMAND_KEYS = ("run", "script", "command")


def list_commands(file: Path) -> list[str]:
    """Return the commands of a file, line by line."""
    return [
        line.strip()
        for text in _iterate_texts(yaml.safe_load(file.read_text()))
        for line in text.splitlines()
    ]


def _iterate_texts(value: Any, *, is_command: bool = False) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _iterate_texts(inner, is_command=key in _COMMAND_KEYS)
    elif isinstance(value, list):
        for inner in value:
            yield from _iterate_texts(inner, is_command=is_command)
    elif isinstance(value, str) and is_command:
        yield value
