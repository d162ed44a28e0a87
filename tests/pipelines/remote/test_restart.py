"""What a restart of the training pipeline runs and reuses, and what it asks the API, played by a stand-in."""

from typing import Any

import pytest

from components.errors import InvalidSetting
from pipelines.remote.errors import KubeflowError
from pipelines.remote.kubeflow_client import KubeflowClient
from pipelines.remote.kubeflow_connection import KubeflowConnection
from pipelines.remote.restart import EarlierRun, fetch_earlier_run, inherit_parameters, plan_restart
from pipelines.remote.spec import Spec
from pipelines.remote.submission import Submission, submit_run
from tests.kfp_api.state import KfpApi, describe_run
from tests.pipelines.kfp_cache import ResultCache
from tests.pipelines.remote.cluster import make_patient_client
from tests.pipelines.remote.training import read_training
from tests.workflows import make_manifest, make_task

ID = "0f7d8c1e-0000-4000-8000-000000000001"
GIVEN = {"source": "s3://data/t.csv", "target": "y", "trials": 4}
BEFORE_SWEEP = (
    *("problem", "ingest", "validate", "validate-gate", "split", "eda", "preprocess", "engineer", "select"),
)


@pytest.fixture
def connection(api: KfpApi) -> KubeflowConnection:
    return KubeflowConnection(host=api.url, dashboard=api.url)


@pytest.fixture
def client(connection: KubeflowConnection) -> KubeflowClient:
    return make_patient_client(connection)


def make_earlier(spec: dict[str, Any] | None = None, *undone: str, **parameters: Any) -> EarlierRun:
    document = spec or read_training()
    return EarlierRun(ID, "monday", Spec((document,)), {**GIVEN, **parameters}, frozenset(undone))


def find_executor(spec: dict[str, Any], task: str) -> dict[str, Any]:
    container: dict[str, Any] = spec["deploymentSpec"]["executors"][f"exec-{task}"]["container"]
    return container


def test_all_before_the_stage_is_reused_but_for_the_look_at_the_source() -> None:
    plan = plan_restart(Spec((read_training(),)), GIVEN, make_earlier(), "tune")
    assert sorted(plan.reused) == sorted(BEFORE_SWEEP)
    assert plan.repeated == {"never reused": ["ingest-plan"]}
    assert plan.restarted[:3] == ("tune-plan", "tune", "tune-result")
    assert {"train", "evaluate", "deploy-gate", "notify"} <= {*plan.restarted}


@pytest.mark.parametrize(
    ("changes", "reason", "names", "reused"),
    [
        ({"seed": 1}, "seed is 1, and was 0", ["ingest"], {"problem"}),
        ({"budget_minutes": 20.0}, "budget_minutes is 20.0, and was 10.0", ["engineer"], {*BEFORE_SWEEP[:7]}),
        # Of the sweep, which runs again in any case.
        ({"trials": 50}, "never reused", ["ingest-plan"], {*BEFORE_SWEEP}),
    ],
)
def test_a_changed_parameter_is_named_with_both_values(
    changes: dict[str, Any], reason: str, names: list[str], reused: set[str]
) -> None:
    plan = plan_restart(Spec((read_training(),)), {**GIVEN, **changes}, make_earlier(), "tune")
    assert plan.repeated[reason][:1] == names
    assert {*plan.reused} == reused


@pytest.mark.parametrize("stage", ["problem", "ingest", "split", "select", "tune", "train", "register"])
@pytest.mark.parametrize("changes", [{}, {"seed": 1}, {"budget_minutes": 5.0}], ids=str)
def test_the_cache_of_kubeflow_reuses_what_the_plan_says(stage: str, changes: dict[str, Any]) -> None:
    spec = Spec((read_training(),))
    returned = {"ingest-plan": {"source": "version 1"}, "tune-plan": [0]}
    cache = ResultCache()
    cache.run(spec.documents[0], GIVEN, returned)
    parameters = {**inherit_parameters(spec, make_earlier(), stage), **changes}
    plan = plan_restart(spec, parameters, make_earlier(), stage)
    ran = cache.run(spec.disable_cache(plan.restarted).documents[0], parameters, returned)
    assert ran == {*plan.restarted, *(name for names in plan.repeated.values() for name in names)}


def test_what_comes_after_a_repeated_task_is_repeated() -> None:
    spec = read_training()
    find_executor(spec, "preprocess")["command"] = ["python", "-c", "print('new')"]
    plan = plan_restart(Spec((spec,)), GIVEN, make_earlier(), "tune")
    assert plan.repeated["the code of the component changed"] == ["preprocess"]
    assert plan.repeated["after preprocess"] == ["engineer"]
    assert plan.repeated["after engineer"] == ["select"]
    assert "eda" in plan.reused


def test_images_of_another_tag_are_named_once() -> None:
    plan = plan_restart(Spec((read_training("2"),)), GIVEN, make_earlier(), "tune")
    assert sorted(plan.repeated["the images have the tag 2, and had 1"]) == sorted(
        [*BEFORE_SWEEP, "ingest-plan"]
    )
    assert plan.reused == ()
    assert plan.list_lines()[0] == ("reused", "nothing")


def test_another_image_of_one_stage_is_named() -> None:
    spec = read_training()
    find_executor(spec, "select")["image"] = "localhost:1/mine/select:1"
    plan = plan_restart(Spec((spec,)), GIVEN, make_earlier(), "tune")
    (reason,) = [reason for reason, names in plan.repeated.items() if names == ["select"]]
    assert reason.startswith("the image is localhost:1/mine/select:1, and was localhost:1/team/")


def test_a_task_that_failed_or_that_is_new_has_nothing_to_reuse() -> None:
    earlier = read_training()
    group = next(
        part for part in earlier["components"].values() if "eda" in part.get("dag", {}).get("tasks", {})
    )
    renamed = group["dag"]["tasks"]
    renamed["explore"] = renamed.pop("eda")
    for task in renamed.values():
        task["dependentTasks"] = [
            "explore" if name == "eda" else name for name in task.get("dependentTasks", [])
        ]
        for source in task.get("inputs", {}).get("artifacts", {}).values():
            producer = source.get("taskOutputArtifact", {})
            if producer.get("producerTask") == "eda":
                producer["producerTask"] = "explore"
    plan = plan_restart(Spec((read_training(),)), GIVEN, make_earlier(earlier, "select"), "tune")
    assert plan.repeated["new in the pipeline"] == ["eda"]
    plan = plan_restart(Spec((read_training(),)), GIVEN, make_earlier(None, "select"), "tune")
    assert plan.repeated["did not succeed in that run"] == ["select"]


def test_a_restart_after_the_sweep_continues_it() -> None:
    spec = Spec((read_training(),))
    assert inherit_parameters(spec, make_earlier(), "train")["study"] == ID
    assert inherit_parameters(spec, make_earlier(study="mine"), "train")["study"] == "mine"
    assert "study" not in inherit_parameters(spec, make_earlier(), "tune")
    assert "study" not in inherit_parameters(spec, make_earlier(), "ingest")


def test_a_stage_that_is_not_there_is_named_with_the_nearest() -> None:
    with pytest.raises(InvalidSetting, match=r"Stage 'tunes' is not known\.\nDid you mean 'tune'"):
        plan_restart(Spec((read_training(),)), GIVEN, make_earlier(), "tunes")


def test_a_run_of_another_pipeline_is_refused() -> None:
    other = read_training()
    other["pipelineInfo"]["name"] = "scoring"
    with pytest.raises(InvalidSetting, match=r"monday is of the pipeline scoring, and not of training"):
        plan_restart(Spec((read_training(),)), GIVEN, make_earlier(other), "tune")


@pytest.mark.slow_variants
@pytest.mark.parametrize(
    "form", ["{}", "http://host/pipeline/#/runs/details/{}", "http://host/#/runs/details/{}?x=1"]
)
def test_a_run_is_found_by_its_id_or_address(
    api: KfpApi, client: KubeflowClient, connection: KubeflowConnection, form: str
) -> None:
    manifest = make_manifest(
        make_task("ingest", "Ingest", "Succeeded"), make_task("select", "Select", "Failed")
    )
    api.scripts = [[describe_run("FAILED", manifest)]]
    spec = Spec((read_training(), {"platforms": {}}))
    submitted = submit_run(client, connection, Submission(spec, GIVEN, "tests", "monday"))
    found = fetch_earlier_run(client, form.format(submitted.run_id))
    assert (found.run_id, found.name, found.parameters) == (submitted.run_id, "monday", GIVEN)
    assert found.spec.documents == (spec.documents[0],)
    assert "select" in found.undone
    assert "ingest" not in found.undone


def test_a_run_that_is_not_there_is_an_error(client: KubeflowClient) -> None:
    with pytest.raises(KubeflowError, match=f"run {ID} not found"):
        fetch_earlier_run(client, ID)
    with pytest.raises(InvalidSetting, match=r"'monday' is neither the id of a run.*\n.*--run URL"):
        fetch_earlier_run(client, "monday")


def test_a_run_whose_pipeline_was_deleted_is_an_error(
    api: KfpApi, client: KubeflowClient, connection: KubeflowConnection
) -> None:
    submitted = submit_run(client, connection, Submission(Spec((read_training(),)), GIVEN, "tests", "monday"))
    for version in api.versions.values():
        version["pipeline_spec"] = {}
    with pytest.raises(InvalidSetting, match=r"but not its pipeline any more\.\nStart a new run"):
        fetch_earlier_run(client, submitted.run_id)
