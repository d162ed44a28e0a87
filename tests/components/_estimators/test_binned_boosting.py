from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import skops.io

from components._estimators import FitOptions, StoppingRows, predict
from components._estimators import fit as fit_in_memory
from components._estimators.binned_boosting import (
    RowPart,
    build_bins,
    count_row_bytes,
    find_features,
    fit_binned,
)
from components._model.files import TRUSTED
from components._problem.metrics import DEFAULT_SCORER
from components._problem.task import TASKS, TaskKind
from tests.components._estimators.fits import draw_data
from tests.components._model.tables import SMALL

N_ROWS = 600


def _cut(rows: StoppingRows, size: int) -> Iterator[RowPart]:
    for start in range(0, len(rows.y), size):
        place = slice(start, start + size)
        yield RowPart(rows.X[place], rows.y[place], None if rows.weights is None else rows.weights[place])


def _fit_both(
    kind: TaskKind,
    until: StoppingRows | int,
    *,
    weights: np.ndarray | None = None,
    size: int = 97,
    parameters: dict[str, Any] | None = None,
    **settings: Any,
) -> tuple[Any, Any]:
    """Return what was fitted in batches, and what was fitted on the same rows in memory."""
    rows = draw_data(kind, N_ROWS)._replace(weights=weights)
    if "metric" in settings:
        rows = rows._replace(y=np.exp(rows.y / 4))
    options = FitOptions(kind, settings.pop("metric", DEFAULT_SCORER[kind]), seed=3, **settings)
    parameters = {**SMALL["lightgbm"], **(parameters or {})}
    columns = find_features(parameters, options)
    binned = build_bins(_cut(rows, size), N_ROWS, rows.X, columns, options)
    whole = replace(options, weights=weights)
    return (
        fit_binned(binned, parameters, options, until, most_steps=2_000),
        fit_in_memory("lightgbm", rows.X, rows.y, parameters, whole, until),
    )


def _watch(kind: TaskKind) -> StoppingRows:
    return draw_data(kind, 200, seed=1)


@pytest.mark.slow
@pytest.mark.parametrize("kind", TASKS)
@pytest.mark.parametrize("watches", [True, False])
def test_rows_in_batches_give_the_model_of_the_same_rows_in_memory(kind: TaskKind, watches: bool) -> None:
    batches, memory = _fit_both(kind, _watch(kind) if watches else 9)
    assert batches.steps == memory.steps > 1
    X = _watch(kind).X
    np.testing.assert_array_equal(
        predict(batches.estimator, X, kind), predict(memory.estimator, X, kind), strict=True
    )


@pytest.mark.parametrize(
    "more",
    [
        {"weights": np.linspace(0.5, 1.5, N_ROWS)},
        {"alternatives": ("one-hot", "target", "", "", "", ""), "parameters": {"encoding": "target"}},
        {"monotonic": (1, 0, 0, 0, 0, 0)},
        {
            "alternatives": ("", "one-hot", "target", "", "", ""),
            "parameters": {"encoding": "one-hot"},
            "monotonic": (1, 0, 0, 0, 0, -1),
        },
        {"parameters": {"class_weight": "balanced"}},
        {"parameters": {"class_weight": "balanced"}, "weights": np.linspace(0.5, 1.5, N_ROWS)},
    ],
)
def test_weights_encodings_and_directions_are_those_of_a_fit_in_memory(more: dict[str, Any]) -> None:
    batches, memory = _fit_both("binary", 9, **more)
    X = _watch("binary").X
    # LightGBM's weights have single precision.
    np.testing.assert_allclose(
        predict(batches.estimator, X, "binary"), predict(memory.estimator, X, "binary"), atol=1e-6
    )


@pytest.mark.parametrize("metric", ["neg_mean_squared_log_error", "neg_mean_absolute_error"])
def test_the_loss_follows_the_metric(metric: str) -> None:
    batches, memory = _fit_both("regression", 9, metric=metric)
    X = _watch("regression").X
    np.testing.assert_allclose(
        predict(batches.estimator, X, "regression"), predict(memory.estimator, X, "regression"), rtol=1e-6
    )


def test_the_batches_do_not_matter() -> None:
    made = [
        predict(_fit_both("binary", 9, size=size)[0].estimator, _watch("binary").X, "binary")
        for size in (1, 64, N_ROWS)
    ]
    np.testing.assert_array_equal(made[0], made[1])
    np.testing.assert_array_equal(made[0], made[2])


def test_several_trials_share_the_bins() -> None:
    rows = draw_data("binary", N_ROWS)
    options = FitOptions("binary", "roc_auc", seed=3)
    binned = build_bins([RowPart(rows.X, rows.y)], N_ROWS, rows.X, None, options)
    for leaves in (31, 4):
        parameters = {**SMALL["lightgbm"], "num_leaves": leaves}
        batches = fit_binned(binned, parameters, options, _watch("binary"), most_steps=2_000)
        memory = fit_in_memory("lightgbm", rows.X, rows.y, parameters, options, _watch("binary"))
        X = _watch("binary").X
        np.testing.assert_array_equal(
            predict(batches.estimator, X, "binary"), predict(memory.estimator, X, "binary")
        )


def test_the_steps_have_a_limit() -> None:
    rows = draw_data("regression", N_ROWS)
    options = FitOptions("regression", "r2", seed=3)
    binned = build_bins([RowPart(rows.X, rows.y)], N_ROWS, rows.X, None, options)
    assert fit_binned(binned, SMALL["lightgbm"], options, _watch("regression"), most_steps=5).steps == 5


def test_the_estimator_is_stored_without_pickle() -> None:
    batches, _ = _fit_both("multiclass", 5)
    stored = skops.io.dumps(batches.estimator)
    assert set(skops.io.get_untrusted_types(data=stored)) <= set(TRUSTED)
    X = _watch("multiclass").X
    loaded = skops.io.loads(stored, trusted=list(TRUSTED))
    np.testing.assert_array_equal(
        predict(loaded, X, "multiclass"), predict(batches.estimator, X, "multiclass")
    )


def test_a_feature_of_few_values_takes_half_a_byte() -> None:
    options = FitOptions("binary", "roc_auc", seed=0)
    X = np.random.default_rng(0).normal(size=(1_000, 3)).astype(np.float32)
    of_numbers, of_few = (count_row_bytes(made, None, options, n_outputs=1) for made in (X, np.round(X)))
    assert of_numbers - of_few == 1.5
    assert count_row_bytes(X, np.array([0]), options, n_outputs=4) == of_numbers - 2 + 3 * 16
