"""The sample DVC project, with the real dvc: it trains, compares two trainings, and repeats nothing."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from pipelines.catalogue import ROOT
from tests.dvc_data import run_git
from tests.end_to_end.tables import TARGETS, write_csv


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for file in (ROOT / "pipelines" / "samples" / "dvc").iterdir():
        shutil.copy(file, tmp_path)
    (tmp_path / "data").mkdir()
    write_csv(tmp_path / "data" / "customers.csv", "binary")
    change_parameters(tmp_path, target=TARGETS["binary"], trials=2, problem={})
    run_git(tmp_path, "init", "-q")
    (tmp_path / ".gitignore").write_text("runs/\n")
    run_dvc(tmp_path, "init", "-q")
    run_dvc(tmp_path, "add", "-q", "data/customers.csv")
    return tmp_path


def change_parameters(project: Path, **changes: object) -> None:
    file = project / "params.yaml"
    file.write_text(yaml.safe_dump({**yaml.safe_load(file.read_text()), **changes}))


def run_dvc(project: Path, *words: str) -> str:
    python = Path(sys.executable).parent
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "PATH": f"{python}:{os.environ['PATH']}",
        "DVC_NO_ANALYTICS": "1",
    }
    done = subprocess.run(
        [sys.executable, "-m", "dvc", *words], cwd=project, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.mark.slow
def test_dvc_repro_trains_again_only_after_a_change_and_shows_its_metrics(project: Path) -> None:
    assert "Running stage 'train'" in run_dvc(project, "repro")
    run_git(project, "add", "-A")
    run_git(project, "commit", "-q", "-m", "First model")
    assert "Data and pipelines are up to date" in run_dvc(project, "repro")

    change_parameters(project, trials=4)
    assert "Running stage 'train'" in run_dvc(project, "repro")
    (changes,) = json.loads(run_dvc(project, "metrics", "diff", "--json")).values()
    score = changes["train.cv_roc_auc"]
    assert score["diff"] == pytest.approx(score["new"] - score["old"])
    assert changes["test.roc_auc"].keys() >= {"old", "new"}
    assert json.loads(run_dvc(project, "params", "diff", "--json")) == {
        "params.yaml": {"trials": {"old": 2, "new": 4, "diff": 2}}
    }
    run_dvc(project, "plots", "diff")
    page = (project / "dvc_plots" / "index.html").read_text()
    assert "true_positive_rate" in page
    assert '"best"' in page
    assert len(list((project / "runs").glob("training-*"))) == 2
