"""What compiling adds to the wiring for a cluster."""

import json
import re
from typing import Any

import pytest
import yaml

from components.workflow import Workflow
from pipelines.catalogue import PIPELINES, ROOT
from pipelines.image_names import ImageNames
from pipelines.sizes import RESOURCES, SIZES, Size
from pipelines.spec_compiler import compile_spec, load_components, load_pipeline
from pipelines.task_settings import COMPONENTS, CONFIGURATION, SECRETS, SETTINGS
from tests.compiled_specs import read_pipeline
from tests.workflows import make_manifest, make_task

NOT_REUSED = {
    *(
        "ingest-plan",
        "ingest-rows",
        "tune",
        "train",
        "register",
        "register-fetch",
        "score",
        "score-result",
        "ingest-truth",
        "monitor",
        "deploy",
        "notify",
    ),
    # They write nothing that another task reads, and use nothing over the network but Kubernetes.
    *("deploy-gate", "deploy-removal"),
}
STORAGE = {
    "AWS_ENDPOINT_URL",
    "AWS_REGION",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
}
WORKERS = {
    "DASK_SCHEDULER_ADDRESS",
    "DASK_MOST_WORKERS",
    "DASK_ARTIFACTS_ENDPOINT_URL",
    "DASK_ARTIFACTS_SECRET",
    "AWS_REGION",
}


def read_documents(pipeline: str, size: Size = "small") -> tuple[dict[str, Any], dict[str, Any]]:
    spec, platform = read_pipeline(pipeline, size)
    return spec, platform["platforms"]["kubernetes"]["deploymentSpec"]["executors"]


def read_specs(size: Size = "small") -> list[dict[str, Any]]:
    return [read_documents(pipeline, size)[0] for pipeline in PIPELINES]


def read_executors() -> dict[str, Any]:
    """Return what Kubernetes is told of every component."""
    return {name: of for pipeline in PIPELINES for name, of in read_documents(pipeline)[1].items()}


def list_tasks() -> dict[str, dict[str, Any]]:
    """Return every task of the specs that a container runs, by its component's name."""
    found: dict[str, Any] = {}
    for spec in read_specs():
        dags = [spec["root"], *spec["components"].values()]
        wired = [task for part in dags for task in part.get("dag", {}).get("tasks", {}).values()]
        names = {task["componentRef"]["name"]: task for task in wired}
        found |= {
            name.removeprefix("comp-"): task
            for name, task in names.items()
            if "executorLabel" in spec["components"][name]
        }
    return found


def read_resources(size: Size, component: str) -> dict[str, Any]:
    executors = {
        name: of for spec in read_specs(size) for name, of in spec["deploymentSpec"]["executors"].items()
    }
    return dict(executors[f"exec-{component}"]["container"]["resources"])


@pytest.mark.slow
def test_every_component_is_described_and_only_they() -> None:
    names = {name.replace("_", "-") for name in load_components()}
    assert set(COMPONENTS) == names == set(list_tasks())


def test_the_parameters_are_those_of_the_bare_pipeline() -> None:
    spec, _ = read_documents("training")
    text = compile_spec(load_pipeline("training"), ImageNames("ghcr.io/team", "1"))
    bare = yaml.load(text, yaml.CSafeLoader)
    assert spec["root"]["inputDefinitions"] == bare["root"]["inputDefinitions"]
    assert spec["pipelineInfo"] == bare["pipelineInfo"]


def test_tasks_have_names_for_people_no_two_alike() -> None:
    titles = [task["taskInfo"]["name"] for task in list_tasks().values()]
    assert "Train the model" in titles
    assert len(set(titles)) == len(titles)


def test_results_are_reused_unless_a_task_depends_on_more_than_its_inputs_or_has_effects() -> None:
    reused = {name for name, task in list_tasks().items() if task["cachingOptions"].get("enableCache")}
    assert set(COMPONENTS) - reused == NOT_REUSED


def test_no_task_is_retried_because_a_mistake_would_be_made_again() -> None:
    assert [name for name, task in list_tasks().items() if "retryPolicy" in task] == []


def test_a_task_gets_the_variables_that_it_reads_and_no_other() -> None:
    given = {}
    for name, settings in read_executors().items():
        keys = [
            pair
            for source in (*settings.get("configMapAsEnv", []), *settings.get("secretAsEnv", []))
            for pair in source["keyToEnv"]
        ]
        given[name.removeprefix("exec-")] = {pair["envVar"] for pair in keys}
        assert all(pair["envVar"] == pair.get("secretKey", pair.get("configMapKey")) for pair in keys)
    tracking = {f"MLFLOW_TRACKING_{what}" for what in ("URI", "USERNAME", "PASSWORD", "TOKEN")}
    tracking |= {"MLFLOW_WORKSPACE"}
    assert {name: uses for name, uses in given.items() if uses} == {
        **dict.fromkeys(("ingest-plan", "score-result"), STORAGE),
        "preprocess": WORKERS,
        "score": STORAGE | WORKERS,
        **dict.fromkeys(("ingest", "ingest-rows", "ingest-truth"), STORAGE | {"PGPASSWORD"}),
        "monitor": STORAGE | tracking,
        "tune-plan": {"KFP_TABULAR_STUDY_URL"},
        "tune": {"KFP_TABULAR_STUDY_URL"},
        "train": tracking | WORKERS | {"KF_PIPELINES_UI_ENDPOINT"},
        "register": tracking | {"MODEL_REGISTRY_URL", "MLFLOW_UI_ENDPOINT"},
        "register-fetch": tracking,
        "deploy": tracking | {"MLFLOW_ARTIFACTS_DESTINATION"},
        "notify": {"KFP_TABULAR_WEBHOOK", "KF_PIPELINES_ENDPOINT", "KF_PIPELINES_UI_ENDPOINT"},
    }
    assert set().union(*given.values()) == {*CONFIGURATION, *SECRETS}


def test_deploy_and_register_alone_are_told_which_image_serves() -> None:
    told = {
        name: container["container"]["env"]
        for spec in read_specs()
        for name, container in spec["deploymentSpec"]["executors"].items()
        if "env" in container["container"]
    }
    image = {"name": "KFP_TABULAR_SERVE_IMAGE", "value": "ghcr.io/team/kfp-tabular-serve:1"}
    assert told == {"exec-register": [image], "exec-deploy": [image]}


def test_a_task_starts_without_the_configuration_and_the_secret() -> None:
    sources = [
        source
        for settings in read_executors().values()
        for source in (*settings.get("configMapAsEnv", []), *settings.get("secretAsEnv", []))
    ]
    assert sources
    assert all(source["optional"] for source in sources)
    assert {source.get("secretName", source.get("configMapName")) for source in sources} == {SETTINGS}


def test_every_pod_says_what_it_is_for() -> None:
    labels = {name: settings["podMetadata"]["labels"] for name, settings in read_executors().items()}
    assert set(labels) == {f"exec-{name}" for name in COMPONENTS}
    assert labels["exec-tune"] == {
        "app.kubernetes.io/part-of": "kfp-tabular",
        "app.kubernetes.io/component": "tune",
    }


@pytest.mark.slow_variants
@pytest.mark.parametrize("size", SIZES)
def test_a_pod_is_promised_the_memory_that_it_may_use(size: Size) -> None:
    for component, wanted in COMPONENTS.items():
        found = read_resources(size, component)
        assert found["resourceMemoryRequest"] == found["resourceMemoryLimit"]
        assert found["resourceMemoryLimit"] == RESOURCES[wanted.load][size].memory
        assert found["resourceCpuLimit"] == RESOURCES[wanted.load][size].cpu_limit
        # Older backends read the numbers beside the texts.
        assert found["memoryRequest"] == found["memoryLimit"]
        assert 0 < found["cpuRequest"] <= found["cpuLimit"]


def test_a_larger_size_gives_the_work_more_and_the_rest_the_same() -> None:
    memory = [read_resources(size, "tune")["memoryLimit"] for size in SIZES]
    assert memory == sorted(set(memory))
    assert len({read_resources(size, "problem")["memoryLimit"] for size in SIZES}) == 1


def test_a_run_that_fails_is_reported_last() -> None:
    spec, _ = read_documents("training")
    last = spec["root"]["dag"]["tasks"]["notify"]
    assert last["triggerPolicy"] == {"strategy": "ALL_UPSTREAM_TASKS_COMPLETED"}
    given = last["inputs"]["parameters"]
    assert given["status"] == {"taskFinalStatus": {"producerTask": "stages"}}
    assert given["pipeline"] == {"runtimeValue": {"constant": "training"}}
    assert given["run_id"] == {"runtimeValue": {"constant": "{{$.pipeline_job_uuid}}"}}


@pytest.mark.parametrize("pipeline", PIPELINES)
def test_the_workflow_of_a_pipeline_shows_that_it_is_ours(pipeline: str) -> None:
    """With arguments as the compiler of Kubeflow Pipelines 2.14 to 2.17 makes them, by its source."""
    spec, executors = read_documents(pipeline)
    parts = {"components-root": spec["root"], "kubernetes-comp-notify": executors["exec-notify"]}
    arguments = [{"name": name, "value": json.dumps(part)} for name, part in parts.items()]
    manifest = make_manifest(make_task("problem", "Frame", "Running"), arguments={"parameters": arguments})
    workflow = Workflow.parse(manifest)
    assert workflow
    assert workflow.pipeline == pipeline


def test_a_group_of_tasks_is_named_by_a_word() -> None:
    groups = {
        key: task["taskInfo"]["name"]
        for spec in read_specs()
        for part in (spec["root"], *spec["components"].values())
        for key, task in part.get("dag", {}).get("tasks", {}).items()
        if "dag" in spec["components"][task["componentRef"]["name"]]
    }
    assert set(groups) == {"stages", "sweep", "shards", "deployment", "if-allowed", "retraining"}
    # Backends before 2.16 look for the outputs of a loop by its title, but a task names them by its key.
    assert all(key == title for key, title in groups.items())


def list_features() -> set[str]:
    """Return which features of a backend the spec asks for, by the names of the fields that ask."""
    found: set[str] = set()

    def walk(part: object) -> None:
        if isinstance(part, dict):
            found.update(part)
            for value in part.values():
                walk(value)
        elif isinstance(part, list):
            for value in part:
                walk(value)

    walk(read_specs())
    known = {
        *("artifactIterator", "cachingOptions", "dependentTasks", "importer", "iteratorPolicy"),
        *("parameterIterator", "resources", "retryPolicy", "taskFinalStatus", "triggerPolicy", "dagOutputs"),
        *("isArtifactList", "outputParameterKey", "oneofParameters", "artifactSelectors", "condition"),
    }
    return (found & known) | {key for settings in read_executors().values() for key in settings}


def test_the_docs_say_which_features_of_a_backend_the_spec_uses() -> None:
    page = (ROOT / "docs" / "platform-engineer.md").read_text(encoding="utf-8")
    listed = re.search(r"The spec asks a backend for: (.+?)\.\n", page, flags=re.DOTALL)
    assert listed
    assert set(re.findall(r"`(\w+)`", listed[1])) == list_features()
