"""What an image holds, as CycloneDX: from what an image once told, and from an image that is built here."""

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from docker import DockerClient

from images.commands import main
from images.docker_command import ImageMissing, inspect_image
from images.layers import list_stage_images
from images.lock import read_pins
from images.sbom import ContentsNotListed, build_document, find_required, write_sbom
from pipelines.image_names import ImageNames
from tests.docker_engine import needs_docker

NAMES = ImageNames("ghcr.io/team", "1.2.0")
IMAGE: dict[str, Any] = {
    "Id": "sha256:" + "1" * 64,
    "Created": "2026-11-24T09:56:57.222600132Z",
    "Architecture": "amd64",
    "Config": {"Labels": {"org.opencontainers.image.revision": "abc", "maintainer": "a stranger"}},
}
VENV = "/opt/venv/lib/python3.11/site-packages"
BELOW = "/usr/local/lib/python3.11/site-packages"


def make_distribution(name: str, version: str = "1.0", *requires: str, **more: Any) -> dict[str, Any]:
    known: dict[str, Any] = {"license_expression": None, "license": None, "classifiers": []}
    return {"name": name, "version": version, "requires": list(requires), **known, **more}


def make_package(name: str, version: str, source: str = "", source_version: str = "") -> dict[str, str]:
    told = {"Package": name, "Version": version, "Architecture": "amd64", "db:Status-Status": "installed"}
    return {**told, "source:Package": source or name, "source:Version": source_version or version}


# Shortened from what an image of the problem stage told.
HELD: dict[str, Any] = {
    "python": "3.11.2",
    "system": {"ID": "debian", "VERSION_ID": "12"},
    "distributions": {
        BELOW: [make_distribution("pip", "24.0")],
        VENV: [
            make_distribution("kfp", "2.17.0", "click>=8.1.8", "PyYAML<7", 'docker; extra == "all"'),
            make_distribution("pydantic", "2.14.3", "pydantic-core==2.50.4", "typing_extensions>=4"),
            make_distribution(
                "pydantic_core", "2.50.4", "typing-extensions>=4.16.0", license_expression="MIT"
            ),
            make_distribution("typing_extensions", "4.16.0", license_expression="PSF-2.0"),
        ],
    },
    "packages": [
        make_package("libc6", "2.36-9+deb12u13", "glibc"),
        make_package("bsdutils", "1:2.38.1-5", "util-linux", "2.38.1-5"),
    ],
}


def build_parsed(held: dict[str, Any] = HELD, names: ImageNames = NAMES) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(build_document(names, "problem", IMAGE, held))
    return found


def find_invalid(text: str) -> object:
    return JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)


def list_needs(sbom: dict[str, Any]) -> dict[str, list[str]]:
    return {entry["ref"]: entry.get("dependsOn", []) for entry in sbom["dependencies"]}


def test_a_document_is_valid_and_names_all_that_there_is() -> None:
    assert find_invalid(build_document(NAMES, "problem", IMAGE, HELD)) is None
    assert {part.get("purl", part["bom-ref"]) for part in build_parsed()["components"]} == {
        "debian-12",
        "pkg:generic/python@3.11.2",
        "pkg:pypi/kfp@2.17.0",
        "pkg:pypi/pydantic@2.14.3",
        "pkg:pypi/pydantic-core@2.50.4",
        "pkg:pypi/typing-extensions@4.16.0",
        "pkg:pypi/pip@24.0",
        "pkg:deb/debian/libc6@2.36-9%2Bdeb12u13?arch=amd64&distro=debian-12&upstream=glibc",
        "pkg:deb/debian/bsdutils@1:2.38.1-5?arch=amd64&distro=debian-12&upstream=util-linux%402.38.1-5",
    }


def test_a_document_describes_the_image() -> None:
    metadata = build_parsed()["metadata"]
    assert metadata["timestamp"] == "2026-11-24T09:56:57.222600+00:00"
    image = metadata["component"]
    assert (image["type"], image["name"], image["version"]) == ("container", "kfp-tabular-problem", "1.2.0")
    assert image["purl"].startswith(
        f"pkg:oci/kfp-tabular-problem@{IMAGE['Id']}?arch=amd64&repository_url=ghcr.io/"
    )
    assert {"name": "org.opencontainers.image.revision", "value": "abc"} in image["properties"]
    assert "stranger" not in json.dumps(image)


def test_an_image_that_was_pushed_is_named_by_its_digest_in_the_registry() -> None:
    digest = "sha256:" + "2" * 64
    pushed = ImageNames("ghcr.io/team", "1.2.0", {"problem": digest})
    image = build_parsed(names=pushed)["metadata"]["component"]
    assert f"@{digest}?" in image["purl"]
    assert {"name": "kfp-tabular:image-id", "value": IMAGE["Id"]} in image["properties"]


def test_an_image_needs_what_nothing_else_in_it_needs() -> None:
    sbom = build_parsed()
    needed = list_needs(sbom)
    image = sbom["metadata"]["component"]["bom-ref"]
    assert [ref.partition("#")[0] for ref in needed[image] if "pypi" in ref] == [
        "pkg:pypi/kfp@2.17.0",
        "pkg:pypi/pip@24.0",
        "pkg:pypi/pydantic@2.14.3",
    ]
    assert needed[f"pkg:pypi/pydantic@2.14.3#{VENV}"] == [
        f"pkg:pypi/pydantic-core@2.50.4#{VENV}",
        f"pkg:pypi/typing-extensions@4.16.0#{VENV}",
    ]
    assert set(needed) == {image, *(part["bom-ref"] for part in sbom["components"])}


def test_the_same_image_is_the_same_document_in_whatever_order_it_tells() -> None:
    turned = copy.deepcopy(HELD)
    turned["distributions"] = {
        folder: found[::-1] for folder, found in reversed(turned["distributions"].items())
    }
    turned["packages"].reverse()
    text = build_document(NAMES, "problem", IMAGE, HELD)
    assert build_document(NAMES, "problem", IMAGE, turned) == text
    other = build_document(NAMES, "problem", {**IMAGE, "Id": "sha256:" + "3" * 64}, HELD)
    assert json.loads(other)["serialNumber"] != json.loads(text)["serialNumber"]


def test_two_versions_of_a_package_that_a_faulty_build_left_are_both_listed() -> None:
    held = copy.deepcopy(HELD)
    held["distributions"][VENV].append(make_distribution("PyDantic", "2.13.0"))
    assert find_invalid(build_document(NAMES, "problem", IMAGE, held)) is None
    purls = [part.get("purl") for part in build_parsed(held)["components"]]
    assert {"pkg:pypi/pydantic@2.13.0", "pkg:pypi/pydantic@2.14.3"} <= set(purls)


@pytest.mark.parametrize(
    ("distributions", "expected"),
    [
        ([make_distribution("a", "1", "b", "absent"), make_distribution("b")], {"a": {"b"}, "b": set()}),
        ([make_distribution("a", "1", "B_c>=1"), make_distribution("b-c")], {"a": {"b-c"}, "b-c": set()}),
        (
            [
                make_distribution("a", "1", 'b; sys_platform == "win32"', 'c; python_version >= "3.11"'),
                *(make_distribution("b"), make_distribution("c")),
            ],
            {"a": {"c"}, "b": set(), "c": set()},
        ),
        # An extra counts where somebody asks for it, and not by being there.
        (
            [
                make_distribution("a", "1", "b[x]"),
                make_distribution("b", "1", 'c; extra == "x"', 'd; extra == "y"'),
                *(make_distribution("c"), make_distribution("d")),
            ],
            {"a": {"b"}, "b": {"c"}, "c": set(), "d": set()},
        ),
        # One extra made of others, as "all" often is.
        (
            [
                make_distribution("a", "1", "b[all]"),
                make_distribution("b", "1", 'b[x]; extra == "all"', 'c; extra == "x"'),
                make_distribution("c"),
            ],
            {"a": {"b"}, "b": {"c"}, "c": set()},
        ),
        ([make_distribution("a", "1", "b"), make_distribution("b", "1", "a")], {"a": {"b"}, "b": {"a"}}),
    ],
)
def test_a_distribution_requires_what_its_markers_and_the_extras_asked_for_say(
    distributions: list[dict[str, Any]], expected: dict[str, set[str]]
) -> None:
    assert find_required({told["name"]: told["requires"] for told in distributions}) == expected


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({"license_expression": "MIT"}, [("id", "MIT")]),
        (
            {"license_expression": "Apache-2.0 OR BSD-3-Clause"},
            [("expression", "Apache-2.0 OR BSD-3-Clause")],
        ),
        ({"license": "MIT", "classifiers": ["License :: OSI Approved :: BSD License"]}, [("id", "MIT")]),
        (
            {"license": "BSD", "classifiers": ["License :: OSI Approved :: BSD License"]},
            [("name", "BSD License")],
        ),
        (
            {
                "license": "Dual License",
                "classifiers": [
                    "Topic :: Software Development",
                    "License :: OSI Approved :: BSD License",
                    "License :: OSI Approved :: Apache Software License",
                ],
            },
            [("name", "BSD License"), ("name", "Apache Software License")],
        ),
        ({"license": "3-Clause BSD License"}, [("name", "3-Clause BSD License")]),
        ({"license": "Copyright 2018 Somebody\n\nAll rights"}, []),
        ({"classifiers": ["License :: OSI Approved"]}, []),
        ({}, []),
    ],
)
def test_a_licence_is_what_is_declared_most_clearly(
    told: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    text = build_document(
        NAMES, "problem", IMAGE, {**HELD, "distributions": {VENV: [make_distribution("a", **told)]}}
    )
    assert find_invalid(text) is None
    (written,) = (part for part in json.loads(text)["components"] if part["name"] == "a")
    entries = [entry.get("license", entry) for entry in written.get("licenses", [])]
    found = [(kind, text) for entry in entries for kind, text in entry.items() if kind != "acknowledgement"]
    assert sorted(found) == sorted(expected)


@pytest.fixture(scope="module")
def built(docker_engine: DockerClient) -> Iterator[ImageNames]:
    """Names under which the problem stage's image is built; it is removed afterwards."""
    names = ImageNames("localhost:9/test-sbom", "0.0.0-test")
    assert main(["build", "--stage", "problem", "--registry", names.registry, "--tag", names.tag]) == 0
    yield names
    # A list of images, not of their contents: another test may remove one meanwhile.
    for image in docker_engine.api.images():
        for tag in image["RepoTags"] or ():
            if tag.startswith(names.registry):
                docker_engine.images.remove(tag)


@pytest.mark.slow
def test_the_document_of_a_built_image_lists_all_that_its_requirements_pin(
    built: ImageNames, tmp_path: Path
) -> None:
    path = write_sbom(built, "problem", tmp_path / "sbom")
    assert path == tmp_path / "sbom" / "kfp-tabular-problem.cdx.json"
    text = path.read_text()
    assert find_invalid(text) is None
    sbom = json.loads(text)
    locations = {
        part["purl"]: [place["location"] for place in part["evidence"]["occurrences"]]
        for part in sbom["components"]
        if part.get("purl", "").startswith("pkg:pypi/")
    }
    in_venv = {purl for purl, places in locations.items() if places == [VENV]}
    pins = {pin for path in list_stage_images()["problem"].requirements for pin in read_pins(path)}
    assert in_venv == {f"pkg:pypi/{name}@{version}" for name, version in pins}
    # It was installed without what it requires, and is there all the same.
    assert any(purl.startswith("pkg:pypi/kfp@") for purl in in_venv)
    kinds = {part["type"] for part in sbom["components"]}
    assert kinds == {"library", "application", "operating-system"}
    assert any(part.get("purl", "").startswith("pkg:deb/debian/libc6@") for part in sbom["components"])
    assert (inspect_image(built.name_image("problem")) or {})["Id"] in sbom["metadata"]["component"]["purl"]

    assert write_sbom(built, "problem", tmp_path / "again").read_text() == text


@pytest.mark.slow
def test_a_document_that_cannot_be_written_is_named_and_leaves_nothing(
    built: ImageNames, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ContentsNotListed, match=r"file/kfp-tabular-problem\.cdx\.json cannot be written: "):
        write_sbom(built, "problem", tmp_path / "file")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.slow
@needs_docker
def test_an_image_that_is_not_here_is_named(tmp_path: Path) -> None:
    names = ImageNames("localhost:9/none", "1")
    with pytest.raises(ImageMissing, match="localhost:9/none/kfp-tabular-tune:1 is not on this"):
        write_sbom(names, "tune", tmp_path)


@pytest.mark.slow
def test_an_image_without_debians_packages_is_refused(
    docker_engine: DockerClient, python_image: str, tmp_path: Path
) -> None:
    names = ImageNames("localhost:9/test-sbom-bare", "0.0.0-test")
    (tmp_path / "Dockerfile").write_text(f"FROM {python_image}\nRUN rm $(which dpkg-query)\n")
    docker_engine.images.build(path=str(tmp_path), tag=names.name_image("problem"))
    try:
        with pytest.raises(ContentsNotListed, match="is based on debian, without dpkg-query"):
            write_sbom(names, "problem", tmp_path / "sbom")
    finally:
        docker_engine.images.remove(names.name_image("problem"))
    assert not (tmp_path / "sbom").exists()
