"""The compiled training pipeline, compared with what Vertex AI Pipelines runs."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipelines.catalogue import ROOT
from pipelines.image_names import ImageNames
from tests.clouds.isolated import run_isolated
from tests.compiled_specs import compile_catalogue

# The types of artifacts that Vertex knows by itself: https://cloud.google.com/vertex-ai/docs/ml-metadata.
TYPES = {
    "system.Artifact",
    "system.ClassificationMetrics",
    "system.Dataset",
    "system.HTML",
    "system.Markdown",
    "system.Metrics",
    "system.Model",
}
BUILD_JOB = """\
from google.auth.credentials import AnonymousCredentials
from google.cloud import aiplatform
import sys
job = aiplatform.PipelineJob(
    display_name="training", template_path=sys.argv[1], pipeline_root="gs://bucket/root", project="project",
    location="europe-west4", credentials=AnonymousCredentials(),
    parameter_values={"source": "gs://bucket/customers.csv", "target": "churned"},
)
print(sorted(job._gca_resource.runtime_config.parameter_values))
"""


pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("compiled")
    compile_catalogue(folder, ImageNames("europe-west4-docker.pkg.dev/project/team", "1.2.0"), "small")
    return folder / "pipelines" / "training.yaml"


@pytest.fixture(scope="module")
def first(compiled: Path) -> Path:
    """The first document, as the docs say how to get it."""
    page = (ROOT / "docs" / "other-platforms.md").read_text()
    (command,) = re.findall(r"^sed .*training\.yaml > vertex\.yaml$", page, re.MULTILINE)
    command = command.replace("dist/pipelines/training.yaml", compiled.name)
    subprocess.run(["bash", "-c", command], cwd=compiled.parent, check=True)
    return compiled.parent / "vertex.yaml"


@pytest.fixture(scope="module")
def spec(first: Path) -> dict[str, Any]:
    return dict(yaml.safe_load(first.read_text()))


def find(value: Any, key: str) -> Iterator[Any]:
    for inner_key, inner in value.items() if isinstance(value, dict) else enumerate(value):
        if inner_key == key:
            yield inner
        if isinstance(inner, dict | list):
            yield from find(inner, key)


def test_the_first_document_is_the_pipeline_and_the_second_is_for_kubernetes(
    compiled: Path, spec: dict[str, Any]
) -> None:
    pipeline, platforms = yaml.safe_load_all(compiled.read_text())
    assert spec == pipeline
    assert list(platforms["platforms"]) == ["kubernetes"]


def test_the_docs_name_what_vertex_does_not_read(compiled: Path) -> None:
    _, platforms = yaml.safe_load_all(compiled.read_text())
    executors = platforms["platforms"]["kubernetes"]["deploymentSpec"]["executors"].values()
    page = (ROOT / "docs" / "other-platforms.md").read_text()
    assert {name for executor in executors for name in executor} == set(
        re.findall(r"^\| `(\w+)` \|", page, re.M)
    )


def test_artifacts_have_types_that_vertex_knows(spec: dict[str, Any]) -> None:
    assert set(find(spec, "schemaTitle")) <= TYPES


def test_the_name_is_one_that_vertex_takes(spec: dict[str, Any]) -> None:
    assert re.fullmatch(r"[a-z0-9][-a-z0-9]{0,127}", spec["pipelineInfo"]["name"])


def test_every_task_is_a_container_with_placeholders_that_vertex_fills_in(spec: dict[str, Any]) -> None:
    executors = spec["deploymentSpec"]["executors"].values()
    assert {kind for executor in executors for kind in executor} == {"container"}
    placeholders = set(re.findall(r"\{\{\$[^}]*\}\}", str(spec)))
    assert placeholders <= {"{{$}}", "{{$.pipeline_job_uuid}}", "{{$.pipeline_job_name}}"}


def test_googles_client_builds_a_job_of_the_first_document_and_refuses_both(
    compiled: Path, first: Path
) -> None:
    package = "google-cloud-aiplatform[pipelines]==2.7.0"
    done = run_isolated(package, BUILD_JOB, str(first))
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "['source', 'target']"
    refused = run_isolated(package, BUILD_JOB, str(compiled))
    assert "expected a single document in the stream" in refused.stderr
