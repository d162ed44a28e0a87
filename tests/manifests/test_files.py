"""How the files are laid out: one object per file, named for it, and kustomize's present words only."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.manifests.builds import MANIFESTS

FILES = sorted(MANIFESTS.rglob("*.yaml"))
KUSTOMIZATIONS = [path for path in FILES if path.name == "kustomization.yaml"]
RESOURCES = [path for path in FILES if path.name not in ("kustomization.yaml", "parameters.yaml")]
# https://github.com/kubernetes-sigs/kustomize: `kustomize edit fix` rewrites these.
DEPRECATED = {"bases", "commonLabels", "imageTags", "patchesJson6902", "patchesStrategicMerge", "vars"}


def get_id(path: Path) -> str:
    return str(path.relative_to(MANIFESTS))


def read(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", RESOURCES, ids=get_id)
def test_a_file_holds_one_object_and_is_named_for_it(path: Path) -> None:
    (item,) = yaml.safe_load_all(path.read_text(encoding="utf-8"))
    name = f"{item['metadata']['name']}-{item['kind'].lower()}"
    assert path.stem in (name, f"{name}-patch")


@pytest.mark.parametrize("path", KUSTOMIZATIONS, ids=get_id)
def test_a_kustomization_uses_no_deprecated_word_and_leaves_no_file_out(path: Path) -> None:
    content = read(path)
    assert not DEPRECATED & set(content)
    used = {*content.get("resources", []), *(patch.get("path") for patch in content.get("patches", []))}
    used |= {name for each in content.get("configMapGenerator", []) for name in each["files"]}
    beside = {file.name for file in path.parent.iterdir() if file.is_file() and file != path}
    assert beside <= used


def test_overlays_are_composition_and_bases_know_no_overlay() -> None:
    for path in KUSTOMIZATIONS:
        parts = [*read(path).get("resources", []), *read(path).get("components", [])]
        if path.is_relative_to(MANIFESTS / "overlays"):
            parts = [part for part in parts if not part.endswith(".yaml")]
            assert all(part.startswith("../../") or (path.parent / part).is_dir() for part in parts)
        else:
            assert all(".." not in part for part in parts), get_id(path)
