import numpy as np
import pytest

from components._estimators import FAMILIES, FitOptions, StoppingRows, predict
from components._estimators.network import _build_descent
from components._estimators.perceptron import PerceptronRegressor
from components._problem.task import TASKS, TaskKind
from tests.components._estimators.fits import draw_data, fit
from tests.components._model.tables import SMALL


@pytest.mark.parametrize("kind", TASKS)
@pytest.mark.parametrize("until", ["steps", "stopping"])
def test_a_network_that_diverges_is_refused(kind: TaskKind, until: str) -> None:
    stop = draw_data(kind, seed=1) if until == "stopping" else 8
    parameters = {**SMALL["network"], "learning_rate": 1e30}
    with (
        np.errstate(all="ignore"),
        pytest.raises(ArithmeticError, match="is not finite"),
    ):
        fit("network", kind, stop, parameters=parameters)


@pytest.mark.parametrize("kind", ["binary", "multiclass"])
def test_features_too_large_for_single_precision_are_refused(kind: TaskKind) -> None:
    rows = draw_data(kind)
    wild = StoppingRows(np.where(rows.X > 2, np.finfo(np.float32).max, rows.X), rows.y)
    with np.errstate(all="ignore"), pytest.raises(ArithmeticError, match="is not finite"):
        fit("network", kind, wild, rows=wild)


@pytest.mark.parametrize(("centre", "spread"), [(0, 1), (1e6, 1), (-1e9, 1e-2), (5, 1e9), (0, 1e-9)])
def test_the_unit_of_a_regression_does_not_matter(centre: float, spread: float) -> None:
    rows = draw_data("regression")
    moved = rows._replace(y=rows.y * spread + centre)
    plain, other = (fit("network", "regression", 30, rows=each) for each in (rows, moved))
    expected = predict(plain.estimator, rows.X, "regression")
    made = (predict(other.estimator, rows.X, "regression") - centre) / spread
    np.testing.assert_allclose(made, expected, atol=1e-3)


def test_a_constant_target_is_predicted() -> None:
    rows = draw_data("regression")
    fitted = fit("network", "regression", 30, rows=rows._replace(y=np.full(160, 7.0)))
    np.testing.assert_allclose(predict(fitted.estimator, rows.X, "regression"), 7, atol=0.5)


@pytest.mark.parametrize("n_rows", [3, 20, 60])
@pytest.mark.parametrize("kind", TASKS)
def test_few_rows_are_a_batch(kind: TaskKind, n_rows: int) -> None:
    rows = draw_data(kind, 60)
    first = np.argsort(np.argsort(rows.y, kind="stable") % 20, kind="stable")[:n_rows]
    made = predict(
        fit("network", kind, 3, rows=StoppingRows(rows.X[first], rows.y[first])).estimator, rows.X, kind
    )
    assert np.isfinite(made).all()


def test_what_only_training_needs_is_forgotten() -> None:
    estimator = fit("network", "regression").estimator
    assert isinstance(estimator, PerceptronRegressor)
    assert vars(estimator).keys() == {"weights", "biases"}
    assert all(part.base is None for part in (*estimator.weights[:-1], *estimator.biases[:-1]))


@pytest.mark.parametrize(
    ("width", "layers", "expected"), [(128, 2, (128, 64)), (32, 1, (32,)), (20, 3, (20, 10, 8))]
)
def test_layers_narrow_by_halves(width: int, layers: int, expected: tuple[int, ...]) -> None:
    parameters = {**SMALL["network"], "width": width, "layers": layers}
    biases = fit("network", "binary", 1, parameters=parameters).estimator.biases
    assert tuple(map(len, biases)) == (*expected, 1)


@pytest.mark.parametrize(
    ("n_rows", "batch", "epochs"),
    # At least 1,600 steps within 100 epochs; at most 8,000 steps, but 10 epochs.
    [
        (20, 20, 100),
        (640, 32, 80),
        (5_000, 125, 40),
        (51_200, 256, 40),
        (102_400, 256, 20),
        (500_000, 256, 10),
    ],
)
def test_small_tables_get_more_epochs_and_large_ones_fewer(n_rows: int, batch: int, epochs: int) -> None:
    descent = _build_descent(FAMILIES["network"].portfolio[0], FitOptions("binary", "roc_auc", 0), n_rows)
    assert (descent.batch, descent.epochs) == (batch, epochs)


@pytest.mark.parametrize("kind", TASKS)
def test_a_fit_that_is_cut_is_no_worse_than_its_best_epoch_so_far(kind: TaskKind) -> None:
    rows, stopping = draw_data(kind, 120, seed=2), draw_data(kind, 120, seed=3)
    # Epochs of three batches, each of which is followed by a look at the clock.
    answers = iter([False] * 3 * 6 + [False, True])
    cut = fit("network", kind, stopping, rows=rows, is_over=lambda: next(answers))
    assert not list(answers)

    def compute_loss(estimator: object) -> float:
        made = predict(estimator, stopping.X, kind)
        if kind == "regression":
            return float(np.mean((made - stopping.y) ** 2))
        return float(-np.log(made[np.arange(120), stopping.y]).mean())

    whole = [fit("network", kind, steps, rows=rows).estimator for steps in range(1, 7)]
    assert 1 <= cut.steps <= 7
    assert compute_loss(cut.estimator) <= min(map(compute_loss, whole)) + 1e-9
