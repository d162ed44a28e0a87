import subprocess
import sys
from pathlib import Path

import pytest

from components.errors import InvalidSetting
from pipelines.catalogue import ROOT, describe_commit
from pipelines.image_names import DEFAULT_REGISTRY, ImageNames


def test_a_stage_of_a_component_is_completed_and_any_other_image_kept() -> None:
    names = ImageNames("ghcr.io/team", "1.2.0")
    assert (
        names.complete("kfp-tabular-eda") == names.name_image("eda") == "ghcr.io/team/kfp-tabular-eda:1.2.0"
    )
    assert names.complete("python:3.11") == "python:3.11"


def test_registry_and_tag_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TAG", "from-env")
    monkeypatch.setenv("REGISTRY", "localhost:5000/team")
    assert ImageNames.choose() == ImageNames("localhost:5000/team", "from-env")
    assert ImageNames.choose("ghcr.io/team", "1") == ImageNames("ghcr.io/team", "1")


def test_the_tag_is_gits_description_and_the_registry_docker_hub(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TAG", raising=False)
    monkeypatch.delenv("REGISTRY", raising=False)
    assert ImageNames.choose() == ImageNames(DEFAULT_REGISTRY, describe_commit() or "")


def test_without_git_a_tag_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TAG", raising=False)
    monkeypatch.setattr("pipelines.image_names.describe_commit", lambda: None)
    with pytest.raises(InvalidSetting, match="Give a tag: --tag"):
        ImageNames.choose("ghcr.io/team")


@pytest.mark.parametrize(
    ("registry", "tag", "message"),
    [
        ("ghcr.io/team", "latest", "may be another image tomorrow"),
        ("ghcr.io/team", "a tag", "tag = 'a tag' is out of range"),
        ("https://ghcr.io/team", "1", "without a scheme"),
        ("ghcr.io/team/", "1", "registry = 'ghcr.io/team/' is out of range"),
    ],
)
def test_names_that_no_image_can_keep_are_refused(registry: str, tag: str, message: str) -> None:
    with pytest.raises(InvalidSetting, match=message):
        ImageNames.choose(registry, tag)


def test_a_refused_name_leaves_nothing_behind(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pipelines", "compile", "--tag", "latest", "--output", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    assert (done.returncode, list(tmp_path.iterdir())) == (2, [])
    assert done.stderr.startswith("error: The tag 'latest'")
