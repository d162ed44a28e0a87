"""The results of a run in fixed files, from a run's folder as kfp lays it out."""

import json
from pathlib import Path
from typing import Any

import pytest

from components.errors import InvalidSetting
from pipelines.local.results_folder import check_results_folder, write_results
from pipelines.local.run_folder import RunFolder

POINT = {"confidenceThreshold": 0.5, "recall": 0.8, "falsePositiveRate": 0.1}


def make_trial(number: int, *scores: float, **changes: Any) -> dict[str, Any]:
    trial = {"number": number, "family": "linear", "fold_scores": scores}
    return {**trial, "failure": "", "is_pruned": False, "is_open": False, **changes}


TRIALS = [
    make_trial(2, 0.6, 0.8),
    make_trial(0, 0.7, 0.9),
    make_trial(1, failure="It diverged."),
    make_trial(3, 0.2, is_pruned=True),
]


def write_metadata(run: Path, task: str, **outputs: dict[str, Any]) -> None:
    folder = run / "artifacts" / "training-1" / task
    folder.mkdir(parents=True, exist_ok=True)
    artifacts = {name: {"artifacts": [{"metadata": metadata}]} for name, metadata in outputs.items()}
    (folder / "executor_output.json").write_text(json.dumps({"artifacts": artifacts}))


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    folder = tmp_path / "runs" / "one"
    write_metadata(folder, "evaluate", metrics={"roc_auc": 0.9}, curves={"confidenceMetrics": [POINT]})
    write_metadata(folder, "train", metrics={"cv_roc_auc": 0.8, "trials_ended": 2.0, "threshold": 0.3})
    tasks = folder / "artifacts" / "training-1"
    (tasks / "train" / "model").mkdir()
    (tasks / "train" / "model" / "signature.json").write_text("{}")
    (tasks / "tune-result" / "results").mkdir(parents=True)
    (tasks / "tune-result" / "results" / "trials.json").write_text(json.dumps({"trials": TRIALS}))
    return RunFolder(folder)


def test_the_results_are_in_fixed_files_and_replace_earlier_ones(run: RunFolder, tmp_path: Path) -> None:
    folder = tmp_path / "results"
    for _ in range(2):
        check_results_folder(folder)
        assert write_results(run, folder)
    assert json.loads((folder / "metrics.json").read_text()) == {
        "test": {"roc_auc": 0.9},
        "train": {"cv_roc_auc": 0.8, "threshold": 0.3},
    }
    assert (folder / "plots" / "roc.csv").read_text() == (
        "false_positive_rate,true_positive_rate,threshold\n0.1,0.8,0.5\n"
    )
    assert (folder / "plots" / "trials.csv").read_text() == (
        "trial,family,score,best\n0,linear,0.8,0.8\n2,linear,0.7,0.8\n"
    )
    assert {path.name for path in folder.iterdir()} == {"metrics.json", "model", "plots"}


def test_a_regression_has_no_roc_curve(run: RunFolder, tmp_path: Path) -> None:
    write_metadata(run.path, "evaluate", metrics={"r2": 0.9}, curves={})
    assert write_results(run, tmp_path / "results")
    assert [path.name for path in (tmp_path / "results" / "plots").iterdir()] == ["trials.csv"]


def test_without_an_evaluated_model_there_are_none(run: RunFolder, tmp_path: Path) -> None:
    (run.path / "artifacts" / "training-1" / "evaluate" / "executor_output.json").unlink()
    assert not write_results(run, tmp_path / "results")
    assert not (tmp_path / "results").exists()


@pytest.mark.parametrize("name", ["model/code.py", "metrics.json", "plots/sales.csv"])
def test_files_of_a_person_are_not_replaced(tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    file.parent.mkdir(exist_ok=True)
    file.touch()
    with pytest.raises(InvalidSetting, match=r"has files that the results would replace.*\n.*--results DIR"):
        check_results_folder(tmp_path)


def test_a_file_is_not_taken_for_a_folder(tmp_path: Path) -> None:
    (tmp_path / "results").touch()
    with pytest.raises(InvalidSetting, match="is a file"):
        check_results_folder(tmp_path / "results")


def test_dvcs_list_of_ignored_files_may_stay(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").touch()
    check_results_folder(tmp_path)
