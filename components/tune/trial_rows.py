"""Trials of a study in its database, read and written in few statements.

Optuna reads a trial with everything that belongs to it, and writes each parameter in its own transaction.
That is most of what a trial costs a database and a worker. Other storages are used through Optuna.
"""

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, NamedTuple

import optuna
from optuna.distributions import BaseDistribution, distribution_to_json
from optuna.storages import BaseStorage, RDBStorage
from optuna.storages._rdb.models import TrialModel, TrialParamModel, TrialUserAttributeModel
from optuna.trial import TrialState
from sqlalchemy import insert, or_, select
from sqlalchemy.exc import IntegrityError


class TrialRow(NamedTuple):
    """What a study stores about a trial.

    Attributes
    ----------
    trial_id : int
        Optuna's trial.
    number : int
        Its number in the study.
    state : TrialState
        Whether it runs, or how it ended.
    attributes : dict
        Its user attributes.
    """

    trial_id: int
    number: int
    state: TrialState
    attributes: dict[str, Any]


class TrialReader:
    """The trials of a study; trials that have ended are read only once.

    Parameters
    ----------
    study : Study
        The study.
    """

    def __init__(self, study: optuna.Study) -> None:
        self._study = study
        self._database = _find_database(study._storage)
        self._known: dict[int, TrialRow] = {}
        self._unfinished: set[int] = set()
        self._last_finished = -1

    def read(self) -> list[TrialRow]:
        """Return all trials, by number."""
        for record in self._read_study() if self._database is None else self._read_database(self._database):
            self._known[record.trial_id] = record
            if record.state.is_finished():
                self._unfinished.discard(record.trial_id)
                # Trials are created one after another, so a later trial has a higher id.
                self._last_finished = max(self._last_finished, record.trial_id)
            else:
                self._unfinished.add(record.trial_id)
        return sorted(self._known.values(), key=lambda record: record.number)

    def _read_study(self) -> list[TrialRow]:
        return [
            TrialRow(trial._trial_id, trial.number, trial.state, trial.user_attrs)
            for trial in self._study.get_trials(deepcopy=False)
        ]

    def _read_database(self, database: RDBStorage) -> list[TrialRow]:
        is_new = (
            TrialModel.study_id == self._study._study_id,
            or_(TrialModel.trial_id.in_(self._unfinished), TrialModel.trial_id > self._last_finished),
        )
        attribute = TrialUserAttributeModel
        with database.engine.connect() as connection:
            # States are read first: a trial that has ended then has all its attributes.
            trials = connection.execute(
                select(TrialModel.trial_id, TrialModel.number, TrialModel.state).where(*is_new)
            ).all()
            rows = connection.execute(
                select(attribute.trial_id, attribute.key, attribute.value_json)
                .join(TrialModel, TrialModel.trial_id == attribute.trial_id)
                .where(*is_new)
            ).all()
        attributes: dict[int, dict[str, Any]] = {}
        for trial_id, key, value in rows:
            attributes.setdefault(trial_id, {})[key] = json.loads(value)
        return [TrialRow(*trial, attributes.get(trial.trial_id, {})) for trial in trials]


def record_proposal(
    storage: BaseStorage,
    trial_id: int,
    tried: Mapping[str, Any],
    drawn: Mapping[str, tuple[float, BaseDistribution]],
) -> None:
    """Record what a trial tries, for people who look at the study; it is safe to repeat.

    Parameters
    ----------
    storage : BaseStorage
        The storage of the study.
    trial_id : int
        Optuna's trial, which is running.
    tried : mapping
        Value of the trial's attribute ``proposal``.
    drawn : mapping of str to (float, BaseDistribution)
        Value in Optuna's internal form and range of each parameter, by name.
    """
    database = _find_database(storage)
    if database is None:
        storage.set_trial_user_attr(trial_id, "proposal", tried)
        for name, (value, distribution) in drawn.items():
            storage.set_trial_param(trial_id, name, value, distribution)
        return
    attribute = {"trial_id": trial_id, "key": "proposal", "value_json": json.dumps(tried)}
    parameters = [
        {
            "trial_id": trial_id,
            "param_name": name,
            "param_value": value,
            "distribution_json": distribution_to_json(distribution),
        }
        for name, (value, distribution) in drawn.items()
    ]
    with suppress(IntegrityError), database.engine.begin() as connection:
        connection.execute(insert(TrialUserAttributeModel).values(attribute))
        if parameters:
            connection.execute(insert(TrialParamModel).values(parameters))


def _find_database(storage: BaseStorage) -> RDBStorage | None:
    backend = getattr(storage, "_backend", None)
    return backend if isinstance(backend, RDBStorage) else None
