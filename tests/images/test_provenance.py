"""Where pushed images come from."""

import hashlib
import json
from pathlib import Path

import pytest

from components.errors import InvalidSetting
from images import provenance
from images.provenance import build_provenance, find_run
from pipelines import image_names
from pipelines.catalogue import ROOT

GITHUB = {
    "GITHUB_ACTIONS": "true",
    "GITHUB_SERVER_URL": "https://github.com",
    "GITHUB_REPOSITORY": "team/suite",
    "GITHUB_RUN_ID": "7",
}
BITBUCKET = {"BITBUCKET_BUILD_NUMBER": "7", "BITBUCKET_GIT_HTTP_ORIGIN": "https://bitbucket.org/team/suite"}


@pytest.fixture
def record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "images.json"
    content = {
        "registry": "registry.example.org/team",
        "tag": "1.2.0",
        "revision": "0" * 40,
        "digests": {"tune": f"sha256:{'1' * 64}"},
    }
    file.write_text(json.dumps(content))
    for module in (provenance, image_names):
        monkeypatch.setattr(module, "DIGESTS", file)
    for name in ("REGISTRY", "TAG"):
        monkeypatch.delenv(name, raising=False)
    return file


@pytest.mark.usefixtures("record")
def test_it_names_the_commit_the_lock_and_the_run() -> None:
    predicate = build_provenance(GITHUB)
    sources = predicate["buildDefinition"]["resolvedDependencies"]
    assert sources[0]["digest"] == {"gitCommit": "0" * 40}
    lock = hashlib.sha256((ROOT / "constraints.txt").read_bytes()).hexdigest()
    assert sources[1] == {"uri": "constraints.txt", "digest": {"sha256": lock}}
    run = "https://github.com/team/suite/actions/runs/7"
    assert predicate["runDetails"] == {"builder": {"id": run}, "metadata": {"invocationId": run}}


@pytest.mark.usefixtures("record")
def test_without_a_service_nobody_vouches_for_the_machine() -> None:
    assert build_provenance({})["runDetails"] == {"builder": {"id": "urn:kfp-tabular:unattested-machine"}}


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        (BITBUCKET, "https://bitbucket.org/team/suite/pipelines/results/7"),
        ({"GITLAB_CI": "true", "CI_JOB_URL": "https://gitlab.com/job/7"}, "https://gitlab.com/job/7"),
        ({"CIRCLECI": "true", "CIRCLE_BUILD_URL": "https://circleci.com/7"}, "https://circleci.com/7"),
        ({"TRAVIS": "true", "TRAVIS_JOB_WEB_URL": "https://travis-ci.com/7"}, "https://travis-ci.com/7"),
        ({}, ""),
    ],
)
def test_a_run_has_the_address_of_its_service(environment: dict[str, str], expected: str) -> None:
    assert find_run(environment) == expected


def test_without_pushed_images_there_is_nothing_to_describe(
    record: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(image_names, "ROOT", record.parent)
    record.unlink()
    with pytest.raises(InvalidSetting, match="digests of pushed images"):
        build_provenance({})
