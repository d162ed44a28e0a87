import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from kfp import components as kfp_components

from pipelines.catalogue import PIPELINES, ROOT
from pipelines.image_names import ImageNames
from pipelines.spec_compiler import compile_all

HEAVY = (
    "lightgbm",
    "mlflow",
    "numpy",
    "optuna",
    "pandas",
    "plotly",
    "pyarrow",
    "pydantic",
    "rich",
    "sklearn",
)


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    compile_all(folder, ImageNames("ghcr.io/team", "1.2.0"), "medium")
    return folder


def read_specs(dist: Path) -> dict[str, dict]:
    return {
        str(path.relative_to(dist)): next(yaml.safe_load_all(path.read_text()))
        for path in dist.rglob("*.yaml")
    }


def test_every_component_function_has_a_spec(dist: Path) -> None:
    functions = [
        name
        for path in ROOT.glob("components/*/component.py")
        for name in re.findall(r"^@stage\ndef (\w+)\(", path.read_text(), re.MULTILINE)
    ]
    expected = {f"components/{name}.yaml" for name in functions}
    expected |= {f"pipelines/{name}.yaml" for name in PIPELINES}
    assert len(functions) > 10
    assert set(read_specs(dist)) == expected


def test_specs_are_the_same_bytes_every_time(dist: Path, tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "pipelines",
        "compile",
        "--registry",
        "ghcr.io/team",
        "--tag",
        "1.2.0",
        "--size",
        "medium",
    ]
    subprocess.run([*command, "--output", str(tmp_path)], cwd=ROOT, check=True, capture_output=True)
    again = {path.relative_to(tmp_path): path.read_bytes() for path in tmp_path.rglob("*.yaml")}
    assert again == {path.relative_to(dist): path.read_bytes() for path in dist.rglob("*.yaml")}


def test_compiling_imports_no_more_than_kfp_does(tmp_path: Path) -> None:
    script = (
        "import json, sys, kfp, kfp.local, kfp.compiler\n"
        "before = set(sys.modules)\n"
        "from pipelines.cli.main import main\n"
        f"main(['compile', '--tag', '1', '--output', {str(tmp_path)!r}])\n"
        "roots = {name.partition('.')[0] for name in set(sys.modules) - before}\n"
        "print(json.dumps(sorted(roots - sys.stdlib_module_names)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, check=True, capture_output=True, text=True
    )
    imported = set(json.loads(done.stdout.splitlines()[-1]))
    assert {"components", "pipelines"} <= imported
    assert imported.isdisjoint(HEAVY)


def test_images_are_complete(dist: Path) -> None:
    for name, spec in read_specs(dist).items():
        for executor in spec["deploymentSpec"]["executors"].values():
            image = executor["container"]["image"]
            assert re.fullmatch(r"ghcr\.io/team/kfp-tabular-[a-z]+:1\.2\.0", image), (name, image)
    gate = read_specs(dist)["components/validate_gate.yaml"]["deploymentSpec"]["executors"][
        "exec-validate-gate"
    ]
    assert gate["container"]["image"] == "ghcr.io/team/kfp-tabular-validate:1.2.0"


def test_kfp_loads_every_spec(dist: Path) -> None:
    for path in dist.rglob("*.yaml"):
        loaded = kfp_components.load_component_from_file(str(path))
        assert loaded.name.replace("-", "_") == path.stem


def test_every_parameter_of_a_pipeline_is_described(dist: Path) -> None:
    wired = [read_specs(dist)[f"pipelines/{name}.yaml"]["root"] for name in PIPELINES]
    parameters = {key: of for root in wired for key, of in root["inputDefinitions"]["parameters"].items()}
    assert {"source", "target", "trials", "seed", "shards"} <= set(parameters)
    assert [name for name, parameter in parameters.items() if not parameter.get("description")] == []


def test_no_spec_names_a_place_or_a_secret(dist: Path) -> None:
    for path in dist.rglob("*.yaml"):
        text = path.read_text()
        assert str(ROOT) not in text
        assert str(Path.home()) not in text
        assert re.search(r"://[^/\s]+:[^/\s]+@", text) is None, path
        # The second document names the keys of a Secret, and Kubernetes alone knows their values.
        wiring = text.partition("\n---\n")[0]
        assert re.search(r"(?i)password|secret|access_key", wiring) is None, path


def test_nothing_before_evaluate_reads_the_sealed_rows(dist: Path) -> None:
    spec = read_specs(dist)["pipelines/training.yaml"]
    dags = {"root": spec["root"], **spec["components"]}
    readers = {
        task
        for part in dags.values()
        for task, wiring in part.get("dag", {}).get("tasks", {}).items()
        for source in wiring.get("inputs", {}).get("artifacts", {}).values()
        if source.get("taskOutputArtifact") == {"outputArtifactKey": "test", "producerTask": "split"}
    }
    assert readers == {"evaluate", "register"}


def test_the_whole_table_is_read_before_the_split_only(dist: Path) -> None:
    tasks = read_specs(dist)["pipelines/training.yaml"]["components"]["comp-exit-handler-1"]["dag"]["tasks"]
    readers = {
        name
        for name, wiring in tasks.items()
        for source in wiring.get("inputs", {}).get("artifacts", {}).values()
        if source.get("taskOutputArtifact", {}).get("producerTask") == "ingest"
    }
    assert readers == {"validate", "split"}
    assert "validate-gate" in tasks["split"]["dependentTasks"]
