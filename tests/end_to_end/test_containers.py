"""The training pipeline in the stages' images, held against the same run by processes of this machine."""

import json
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from docker import DockerClient
from docker.errors import ImageNotFound

from images.layers import list_stage_images
from pipelines.image_names import ImageNames
from tests.docker_engine import skip_or_fail
from tests.end_to_end.tables import TARGETS, write_csv
from tests.end_to_end.test_run import GOOD, find_artifact, run

SETTINGS = ("--trials", "6", "--workers", "2", "--seed", "3")


@pytest.fixture(scope="module", autouse=True)
def _images(docker_engine: DockerClient) -> None:
    names = ImageNames.choose()
    try:
        for stage in list_stage_images():
            docker_engine.images.get(names.name_image(stage))
    except ImageNotFound:
        skip_or_fail(
            f"there are no images {names.name_image('<stage>')}: make images builds them, TAG names others"
        )


def list_left_behind(client: DockerClient, name: str) -> list[str]:
    return [one.id for one in client.containers.list(all=True, filters={"label": f"kfp-tabular.run={name}"})]


@pytest.fixture(scope="module", params=["binary", "regression"])
def folders(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The folders of the same run in containers and by processes."""
    task = request.param
    place = tmp_path_factory.mktemp(task)
    source = write_csv(place / f"{task}.csv", task)
    words = ("--source", str(source), "--target", TARGETS[task], *SETTINGS)
    for name, option in (("in-containers", ("--docker",)), ("by-processes", ())):
        done = run(*words, *option, "--runs", str(place / "runs"), "--name", name)
        assert done.returncode == 0, done.stdout + done.stderr
        assert (f"runs/{name}/index.html" in done.stdout, done.stderr) == (True, "")
    return {name: place / "runs" / name for name in ("in-containers", "by-processes")}


def read_facts(run_folder: Path) -> dict[str, Any]:
    model = find_artifact(run_folder, "train", "model")
    lineage = json.loads((model / "lineage.json").read_text(encoding="utf-8"))
    sweep = find_artifact(run_folder, "tune-result", "results") / "trials.json"
    known = json.loads(sweep.read_text(encoding="utf-8"))
    told = json.loads(find_artifact(run_folder, "train", "executor_output.json").read_text(encoding="utf-8"))
    record = json.loads((run_folder / "run.json").read_text(encoding="utf-8"))
    return {
        "data": lineage["dataset_sha256"],
        "versions": lineage["versions"] | {"python": ""},
        "trials": [(trial["number"], trial["parameters"], trial["fold_scores"]) for trial in known["trials"]],
        "chosen": (lineage["models"], lineage["calibration"], lineage["cross_validated"]),
        "metrics": told["artifacts"]["metrics"]["artifacts"][0]["metadata"],
        "verdict": json.loads(find_artifact(run_folder, "evaluate", "verdict").read_text(encoding="utf-8")),
        # A sweep is called like its run.
        "parameters": record["parameters"] | {"study": ""},
        "stages": [(stage["name"], stage["status"]) for stage in record["stages"]],
        "pages": sorted(path.name for path in (run_folder / "pages").iterdir()),
    }


@pytest.mark.slow
def test_containers_give_the_data_trials_metrics_and_verdict_of_processes(folders: dict[str, Path]) -> None:
    found = read_facts(folders["in-containers"])
    assert found == read_facts(folders["by-processes"])
    assert len(found["trials"]) == 6
    assert len(found["stages"]) == 12
    assert {status for _, status in found["stages"]} == {"done"}


@pytest.mark.slow
def test_two_workers_ran_side_by_side(folders: dict[str, Path]) -> None:
    lines = (folders["in-containers"] / "events.jsonl").read_text(encoding="utf-8").splitlines()
    told = [event["state"] for event in map(json.loads, lines) if event.get("name") == "tune"]
    assert told == ["started", "started", "finished", "finished"]


@pytest.mark.slow
def test_both_runs_are_in_one_tracking_database(folders: dict[str, Path]) -> None:
    database = folders["in-containers"].parent / "mlflow.db"
    assert database.exists()
    models = list((database.parent / "mlartifacts").rglob("MLmodel"))
    assert len(models) == 2


@pytest.mark.slow
def test_no_container_is_left(folders: dict[str, Path], docker_engine: DockerClient) -> None:
    assert list_left_behind(docker_engine, folders["in-containers"].name) == []


def read_told(done: "subprocess.CompletedProcess[str]") -> str:
    """Return what a run said of its failure, without the place of its log."""
    return done.stderr.rpartition("log: ")[0]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("file", "target", "cause"),
    [
        pytest.param("table.csv", "yy", "'yy' is not in the table", id="wrong target"),
        pytest.param("tabel.csv", "y", "Did you mean 'table.csv'?", id="missing file"),
        pytest.param("nowhere/table.csv", "y", "nowhere does not exist", id="missing folder"),
    ],
)
def test_a_mistake_is_told_before_a_container_starts(
    file: str, target: str, cause: str, tmp_path: Path, docker_engine: DockerClient
) -> None:
    (tmp_path / "table.csv").write_text(GOOD, encoding="utf-8")
    words = ("--source", str(tmp_path / file), "--target", target, "--runs", str(tmp_path / "runs"))
    done = run(*words, "--name", "there", "--docker")
    assert done.returncode == 2
    assert cause in done.stderr
    assert not (tmp_path / "runs").exists()
    assert list_left_behind(docker_engine, "there") == []


@pytest.mark.slow
def test_what_a_stage_refuses_is_told_as_processes_tell_it(
    tmp_path: Path, docker_engine: DockerClient
) -> None:
    # Only all rows tell that a thousand and a decimal look alike here.
    rows = [f"{1 + i}.{i:03};{'ja' if i % 3 else 'nein'}" for i in range(100, 160)]
    (tmp_path / "table.csv").write_text("\n".join(["x;y", *rows, ""]), encoding="utf-8")
    words = ("--source", str(tmp_path / "table.csv"), "--target", "y", "--runs", str(tmp_path / "runs"))
    here = run(*words, "--name", "here")
    there = run(*words, "--name", "there", "--docker")
    assert (here.returncode, there.returncode) == (1, 1)
    assert read_told(there) == read_told(here)
    assert "Column 'x' can be read in two ways" in read_told(here)
    assert list_left_behind(docker_engine, "there") == []


@pytest.mark.slow
def test_a_missed_gate_is_a_verdict_in_containers_too(tmp_path: Path) -> None:
    source = write_csv(tmp_path / "table.csv", "binary")
    problem = json.dumps({"gates": [{"metric": "roc_auc", "min": 0.9999}]})
    done = run(
        *("--source", str(source), "--target", "bought", "--trials", "2", "--problem", problem),
        *("--runs", str(tmp_path), "--name", "gated", "--docker"),
    )
    assert done.returncode == 1
    assert "0.9999" in done.stdout
    assert json.loads((tmp_path / "gated" / "run.json").read_text())["status"] == "rejected"


@pytest.mark.slow
def test_a_table_larger_than_the_memory_of_its_containers_passes_every_stage(tmp_path: Path) -> None:
    memory, n_rows, n_columns = 512 << 20, 1_800_000, 40
    assert 8 * n_rows * n_columns > memory
    write_numbers(tmp_path / "source", n_rows, n_columns)
    done = run(
        *("--source", str(tmp_path / "source"), "--target", "y", "--minutes", "0.5"),
        *("--docker", "--memory", "512m", "--runs", str(tmp_path), "--name", "large"),
    )
    assert done.returncode == 0, done.stdout + done.stderr
    said = " ".join(done.stdout.split())
    assert "The sweep searched on a sample of" in said
    lineage = json.loads(
        (find_artifact(tmp_path / "large", "train", "model") / "lineage.json").read_text(encoding="utf-8")
    )
    assert 8 * lineage["rows"] * n_columns > 0.75 * memory


def write_numbers(folder: Path, n_rows: int, n_columns: int) -> None:
    """Write a table of numbers, of which two tell the class, in parts."""
    folder.mkdir()
    for part in range(10):
        rng = np.random.default_rng(part)
        x = rng.normal(size=(n_columns, n_rows // 10)).round(3)
        y = np.where(x[0] + x[1] ** 2 + rng.normal(size=x.shape[1]) > 1, "yes", "no")
        columns = {f"x{i}": x[i] for i in range(n_columns)} | {"y": y}
        pq.write_table(pa.table(columns), folder / f"part-{part}.parquet")


@pytest.mark.slow
def test_too_little_memory_for_any_stage_is_refused_before_the_run(tmp_path: Path) -> None:
    done = run("--docker", "--memory", "48m", "--trials", "2", "--runs", str(tmp_path / "runs"))
    assert (done.returncode, done.stderr.count("It must be at least 512m, as")) == (2, 1)
    assert not (tmp_path / "runs").exists()
