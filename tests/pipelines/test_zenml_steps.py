"""The stages on ZenML, which has an environment of its own: its pins exclude versions of the lock."""

import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from components.serve.served_model import ServedModel
from pipelines.catalogue import ROOT
from tests.docker_engine import skip_or_fail

pytestmark = pytest.mark.slow

TRAINING = """\
import json
import sys
from zenml.client import Client
from pipelines.zenml_steps import run_training

run = Client().get_pipeline_run(run_training(json.loads(sys.argv[1])).id)
outputs = {
    name: [version.uri for versions in step.outputs.values() for version in versions]
    for name, step in run.steps.items()
}
print(json.dumps({"status": str(run.status), "outputs": outputs}))
"""
OWN_PIPELINE = """\
import json
import sys
from pathlib import Path
from zenml import pipeline, step
from pipelines import zenml_steps

@step
def say(dataset: Path) -> None:
    print("rows:", json.loads((dataset / "metadata.json").read_text())["rows"])

@pipeline
def check(source: str, expectations: dict) -> None:
    question, _ = zenml_steps.problem(target="churned")
    dataset, own_test, reading = zenml_steps.ingest(problem=question, source=source)
    say(dataset)
    outputs = zenml_steps.validate(
        dataset=dataset, own_test=own_test, reading=reading, draft=question, expectations=expectations
    )
    zenml_steps.validate_gate(verdict=outputs[2])

check(source=sys.argv[1], expectations=json.loads(sys.argv[2]))
"""


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("zenml")
    uv = str(Path(sys.executable).with_name("uv"))
    python = folder / "bin" / "python"
    locked = folder / "locked.txt"
    lines = (ROOT / "constraints.txt").read_text().splitlines(keepends=True)
    of_models = ("lightgbm==", "numpy==", "pandas==", "scikit-learn==", "skops==")
    locked.write_text("".join(line for line in lines if line.startswith(of_models)))
    requirements = ["--requirements", "setup.cfg", "--extra", "all", "--extra", "zenml"]
    for words in (
        ["venv", "--python", sys.executable, "--allow-existing", str(folder)],
        ["pip", "install", "--python", str(python), *requirements, "--constraints", str(locked)],
    ):
        done = subprocess.run([uv, *words], cwd=ROOT, capture_output=True, text=True, check=False)
        if done.returncode:
            skip_or_fail(f"The extra zenml cannot be installed: {done.stderr.strip()}")
    return python


def run_script(python: Path, folder: Path, code: str, *words: str) -> "subprocess.CompletedProcess[str]":
    """Run a script of a team."""
    (folder / "script.py").write_text(code)
    (folder / "tmp").mkdir()
    own = {
        "PYTHONPATH": str(ROOT),
        "TMPDIR": str(folder / "tmp"),
        "KFP_TABULAR_STUDY_JOURNAL": str(folder / "sweeps.journal"),
        "ZENML_CONFIG_PATH": str(python.parents[1] / "home"),
        "ZENML_ANALYTICS_OPT_IN": "false",
        "ZENML_ENABLE_RICH_TRACEBACK": "false",
        "ZENML_LOGGING_COLORS_DISABLED": "true",
    }
    command = [str(python), "script.py", *words]
    return subprocess.run(
        command, cwd=folder, env=os.environ | own, capture_output=True, text=True, check=False
    )


def unpack(uri: str, folder: Path) -> Path:
    """Unpack an artifact as ZenML stores a folder, and return what the stage wrote."""
    with tarfile.open(Path(uri) / "data.tar.gz") as archive:
        archive.extractall(folder, filter="data")
    return folder / "data"


def test_the_training_pipeline_runs_on_zenmls_local_orchestrator(python: Path, tmp_path: Path) -> None:
    parameters = {"source": "sample:churn?rows=2000", "target": "churned", "trials": 2, "workers": 2}
    done = run_script(python, tmp_path, TRAINING, json.dumps({**parameters, "budget_minutes": 1}))
    assert done.returncode == 0, done.stdout + done.stderr
    run = json.loads(done.stdout.splitlines()[-1])
    assert run["status"] == "completed"
    assert "This worker searches alone" not in done.stdout
    ran = "problem ingest_plan ingest validate validate_gate split eda preprocess engineer select tune_plan"
    ran += " tune tune_2 tune_result train evaluate evaluate_gate register register_gate"
    assert sorted(run["outputs"]) == sorted(ran.split())
    uris = {name: uri for uris in run["outputs"].values() for uri in uris for name in [Path(uri).parts[-3]]}
    # It has the libraries of the lock that a model file asks for, and predicts its golden rows.
    ServedModel.load(unpack(uris["train_model"], tmp_path / "model"), "churn")
    assert not list((tmp_path / "tmp").iterdir())


def test_a_stage_is_a_step_of_a_pipeline_of_ones_own(python: Path, tmp_path: Path) -> None:
    done = run_script(python, tmp_path, OWN_PIPELINE, "sample:churn?rows=500", "{}")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "rows: 500" in done.stdout


def test_a_gate_stops_the_run_with_its_reason(python: Path, tmp_path: Path) -> None:
    expectations = json.dumps({"rows": {"min": 501}})
    done = run_script(python, tmp_path, OWN_PIPELINE, "sample:churn?rows=500", expectations)
    assert done.returncode
    assert "The table has 500 rows; at least 501 are expected." in done.stdout
    assert "failure in step(s): validate_gate" in done.stderr


def test_wrong_parameters_are_refused(python: Path, tmp_path: Path) -> None:
    done = run_script(python, tmp_path, TRAINING, '{"source": "sample:churn", "targte": "churned"}')
    assert done.returncode
    assert "The pipeline has no parameter 'targte'. Did you mean 'target'?" in done.stderr


def test_a_run_that_would_deploy_is_refused(python: Path, tmp_path: Path) -> None:
    parameters = {"source": "sample:churn", "target": "churned", "deploy": True}
    done = run_script(python, tmp_path, TRAINING, json.dumps(parameters))
    assert done.returncode
    assert "Deploy does not run on ZenML." in done.stderr
