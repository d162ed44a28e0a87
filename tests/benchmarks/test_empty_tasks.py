"""Empty tasks, with kfp's own code in place of the launcher, and a stand-in for the API."""

import copy
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.json_format import ParseDict
from kfp.components import load_component_from_text
from kfp.local.executor_output_utils import special_dsl_outputpath_read
from kfp.local.placeholder_utils import replace_placeholders
from kfp.pipeline_spec.pipeline_spec_pb2 import ComponentSpec

from benchmarks.empty_tasks import EXPERIMENT, build_empty_spec, count_iterations, start_empty_run
from components.errors import InvalidSetting
from pipelines.backend_versions import OLDEST
from pipelines.catalogue import PIPELINES
from pipelines.image_names import ImageNames
from pipelines.remote.kubeflow_connection import KubeflowConnection
from pipelines.remote.spec import Spec
from pipelines.remote.submission import Submission, submit_run
from tests.compiled_specs import compile_catalogue
from tests.kfp_api.server import serve_kfp_api
from tests.kfp_api.spec_messages import list_unknown_pipeline_fields
from tests.kfp_api.state import KfpApi, describe_run
from tests.pipelines.remote.cluster import make_patient_client
from tests.workflows import WORKFLOW, make_node

pytestmark = pytest.mark.slow

ITERATIONS = {"sweep": 2, "shards": 3}
PARAMETERS = {"source": "s3://data/t.csv", "target": "y", "workers": 2}


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("compiled")
    return compile_catalogue(folder, ImageNames("localhost:1/team", "1.2.0"), "small", OLDEST)


def iterate_tasks(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for part in (document["root"], *document["components"].values()):
        yield from part.get("dag", {}).get("tasks", {}).values()


def drop_programs(document: dict[str, Any]) -> dict[str, Any]:
    rest = copy.deepcopy(document)
    rest["pipelineInfo"].pop("name")
    for task in iterate_tasks(rest):
        task.pop("cachingOptions", None)
    for executor in rest["deploymentSpec"]["executors"].values():
        del executor["container"]["command"], executor["container"]["args"]
    return rest


def run_program(container: dict[str, Any], component: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Run a program as the launcher does, and return what it reads: parameters, and paths of artifacts."""
    definitions = component.get("outputDefinitions", {})
    parameters = {name: folder / "parameters" / name for name in definitions.get("parameters", {})}
    artifacts = {name: folder / "artifacts" / name for name in definitions.get("artifacts", {})}
    for path in (*parameters.values(), *artifacts.values()):
        path.parent.mkdir(parents=True, exist_ok=True)
    outputs = {
        "parameters": {name: {"outputFile": str(path)} for name, path in parameters.items()},
        "artifacts": {name: {"artifacts": [{"uri": str(path)}]} for name, path in artifacts.items()},
        "outputFile": str(folder / "executor_output.json"),
    }
    words = [*container["command"], *container["args"]]
    command = replace_placeholders(words, {"outputs": outputs}, "run", "task", str(folder), "1")
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout + done.stderr == ""
    types = ParseDict(component, ComponentSpec()).output_definitions.parameters
    values = {
        name: special_dsl_outputpath_read(name, str(path), types[name].parameter_type)
        for name, path in parameters.items()
    }
    return values | artifacts


@pytest.mark.parametrize("pipeline", PIPELINES)
def test_only_programs_and_caching_differ_from_the_pipeline(compiled: Path, pipeline: str) -> None:
    spec = Spec.read(pipeline, compiled)
    empty = build_empty_spec(spec, ITERATIONS)
    assert empty.name == f"{pipeline}-empty"
    assert drop_programs(empty.documents[0]) == drop_programs(spec.documents[0])
    assert empty.documents[1:] == spec.documents[1:]
    assert all(not task["cachingOptions"] for task in iterate_tasks(empty.documents[0]))


@pytest.mark.parametrize("pipeline", PIPELINES)
def test_kfp_and_the_oldest_backend_know_the_spec(compiled: Path, tmp_path: Path, pipeline: str) -> None:
    empty = build_empty_spec(Spec.read(pipeline, compiled), ITERATIONS)
    assert list_unknown_pipeline_fields(empty.documents[0], OLDEST) == []
    empty.write(tmp_path / "spec.yaml")
    loaded = load_component_from_text((tmp_path / "spec.yaml").read_text(encoding="utf-8"))
    assert loaded.name == f"{pipeline}-empty"


@pytest.mark.parametrize(
    ("pipeline", "lists"),
    [
        ("training", {"ingest-plan": {}, "tune-plan": [0, 1]}),
        ("scoring", {"score-plan": [0, 1, 2]}),
        ("deployment", {}),
        ("removal", {}),
    ],
)
def test_each_program_writes_all_outputs(
    compiled: Path, tmp_path: Path, pipeline: str, lists: dict[str, Any]
) -> None:
    document = build_empty_spec(Spec.read(pipeline, compiled), ITERATIONS).documents[0]
    found = {}
    for name, component in document["components"].items():
        if "executorLabel" in component:
            container = document["deploymentSpec"]["executors"][component["executorLabel"]]["container"]
            outputs = run_program(container, component, tmp_path / name)
            for value in outputs.values():
                if isinstance(value, Path):
                    assert value.read_text(encoding="utf-8") == "empty"
            if "Output" in outputs:
                found[name.removeprefix("comp-")] = outputs["Output"]
    assert found == lists


@pytest.mark.parametrize("pipeline", PIPELINES)
def test_branches_depend_on_parameters_of_the_run_alone(compiled: Path, pipeline: str) -> None:
    # So an empty run takes those of the run that it repeats.
    producers = set()
    for task in iterate_tasks(Spec.read(pipeline, compiled).documents[0]):
        if "condition" in task.get("triggerPolicy", {}):
            for source in task["inputs"]["parameters"].values():
                producers.add(source.get("taskOutputParameter", {}).get("producerTask"))
    # The one exception: whether monitoring trains is what it finds.
    assert producers - {None} == ({"monitor"} if pipeline == "monitoring" else set())


def test_iterations_are_those_of_the_run() -> None:
    def make_driver(name: str, count: str) -> dict[str, Any]:
        outputs = {"parameters": [{"name": "execution-id", "value": "7"}]}
        outputs["parameters"].append({"name": "iteration-count", "value": count})
        return make_node(f"{WORKFLOW}.root.stages.{name}", "Succeeded", kind="Pod", outputs=outputs)

    nodes = [
        make_node(f"{WORKFLOW}.root.stages.sweep(0).iteration-driver(0)", "Error", kind="Pod"),
        make_driver("sweep(0).iteration-driver(1)", "2"),
        make_driver("shards.iteration-driver", "16"),
        make_driver("sweep.iteration-iterations(0:0).iteration-item-driver", "0"),
        make_driver("ingest-driver", "0"),
        make_node(f"{WORKFLOW}.root.stages.sweep.iteration-driver", "Succeeded", kind="Retry"),
    ]
    assert count_iterations(nodes) == {"sweep": 2, "shards": 16}


@pytest.mark.parametrize("version", ["2.14.3", "2.17.0"])
def test_an_empty_run_has_the_parameters_and_the_account_of_the_run(compiled: Path, version: str) -> None:
    with serve_kfp_api(KfpApi()) as api:
        api.health["tag_name"] = version
        connection = KubeflowConnection(host=api.url, dashboard=api.url)
        client = make_patient_client(connection)
        spec = Spec.read("training", compiled)
        submission = Submission(spec, PARAMETERS, "mine", "monday", "kfp-tabular")
        first = submit_run(client, connection, submission)
        second, empty = start_empty_run(client, connection, first.run_id, ITERATIONS)
        run = api.runs[second.run_id]
        assert (run["display_name"], run["service_account"]) == ("monday-empty", "kfp-tabular")
        assert run["runtime_config"]["parameters"] == PARAMETERS
        assert api.experiments[run["experiment_id"]]["display_name"] == EXPERIMENT
        reference = run["pipeline_version_reference"]
        assert api.pipelines[reference["pipeline_id"]]["name"] == "training-empty"
        kept = api.versions[reference["pipeline_version_id"]]["pipeline_spec"]
        assert (kept["pipeline_spec"], kept["platform_spec"]) == empty.documents
        assert json.dumps(kept).count("components._kfp.executor_main") == 0


def test_a_run_that_failed_is_not_repeated(compiled: Path) -> None:
    with serve_kfp_api(KfpApi(scripts=[[describe_run("FAILED")]])) as api:
        connection = KubeflowConnection(host=api.url, dashboard=api.url)
        client = make_patient_client(connection)
        submission = Submission(Spec.read("training", compiled), PARAMETERS, "mine", "monday")
        first = submit_run(client, connection, submission)
        with pytest.raises(InvalidSetting, match=r"is FAILED, and only a run that succeeded"):
            start_empty_run(client, connection, first.run_id, ITERATIONS)
        assert len(api.runs) == 1
