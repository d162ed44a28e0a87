from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
import yaml

from components.errors import InvalidSetting
from pipelines.backend_versions import (
    NEWEST,
    OLDEST,
    SPEC_FEATURES,
    BackendRelease,
    adapt_documents,
    describe_omissions,
)
from pipelines.catalogue import PIPELINES
from tests.kfp_api.spec_messages import list_unknown_pipeline_fields, list_unknown_platform_fields
from tests.pipelines.remote.cluster import make_document, make_platform

RELEASES = [BackendRelease(OLDEST.major, minor) for minor in range(OLDEST.minor, NEWEST.minor + 1)]


def drop_keys(part: Any, keys: set[str]) -> Any:
    if isinstance(part, dict):
        return {key: drop_keys(value, keys) for key, value in part.items() if key not in keys}
    return [drop_keys(value, keys) for value in part] if isinstance(part, list) else part


@pytest.mark.parametrize(
    ("version", "release"),
    [
        ("2.14", BackendRelease(2, 14)),
        ("v2.16.1-rc.0", BackendRelease(2, 16)),
        ("2.9.0", BackendRelease(2, 9)),
        ("unknown", None),
        ("2", None),
        ("", None),
        (None, None),
    ],
)
def test_a_release_is_found_in_a_version(version: str | None, release: BackendRelease | None) -> None:
    assert BackendRelease.find(version) == release


def test_a_release_that_specs_can_be_for_is_taken() -> None:
    assert [BackendRelease.parse(text) for text in ("2.14.3", "2.17", "2.18.2")] == [
        (2, 14),
        (2, 17),
        (2, 18),
    ]
    with pytest.raises(InvalidSetting, match="'new' is not a version of Kubeflow Pipelines"):
        BackendRelease.parse("new")
    with pytest.raises(InvalidSetting, match=r"need Kubeflow Pipelines 2\.14 or newer, not 2\.5"):
        BackendRelease.parse("2.5.0")


@pytest.mark.parametrize("release", RELEASES, ids=str)
def test_a_release_gets_nothing_that_it_does_not_know(dist: Path, release: BackendRelease) -> None:
    for name in PIPELINES:
        documents = tuple(yaml.load_all((dist / "pipelines" / f"{name}.yaml").read_text(), yaml.CSafeLoader))
        (spec, platform), omitted = adapt_documents(documents, release)
        assert list_unknown_pipeline_fields(spec, release) == []
        assert list_unknown_platform_fields(platform, release) == []
        newer = [feature for feature in SPEC_FEATURES if release < feature.since]
        assert omitted == newer
        # And it gets all the rest.
        assert [spec, platform] == drop_keys(list(documents), {feature.name for feature in newer})


def test_the_definitions_that_the_specs_are_compared_with_are_those_of_the_newest_release() -> None:
    for package in ("kfp-kubernetes", "kfp-pipeline-spec"):
        assert BackendRelease.find(metadata.version(package)) == NEWEST, "see tests/kfp_api/added_fields.py"


def test_what_is_adapted_is_a_copy() -> None:
    documents = (make_document(), make_platform())
    adapted, omitted = adapt_documents(documents, OLDEST)
    assert documents == (make_document(), make_platform())
    assert adapted != documents
    assert adapt_documents(adapted, OLDEST) == (adapted, [])
    assert [feature.name for feature in omitted] == ["optional", "securityContext"]


def test_the_console_says_what_was_left_out_and_what_follows() -> None:
    assert describe_omissions(OLDEST, []) == ""
    first, *lines = describe_omissions(OLDEST, SPEC_FEATURES).splitlines()
    assert first == "note: left out, because Kubeflow Pipelines 2.14 does not know it:"
    assert lines[0].startswith("  optional (since 2.15): Every key")
    assert len(lines) == len(SPEC_FEATURES)
