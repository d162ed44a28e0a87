import re
from functools import cache
from pathlib import Path

import pytest
import yaml
from kfp import components as kfp_components

from pipelines.catalogue import PIPELINES, ROOT
from pipelines.parameters import read_signature


@cache
def read_specs(dist: Path) -> dict[str, dict]:
    return {
        str(path.relative_to(dist)): next(yaml.load_all(path.read_text(), yaml.CSafeLoader))
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
        if path.stem in PIPELINES:
            assert set(loaded.component_spec.inputs) == set(read_signature(path.stem))


def test_every_parameter_of_a_pipeline_is_described(dist: Path) -> None:
    wired = [read_specs(dist)[f"pipelines/{name}.yaml"]["root"] for name in PIPELINES]
    parameters = {key: of for root in wired for key, of in root["inputDefinitions"]["parameters"].items()}
    assert {"source", "target", "trials", "seed", "shards"} <= set(parameters)
    assert [name for name, parameter in parameters.items() if not parameter.get("description")] == []


def test_every_input_and_output_of_a_component_is_described(dist: Path) -> None:
    silent = []
    n_artifacts = 0
    for file, spec in read_specs(dist).items():
        for name, part in spec["components"].items():
            if "executorLabel" in part:
                for side in ("inputDefinitions", "outputDefinitions"):
                    artifacts = part.get(side, {}).get("artifacts", {})
                    n_artifacts += len(artifacts)
                    entries = {**artifacts, **part.get(side, {}).get("parameters", {})}
                    silent += [(file, name, key) for key, of in entries.items() if not of.get("description")]
    assert n_artifacts > 100
    assert silent == []


@pytest.mark.slow
def test_parameters_are_in_the_order_of_the_signature_and_required_ones_come_first(dist: Path) -> None:
    for name in PIPELINES:
        wanted = list(read_signature(name).values())
        found = read_specs(dist)[f"pipelines/{name}.yaml"]["root"]["inputDefinitions"]["parameters"]
        assert list(found) == [parameter.name for parameter in wanted]
        heading = (dist / "pipelines" / f"{name}.yaml").read_text().partition("\ncomponents:")[0]
        assert re.findall(r"^#    (\w+):", heading, re.MULTILINE) == list(found)
        required = [parameter.is_required for parameter in wanted]
        assert required == sorted(required, reverse=True)


@pytest.mark.slow
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


@pytest.mark.slow
def test_the_whole_table_is_read_before_the_split_only(dist: Path) -> None:
    tasks = read_specs(dist)["pipelines/training.yaml"]["components"]["comp-stages"]["dag"]["tasks"]
    readers = {
        name
        for name, wiring in tasks.items()
        for source in wiring.get("inputs", {}).get("artifacts", {}).values()
        if source.get("taskOutputArtifact", {}).get("producerTask") == "ingest"
    }
    assert readers == {"validate", "split"}
    assert "validate-gate" in tasks["split"]["dependentTasks"]
