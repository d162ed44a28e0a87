"""Dockerfiles, extras, the lock and the code say the same of every image; nothing is built here."""

import re
from functools import cache
from importlib.metadata import packages_distributions, requires
from pathlib import Path

import grimp
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from images.layers import BASE, SHARED, list_stage_images, read_extras
from images.lock import (
    CONSTRAINTS,
    applies_to_images,
    build_requirements,
    find_highest_layer,
    read_pins,
)
from pipelines.catalogue import ROOT

IMAGES = list_stage_images()
# SQLAlchemy loads a database's driver by its name in an address, Optuna what its proxy needs, and serve the C
# library of LightGBM.
LOADED_BY_NAME = {"grpcio", "lightgbm", "protobuf", "psycopg"}
# Extras for an image of one's own. Without them, the sources that need them say so.
OF_OWN_IMAGES = {"deltalake", "dvc", "pyiceberg"}
# A stored recipe names the steps' classes, and skops imports their modules by that name.
RECIPES = "components._model.files"
STEPS = {"components._recipe.preprocess", "components._recipe.engineer"}
FILES = sorted({path for image in IMAGES.values() for path in image.requirements})


@cache
def build_graph() -> grimp.ImportGraph:
    return grimp.build_graph("components", include_external_packages=True, exclude_type_checking_imports=True)


@cache
def find_providers() -> dict[str, list[str]]:
    return dict(packages_distributions())


def list_imports(stage: str) -> set[str]:
    """Return the modules, and the external packages, that a task of a stage may import."""
    own = {
        module
        for module in build_graph().modules
        if module.startswith(f"components.{stage}.") and not module.endswith(".component")
    }
    imported = own.union(*(build_graph().find_upstream_modules(module) for module in own))
    if RECIPES not in imported:
        return imported
    return imported.union(STEPS, *(build_graph().find_upstream_modules(step) for step in STEPS))


def list_packages(stage: str) -> dict[str, str]:
    return {name: version for path in IMAGES[stage].requirements for name, version in read_pins(path)}


def list_requirements(stage: str) -> set[str]:
    return {canonicalize_name(Requirement(line).name) for line in read_extras()[stage]}


def list_needed(asked: set[str]) -> set[str]:
    """Return packages with all that they need themselves."""
    known: set[str] = set()
    while new := asked - known:
        known |= new
        for line in (line for name in new for line in requires(name) or ()):
            wanted = Requirement(line)
            if wanted.marker is None or wanted.marker.evaluate({"extra": ""}):
                asked = asked | {canonicalize_name(wanted.name)}
    return known


def test_every_extra_of_a_stage_has_an_image_and_the_reverse() -> None:
    assert set(read_extras()) == set(IMAGES)
    assert len(IMAGES) > 10


def test_the_shared_layers_are_the_targets_of_the_base_in_their_order() -> None:
    targets = re.findall(r"^FROM \S+ AS (\w+)$", (BASE / "Dockerfile").read_text(), flags=re.MULTILINE)
    assert [target for target in targets if target in SHARED] == list(SHARED)


@pytest.mark.parametrize("stage", IMAGES)
def test_a_dockerfile_names_its_own_requirements_and_the_code_that_its_stage_imports(stage: str) -> None:
    dockerfile = (IMAGES[stage].folder / "Dockerfile").read_text()
    assert f"COPY images/{stage}/requirements.txt /tmp/\n" in dockerfile
    folders = {name.split(".")[1] for name in list_imports(stage) if name.startswith("components.")}
    needed = {folder for folder in folders if (ROOT / "components" / folder).is_dir()} | {"_kfp", stage}
    copied = re.findall(r"^COPY components/(\w+) components/\1$", dockerfile, flags=re.MULTILINE)
    assert sorted(copied) == sorted(needed)


@pytest.mark.slow_variants
@pytest.mark.parametrize("stage", IMAGES)
def test_an_image_stands_on_the_highest_layer_that_holds_nothing_but_what_it_asks_for(stage: str) -> None:
    packages = list_packages(stage)
    assert IMAGES[stage].parent == find_highest_layer(packages)
    roots = {root for layer in IMAGES[stage].layers for root in SHARED[layer]}
    assert roots <= list_needed(list_requirements(stage)) | set(SHARED["core"])


@pytest.mark.parametrize("stage", IMAGES)
def test_an_image_has_each_package_once_and_all_that_its_extra_names(stage: str) -> None:
    names = [name for path in IMAGES[stage].requirements for name, _ in read_pins(path)]
    assert len(names) == len(set(names))
    packages = list_packages(stage)
    for line in read_extras()[stage]:
        wanted = Requirement(line)
        assert wanted.specifier.contains(packages[canonicalize_name(wanted.name)]), line


@pytest.mark.parametrize("stage", IMAGES)
def test_a_stage_imports_what_its_image_has_and_its_extra_names_nothing_that_it_does_not_import(
    stage: str,
) -> None:
    external = {name.partition(".")[0] for name in list_imports(stage)} & set(find_providers())
    imported = {canonicalize_name(part) for name in external for part in find_providers()[name]}
    imported -= {"kfp-tabular"}
    assert imported - OF_OWN_IMAGES <= set(list_packages(stage))
    assert list_requirements(stage) - LOADED_BY_NAME <= imported


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_requirements_are_the_locks_versions_with_hashes(path: Path) -> None:
    text = path.read_text()
    packages = dict(read_pins(path))
    entries = [entry for entry in re.split(r"^(?=[a-z])", text, flags=re.MULTILINE)[1:] if entry.strip()]
    assert len(entries) == len(packages)
    assert all("--hash=sha256:" in entry for entry in entries)
    locked = [
        Requirement(line)
        for line in CONSTRAINTS.read_text().splitlines()
        if line and not line.startswith(("#", " "))
    ]
    versions = {
        canonicalize_name(pin.name): str(pin.specifier) for pin in locked if applies_to_images(pin.marker)
    }
    assert {name: f"=={version}" for name, version in packages.items()} == {
        name: versions[canonicalize_name(name)] for name in packages
    }


@pytest.mark.slow
def test_the_requirements_are_what_make_lock_would_write() -> None:
    for path, text in build_requirements().items():
        assert path.read_text() == text, f"{path} is stale: make lock"
