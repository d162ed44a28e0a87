"""The trials of a study, as the ledger reads and writes them."""

from pathlib import Path

import optuna
import pytest
from optuna.distributions import CategoricalDistribution, IntDistribution
from optuna.trial import TrialState

from components.tune.storage import open_storage
from components.tune.trial_rows import TrialReader, TrialRow, record_proposal

STORAGES = pytest.mark.parametrize("url", ["{}/journal", "sqlite:///{}/study.db"])


@STORAGES
def test_a_proposal_is_there_for_who_looks_and_once_however_often_it_is_noted(
    tmp_path: Path, url: str
) -> None:
    storage = open_storage(url.format(tmp_path))
    study = optuna.create_study(storage=storage)
    trial_id = study.ask()._trial_id
    depth, kind = IntDistribution(1, 9), CategoricalDistribution(("slow", "fast"))
    tried = {"family": "f", "parameters": {"depth": 3, "kind": "fast"}}
    for _ in range(2):
        record_proposal(study._storage, trial_id, tried, {"f.depth": (3.0, depth), "f.kind": (1.0, kind)})
    (trial,) = optuna.load_study(
        study_name=study.study_name, storage=open_storage(url.format(tmp_path))
    ).trials
    assert trial.user_attrs == {"proposal": tried}
    assert trial.params == {"f.depth": 3, "f.kind": "fast"}
    assert trial.distributions == {"f.depth": depth, "f.kind": kind}


@STORAGES
def test_records_say_what_optuna_says_of_trials_that_run_end_and_come_later(tmp_path: Path, url: str) -> None:
    study = optuna.create_study(study_name="sweep", storage=open_storage(url.format(tmp_path)))
    other = optuna.create_study(study_name="other", storage=study._storage)
    records = TrialReader(optuna.load_study(study_name="sweep", storage=open_storage(url.format(tmp_path))))
    assert records.read() == []
    first, second = study.ask(), study.ask()
    other.ask().set_user_attr("claim", "another sweep's")
    first.set_user_attr("claim", {"worker": 0})
    assert records.read() == _read_with_optuna(study)
    assert len(records.read()) == 2
    # The later one ends first: the earlier one is still looked at.
    study.tell(second, 1.0)
    assert records.read() == _read_with_optuna(study)
    first.set_user_attr("result", [1, 2])
    study.tell(first, state=TrialState.FAIL)
    study.ask()
    assert records.read() == _read_with_optuna(study)
    states = [record.state for record in records.read()]
    assert states == [TrialState.FAIL, TrialState.COMPLETE, TrialState.RUNNING]
    assert records.read()[0].attributes == {"claim": {"worker": 0}, "result": [1, 2]}


def _read_with_optuna(study: optuna.Study) -> list[TrialRow]:
    return [
        TrialRow(trial._trial_id, trial.number, trial.state, trial.user_attrs) for trial in study.get_trials()
    ]
