from dataclasses import replace
from pathlib import Path

import pytest

from components.monitor.record import Retraining
from pipelines.interface import MAKE_TARGET
from pipelines.local.retraining import build_training_command, find_retraining
from pipelines.local.run_folder import RunFolder
from tests.pipelines.local.test_use_results import REPORT

WANTED = Retraining(
    "/m/train.parquet",
    "/m/test.parquet",
    437,
    188,
    "Why.",
    {
        "target": "churned", "task": "binary", "metric": "roc_auc", "problem": {"owner": "Ünal"},
        "model_name": "churn", "must_beat": "3", "known_trials": [],
    },
)  # fmt: skip


def test_a_decision_to_retrain_is_found_in_its_run(tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path, "one")
    assert find_retraining(folder) is None
    place = folder.artifacts / "monitoring" / "monitor"
    place.mkdir(parents=True)
    (place / "record").write_text(replace(REPORT, retraining=WANTED).to_json(), encoding="utf-8")
    assert find_retraining(folder) == WANTED


def test_the_training_keeps_what_was_expected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(MAKE_TARGET, "monitor")
    expected = {"columns": {"a": {"nullable": False}}}
    wanted = replace(WANTED, parameters={**WANTED.parameters, "expectations": expected})
    assert """ EXPECTATIONS='{"columns": {"a": {"nullable": false}}}' """ in str(
        build_training_command(wanted, {})
    )


def test_the_training_can_be_typed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(MAKE_TARGET, "monitor")
    options = {"truth": "t.csv", "minutes": "5", "retrain": "0", "seed": "3"}
    assert str(build_training_command(WANTED, options)) == (
        "make run SOURCE=/m/train.parquet TEST=/m/test.parquet TARGET=churned "
        'PROBLEM=\'{"owner": "Ünal"}\' MUST_BEAT=3 MODEL_NAME=churn TASK=binary '
        "METRIC=roc_auc SEED=3 MINUTES=5"
    )
