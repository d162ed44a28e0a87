"""The images of what is no stage."""

import importlib.metadata
import json
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from images.lock import CONSTRAINTS, applies_to_images
from pipelines.catalogue import ROOT
from tests.kfp_api.server import serve_kfp_api
from tests.kfp_api.state import KfpApi
from tests.manifests.builds import MANIFESTS
from tests.pipelines.remote.cluster import write_compiled

SERVICES = ROOT / "images" / "services"
NAMES = sorted(path.parent.name for path in SERVICES.glob("*/Dockerfile"))


def read_pins(text: str) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9._-]+)(?:\[[a-z,]+\])?==([^\s;]+)", text, flags=re.MULTILINE))


@pytest.mark.parametrize("name", NAMES)
def test_it_runs_as_nobody_in_particular(name: str) -> None:
    text = (SERVICES / name / "Dockerfile").read_text(encoding="utf-8")
    assert re.findall(r"^USER (\S+)$", text, flags=re.MULTILINE) == ["65532:65532"]


@pytest.mark.parametrize("name", NAMES)
def test_what_it_stands_on_and_holds_has_a_version(name: str) -> None:
    text = (SERVICES / name / "Dockerfile").read_text(encoding="utf-8")
    given = dict(re.findall(r"^ARG ([A-Z_]+)=(\S+)$", text, flags=re.MULTILINE))
    assert all(":" in value for key, value in given.items() if key.endswith("_IMAGE"))
    assert "latest" not in text
    folder = SERVICES / name
    if (folder / "requirements.in").exists():
        assert "--require-hashes" in text
    else:
        assert re.search(r"@\$\{[A-Z]+\}", text)


@pytest.mark.parametrize("name", [name for name in NAMES if (SERVICES / name / "requirements.in").exists()])
def test_its_packages_are_the_locks_and_those_that_it_asks_for(name: str) -> None:
    found = read_pins((SERVICES / name / "requirements.txt").read_text(encoding="utf-8"))
    lines = CONSTRAINTS.read_text(encoding="utf-8").splitlines()
    lock = [Requirement(line) for line in lines if line and not line.startswith(("#", " "))]
    differing = {
        pin.name
        for pin in lock
        if applies_to_images(pin.marker) and pin.name in found and not pin.specifier.contains(found[pin.name])
    }
    assert not differing, "make lock"
    lines = (SERVICES / name / "requirements.in").read_text(encoding="utf-8").splitlines()
    for wanted in (Requirement(line) for line in lines if not line.startswith("#")):
        assert wanted.specifier.contains(found[wanted.name])


def test_the_manifests_name_every_one_of_them_and_each_has_a_folder() -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in MANIFESTS.rglob("*.yaml"))
    named = set(re.findall(r"image: kfp-tabular-([a-z-]+)", text))
    assert named == {*NAMES, "ingest", "notify", "tune", "serve", "monitor", "log-sink", "app"}


# Runs a command with the packages of a folder, and shows the top-level modules that it loaded from there.
_COMMAND = """
import json, pathlib, sys
sys.path += ["", sys.argv[1]]
from pipelines.cli.main import main
assert main(sys.argv[2:]) == 0
files = (getattr(module, "__file__", None) for module in list(sys.modules.values()))
paths = (pathlib.Path(file) for file in files if file)
loaded = {path.relative_to(sys.argv[1]).parts[0] for path in paths if path.is_relative_to(sys.argv[1])}
print(json.dumps(sorted(name.removesuffix(".py") for name in loaded)))
"""


@pytest.mark.slow_variants
@pytest.mark.parametrize(
    "words", [["submit", "training", "--wait"], ["schedule", "training", "--every", "6h"]]
)
def test_a_run_starts_with_only_the_code_and_the_packages_of_the_submit_image(
    tmp_path: Path, words: list[str]
) -> None:
    (tmp_path / "components").mkdir()
    for path in (ROOT / "components").glob("*.py"):
        shutil.copy(path, tmp_path / "components")
    shutil.copytree(ROOT / "pipelines", tmp_path / "pipelines")
    folder = write_compiled(tmp_path / "dist")
    with serve_kfp_api(KfpApi()) as api:
        words = [*words, "source=t.csv", "target=y", "--compiled", str(folder), "--host", api.url]
        # Without the module site, which would find the whole checkout.
        command = [sys.executable, "-S", "-c", _COMMAND, sysconfig.get_path("purelib"), *words]
        done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path)
    distributions = importlib.metadata.packages_distributions()
    needed = {canonicalize_name(distributions[name][0]) for name in json.loads(done.stdout.splitlines()[-1])}
    assert needed <= read_pins((SERVICES / "submit" / "requirements.txt").read_text(encoding="utf-8")).keys()
    assert "kfp-server-api" in needed
