import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from components.train.model_builder import train_model
from components.train.settings import Settings
from tests.components.train.conftest import Training


def test_a_model_has_its_threshold_and_its_lineage(training: Training) -> None:
    trained, package = training.trained, training.trained.built.package
    assert trained.threshold is not None
    assert package.signature.threshold == trained.threshold.value
    assert package.lineage.items() >= {"source": "file.csv", "seed": 3, "metric": "roc_auc"}.items()
    assert [model["trial"] for model in package.lineage["models"]] == [
        member.trial.number for member in trained.built.choice.members
    ]
    assert trained.latency is not None
    assert trained.latency.is_met


def test_the_seed_alone_decides(training: Training) -> None:
    again = train_model(training.inputs, training.sweep, Settings(seed=3), {})
    assert again.latency is None
    rows = training.inputs.frame
    np.testing.assert_array_equal(
        again.built.package.predict(rows), training.trained.built.package.predict(rows)
    )


def test_a_sweep_that_its_time_ended_has_a_warning(training: Training) -> None:
    short = replace(training.sweep, is_out_of_time=True, asked=99)
    assert short.is_ended_by_time
    trained = train_model(training.inputs, short, Settings(max_models=1), {})
    assert [notice.level for notice in trained.notices] == ["warning"]
    assert len(trained.built.choice.members) == 1
    assert trained.built.package.lineage["warnings"][0]["text"] == trained.notices[0].text


def test_trials_without_predictions_are_no_members(training: Training) -> None:
    first = min(training.sweep.out_of_fold)
    one = replace(training.sweep, out_of_fold={first: training.sweep.out_of_fold[first]})
    trained = train_model(training.inputs, one, Settings(), {})
    assert [member.trial.number for member in trained.built.choice.members] == [first]
    assert trained.built.choice.score == pytest.approx(trained.built.choice.single)


def test_a_repeated_sweep_has_the_time_for_the_fits_that_it_had(
    training: Training, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    short = replace(training.sweep, is_out_of_time=True, asked=99)
    lineage = train_model(training.inputs, short, Settings(), {}).built.package.lineage
    assert set(lineage["time_for_fits"]) == {"seconds", "processors"}
    record = tmp_path / "sweep.json"
    record.write_text(json.dumps({"time_for_fits": {"seconds": 1e-9, "processors": 1}}))
    monkeypatch.setenv("KFP_TABULAR_REPEATED_SWEEP", str(record))
    again = train_model(training.inputs, short, Settings(), {}).built
    assert again.package.lineage["time_for_fits"] == {"seconds": 1e-9, "processors": 1}
    # There was no time for more than the best trial.
    assert len(again.choice.members) == 1


def test_a_sweep_that_did_not_depend_on_time_has_none_in_its_lineage(training: Training) -> None:
    assert not training.sweep.depends_on_time
    assert "time_for_fits" not in training.trained.built.package.lineage
    assert training.trained.built.package.lineage["machine"]["processors"] >= 1
