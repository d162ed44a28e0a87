"""The spec that a cluster gets, loaded back and run by kfp's local runner."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.catalogue import ROOT
from pipelines.image_names import ImageNames
from pipelines.spec_compiler import compile_all
from tests.end_to_end.tables import TARGETS, write_csv
from tests.webhook import serve_webhook

pytestmark = pytest.mark.slow

# In a process of its own: kfp keeps the settings of a local run for the whole process.
RUN = """
import json, sys
from kfp import local
from kfp.components import load_component_from_file
from pipelines.local.interpreter import use_warm_interpreter
from pipelines.local.task_runners import ProcessRunner

spec, root, arguments = sys.argv[1:]
with use_warm_interpreter():
    local.init(ProcessRunner().build_kfp_runner(), pipeline_root=root)
    load_component_from_file(spec)(**json.loads(arguments))
"""


@pytest.fixture(scope="module")
def spec(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    compile_all(folder, ImageNames("ghcr.io/team", "1.2.0"), "small")
    return folder / "pipelines" / "training.yaml"


def run(
    spec: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, **changed: object
) -> tuple[int, list[str]]:
    """Run the spec on a small table; return the exit status and what the webhook was told."""
    source = write_csv(folder / "binary.csv", "binary")
    arguments = {"source": str(source), "target": TARGETS["binary"], "trials": 3, "seed": 3, **changed}
    with serve_webhook() as (address, messages):
        monkeypatch.setenv("KFP_TABULAR_WEBHOOK", f"{address}/200")
        command = [sys.executable, "-c", RUN, str(spec), str(folder / "root"), json.dumps(arguments)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.returncode, [message["text"] for message in messages]


def read_output(folder: Path, task: str, name: str) -> str:
    (found,) = (folder / "root").glob(f"**/{task}/{name}")
    return found.read_text(encoding="utf-8")


def test_it_trains_a_model_and_ends_with_a_report(
    spec: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    status, told = run(spec, tmp_path, monkeypatch)
    assert (status, told) == (0, [])
    assert json.loads(read_output(tmp_path, "evaluate", "verdict"))["passed"]
    assert read_output(tmp_path, "notify", "report").splitlines()[0].endswith("succeeded.")


def test_a_run_that_a_gate_stops_is_reported_and_the_webhook_told(
    spec: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    status, told = run(spec, tmp_path, monkeypatch, problem={"gates": [{"metric": "roc_auc", "min": 0.9999}]})
    assert status == 1
    assert not json.loads(read_output(tmp_path, "evaluate", "verdict"))["passed"]
    # kfp's local runner gives the run a name of its own, names no task within, and has no API to ask.
    (text,) = told
    beginning = "The run local-pipeline-stages of the pipeline training failed.\nTask stages failed."
    assert text.startswith(f"{beginning}\nKubeflow's API at")
    assert read_output(tmp_path, "notify", "report").splitlines()[0].endswith("failed.")
