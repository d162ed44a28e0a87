"""Which tasks of a second run take the results of the first, and whether the docs say so."""

import re
from pathlib import Path
from typing import Any

import pytest

from components.ingest.plan import plan
from pipelines.catalogue import ROOT
from pipelines.remote.wired_tasks import list_wired_tasks
from pipelines.task_settings import COMPONENTS
from tests.compiled_specs import read_pipeline
from tests.pipelines.kfp_cache import ResultCache
from tests.s3 import S3Server, make_secret

ALWAYS = {
    *("ingest-plan", "tune", "tune-result", "train", "evaluate", "evaluate-gate", "register"),
    *("register-gate", "deploy", "deploy-gate", "notify"),
}
FIRST, SECOND = b"a,b\n1,2\n", b"a,b\n1,3\n"


def read_spec(pipeline: str, tag: str = "1") -> dict[str, Any]:
    return read_pipeline(pipeline, tag=tag)[0]


def list_names(pipeline: str) -> set[str]:
    return {task.name for task in list_wired_tasks(read_spec(pipeline))}


class TrainingRuns:
    """Runs of the training pipeline, one after another, on sources that ingest-plan really looks at."""

    def __init__(self) -> None:
        self._cache = ResultCache()

    def run(self, source: str, test: str = "", tag: str = "1", **parameters: object) -> set[str]:
        """Return the names of the tasks that ran."""
        given = {"source": source, "target": "b", "test": test, **parameters}
        returned = {"ingest-plan": plan(source=source, test=test), "tune-plan": [0]}
        return self._cache.run(read_spec("training", tag), given, returned)


@pytest.fixture
def runs() -> TrainingRuns:
    return TrainingRuns()


def test_a_second_run_begins_with_the_sweep(runs: TrainingRuns) -> None:
    assert runs.run("sample:churn") == list_names("training")
    assert runs.run("sample:churn") == ALWAYS


def test_a_changed_file_runs_again_all_but_the_problem(runs: TrainingRuns, tmp_path: Path) -> None:
    files = {name: tmp_path / name for name in ("train.csv", "test.csv")}
    for file in files.values():
        file.write_bytes(FIRST)
    tables = [str(file) for file in files.values()]
    runs.run(*tables)
    assert runs.run(*tables) == ALWAYS
    for file in files.values():
        file.write_bytes(SECOND)
        assert runs.run(*tables) == list_names("training") - {"problem"}
        assert runs.run(*tables) == ALWAYS


def test_a_changed_object_under_the_same_key_runs_again(
    runs: TrainingRuns, s3: S3Server, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3.endpoint)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "owner")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", make_secret("owner"))
    source = f"s3://{bucket}/reuse/table.csv"
    s3.put(bucket, "reuse/table.csv", FIRST)
    runs.run(source)
    assert runs.run(source) == ALWAYS
    s3.put(bucket, "reuse/table.csv", SECOND)
    assert runs.run(source) == list_names("training") - {"problem"}
    # The tables of both contents are kept.
    s3.put(bucket, "reuse/table.csv", FIRST)
    assert runs.run(source) == ALWAYS


def test_other_images_run_everything_again(runs: TrainingRuns) -> None:
    runs.run("sample:churn")
    assert runs.run("sample:churn", tag="2") == list_names("training")


@pytest.mark.parametrize(
    ("parameter", "value", "first"),
    [
        ("budget_minutes", 20.0, "engineer"),
        ("workers", 2, "tune-plan"),
        ("study", "mine", "tune-plan"),
        ("trials", 60, "tune"),
        ("weighs_time", True, "tune"),
        ("warm_start", "mine", "tune"),
        ("max_models", 9, "train"),
        ("max_latency_ms", 1.0, "train"),
        ("experiment", "mine", "train"),
        ("model_name", "mine", "register"),
    ],
)
def test_a_changed_setting_runs_again_no_stage_before_the_one_that_takes_it(
    runs: TrainingRuns, parameter: str, value: object, first: str
) -> None:
    runs.run("sample:churn")
    in_order = ["problem", "ingest", "validate", "validate-gate", "split", "eda", "preprocess", "engineer"]
    in_order += ["select", "tune-plan", "tune", "train", "register"]
    ran = runs.run("sample:churn", "", "1", **{parameter: value})
    assert ran == ALWAYS | set(in_order[in_order.index(first) :])


def test_a_scoring_run_reuses_nothing() -> None:
    cached = ResultCache()
    given, returned = {"source": "table.csv"}, {"score-plan": [0]}
    for _ in range(2):
        assert cached.run(read_spec("scoring"), given, returned) == list_names("scoring")


def read_table() -> dict[str, tuple[str, str]]:
    """Return the rows of the table in docs/cluster.md, by the task."""
    page = (ROOT / "docs" / "cluster.md").read_text(encoding="utf-8")
    section = page.partition("\n## What a second run reuses\n")[2].partition("\n## ")[0]
    table = section[section.index("| task |") :].partition("\n\n")[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()]
    return {task: (inputs, reuse) for task, inputs, reuse in rows[2:]}


def test_the_docs_name_every_task_and_say_which_are_reused(runs: TrainingRuns) -> None:
    table = read_table()
    assert set(table) == list_names("training")
    runs.run("sample:churn")
    ran = runs.run("sample:churn")
    assert {task for task, (_, reuse) in table.items() if reuse.startswith("never: ")} == ran
    assert {task for task, (_, reuse) in table.items() if reuse == "yes"} == set(table) - ran
    # What may be reused, and never is, follows one that may not.
    follows = {task for task, (_, reuse) in table.items() if re.search("never: .* new", reuse)}
    assert follows == {task for task in ran if COMPONENTS[task].is_cached}


@pytest.mark.parametrize("task", list_wired_tasks(read_spec("training")), ids=lambda task: task.name)
def test_the_docs_name_what_makes_a_task_run_again(task: Any) -> None:
    inputs, _ = read_table()[task.name]
    parameters = {
        origin.name for origin in task.inputs.values() if not origin.task and not origin.is_constant
    }
    assert set(re.findall(r"`(\w+)`", inputs)) == parameters
    producers = {origin.task for origin in task.inputs.values() if origin.task}
    assert set(re.findall(r"(?<![\w`-])[a-z][a-z-]+(?![\w`-])", inputs)) - {"and"} == producers
