from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import skops.io

from components._dask.choice import EngineChoice
from components._dask.failures import WorkersFailed
from components._dask.workers import Workers
from components._estimators import StoppingRows, predict
from components._estimators.binned_boosting import CoreFit, RowPart, count_classes
from components._model.files import TRUSTED
from components.train.large_fits import LargeInputs, find_local_cause, fit_on_all_rows, plan_fit
from components.train.worker_fits import RowShare, WorkerFits, divide_share, load_rows
from tests.components.train.large_inputs import build_inputs, make_part

DASK = EngineChoice("dask", "engine=dask was asked for")


def _build_share(inputs: LargeInputs, **parameters: Any) -> RowShare:
    """Return the share of a single worker, of all rows."""
    fits = WorkerFits(_OneWorker(), inputs.rows, inputs.sample, inputs.options)
    fits.load(None, 250, inputs.rows.n_to_learn)
    part, stopping = make_part(**parameters), inputs.rows.read_stopping_rows()
    assert stopping is not None
    until = StoppingRows(*stopping)
    sample = inputs.sample
    core = CoreFit.plan(part.trial.parameters, inputs.options, None, sample.X.shape[1], sample.y, until, 50)
    counts = None
    if core.class_weight is not None:
        counts = count_classes(sample.y, 2) + inputs.rows.count_classes(250, 2)
    return RowShare(sample, list(fits.iterate_chosen()), inputs.rows.maker, core, counts, until)


class _OneWorker(Workers):
    """A stand-in for a worker, which only has a memory."""

    def __init__(self, memory: int = 1 << 30) -> None:
        self._memory = memory

    n_workers = 1

    def wait_for_stated(self) -> int:
        return 1

    @property
    def memory_each(self) -> int:
        return self._memory

    def describe(self) -> str:
        return "1 Dask worker of a test"


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> LargeInputs:
    return build_inputs(tmp_path_factory.mktemp("large"))


@pytest.mark.slow_variants
@pytest.mark.parametrize("n_workers", [1, 2, 3, 7])
def test_workers_load_each_row_once_with_the_features_of_this_process(
    inputs: LargeInputs, n_workers: int
) -> None:
    loaded = [load_rows(share) for share in divide_share(_build_share(inputs), n_workers)]
    parts = [inputs.sample, *inputs.rows.iterate(250)]
    X, y = np.concatenate([part.X for part in parts]), np.concatenate([part.y for part in parts])
    made = np.column_stack(
        [np.concatenate([rows.X for rows in loaded]), np.concatenate([rows.y for rows in loaded])]
    )
    expected = np.column_stack([X, y]).astype(np.float32)
    np.testing.assert_array_equal(_sort(made), _sort(expected))
    stopping = inputs.rows.read_stopping_rows()
    assert stopping is not None
    for rows in loaded:
        assert rows.weights is None
        np.testing.assert_array_equal(rows.stopping_x, stopping.X)
        np.testing.assert_array_equal(rows.stopping_y, stopping.y)


def _sort(rows: np.ndarray) -> np.ndarray:
    return rows[np.lexsort(rows.T)]


def test_balanced_classes_are_those_of_all_workers(inputs: LargeInputs) -> None:
    shares = divide_share(_build_share(inputs, class_weight="balanced"), 3)
    loaded = [load_rows(share) for share in shares]
    y = np.concatenate([rows.y for rows in loaded])
    weights = np.concatenate([rows.weights for rows in loaded if rows.weights is not None])
    for label in (0, 1):
        assert weights[y == label].sum() == pytest.approx(len(y) / 2, rel=1e-5)


def test_workers_without_the_memory_for_the_sample_are_refused(inputs: LargeInputs) -> None:
    fits = WorkerFits(_OneWorker(400 << 20), inputs.rows, inputs.sample, inputs.options)
    fits.count_row_bytes(None, 1)
    with pytest.raises(WorkersFailed, match="has 400 MiB of memory, but its share of the sample takes"):
        assert fits.room


@pytest.mark.slow
@pytest.mark.parametrize(
    "more", [{}, {"class_weight": "balanced"}, {"monotonic": True}], ids=["plain", "balanced", "monotonic"]
)
def test_workers_fit_an_estimator_like_that_of_this_process(
    inputs: LargeInputs, more: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    n_features = inputs.sample.X.shape[1]
    if more.pop("monotonic", False):
        directions = (1, *[0] * (n_features - 1))
        inputs = inputs._replace(options=replace(inputs.options, monotonic=directions))
    plan = plan_fit(make_part(**more), 80.0, 500, inputs, np.inf)
    (here,) = fit_on_all_rows([plan], inputs).values()
    (there,) = fit_on_all_rows([plan], inputs._replace(engine=DASK)).values()
    assert "MB on 2 Dask workers of this machine." in capsys.readouterr().out
    assert (here.n_workers, there.n_workers) == (0, 2)
    assert there.n_rows == here.n_rows
    assert type(there.estimator) is type(here.estimator)
    judged = inputs.rows.read_judged_rows()
    assert judged is not None
    made = predict(there.estimator, judged.X, "binary")
    assert np.corrcoef(made[:, 1], predict(here.estimator, judged.X, "binary")[:, 1])[0, 1] > 0.95
    assert "127.0.0.1" not in there.estimator.booster_.model_to_string()
    stored = skops.io.loads(skops.io.dumps(there.estimator), trusted=TRUSTED)
    np.testing.assert_array_equal(predict(stored, judged.X, "binary"), made)


def test_a_loss_that_moves_leaves_is_fitted_here(inputs: LargeInputs) -> None:
    absolute = inputs._replace(
        engine=DASK,
        options=replace(inputs.options, kind="regression", metric="neg_mean_absolute_error"),
        sample=RowPart(inputs.sample.X, inputs.sample.y.astype(np.float64)),
    )
    plan = plan_fit(make_part(), 5.0, 5, absolute, np.inf)
    (fitted,) = fit_on_all_rows([plan], absolute).values()
    assert fitted.n_workers == 0


def test_workers_whose_number_no_setting_states_fit_nothing(
    inputs: LargeInputs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DASK_MOST_WORKERS", raising=False)
    with_scheduler = inputs._replace(engine=DASK, scheduler="tcp://nobody:8786")
    (fitted,) = fit_on_all_rows([plan_fit(make_part(), 5.0, 5, inputs, np.inf)], with_scheduler).values()
    assert fitted.n_workers == 0
    assert "DASK_MOST_WORKERS does not state theirs" in find_local_cause(with_scheduler)
