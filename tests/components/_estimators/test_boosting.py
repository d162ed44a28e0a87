import numpy as np
import pytest

from components._estimators import StoppingRows, predict
from components._estimators.boosting import FAMILY, compute_max_steps
from components._estimators.family import Facts, FitOptions
from components._problem.task import TASKS, TaskKind
from tests.components._estimators.fits import draw_data, fit
from tests.components._model.tables import SMALL


@pytest.mark.parametrize(
    ("metric", "objective"),
    [
        ("neg_root_mean_squared_error", "regression"),
        ("r2", "regression"),
        ("neg_mean_absolute_error", "regression_l1"),
        ("neg_median_absolute_error", "regression_l1"),
        ("neg_mean_absolute_percentage_error", "mape"),
        ("neg_mean_poisson_deviance", "poisson"),
        ("neg_mean_gamma_deviance", "gamma"),
    ],
)
@pytest.mark.parametrize("monotonic", [(), (0,) * 6, (1, 0, 0, 0, 0, 0)])
def test_the_loss_follows_the_metric_unless_it_cannot_be_monotonic(
    metric: str, objective: str, monotonic: tuple[int, ...]
) -> None:
    rows = draw_data("regression")
    rows = rows._replace(y=np.exp(rows.y / 4))
    fitted = fit("lightgbm", "regression", rows=rows, metric=metric, monotonic=monotonic)
    expected = "regression" if any(monotonic) and objective in ("regression_l1", "mape") else objective
    assert fitted.estimator.objective == expected
    made = predict(fitted.estimator, rows.X, "regression")
    assert np.corrcoef(made, rows.y)[0, 1] > 0.5


@pytest.mark.parametrize(
    ("kind", "n_classes", "steps"),
    [
        ("regression", 2, 2_000),
        ("binary", 2, 2_000),
        ("multiclass", 3, 2_000),
        ("multiclass", 10, 600),
        ("multiclass", 80, 100),
    ],
)
def test_the_more_classes_the_fewer_steps(kind: TaskKind, n_classes: int, steps: int) -> None:
    y = np.arange(n_classes)
    assert compute_max_steps(y, FitOptions(kind, "neg_log_loss", seed=0, threads=1)) == steps


@pytest.mark.parametrize(("rate", "patience"), [(0.02, 100), (0.05, 40), (0.15, 20)])
def test_a_slow_learner_is_given_more_patience(rate: float, patience: int) -> None:
    rows = draw_data("regression")
    # The more it learns from the rows to fit on, the worse it predicts the others.
    opposite = StoppingRows(rows.X, -rows.y)
    asked: list[bool] = []
    fitted = fit(
        "lightgbm",
        "regression",
        opposite,
        parameters={**SMALL["lightgbm"], "learning_rate": rate},
        is_over=lambda: bool(asked.append(True)),
    )
    assert len(asked) - fitted.steps == patience


@pytest.mark.slow_variants
@pytest.mark.parametrize("kind", TASKS)
@pytest.mark.parametrize("end", [1, 5, 40])
def test_a_fit_that_is_cut_keeps_its_best_step_so_far(kind: TaskKind, end: int) -> None:
    rows, stopping = draw_data(kind, 120, seed=2), draw_data(kind, 120, seed=3)
    parameters = {**SMALL["lightgbm"], "learning_rate": 0.3}
    asked = iter(range(1, end + 1))
    cut = fit(
        "lightgbm", kind, stopping, rows=rows, parameters=parameters, is_over=lambda: next(asked) == end
    )
    assert not list(asked)

    def compute_loss(steps: int) -> float:
        fitted = fit("lightgbm", kind, steps, rows=rows, parameters=parameters)
        made = predict(fitted.estimator, stopping.X, kind)
        if kind == "regression":
            return float(np.mean((made - stopping.y) ** 2))
        return float(-np.log(made[np.arange(120), stopping.y]).mean())

    losses = [compute_loss(steps) for steps in range(1, end + 1)]
    assert losses[cut.steps - 1] == pytest.approx(min(losses), abs=1e-9)
    again = fit("lightgbm", kind, cut.steps, rows=rows, parameters=parameters)
    np.testing.assert_array_equal(
        predict(cut.estimator, stopping.X, kind), predict(again.estimator, stopping.X, kind)
    )


@pytest.mark.parametrize("kind", TASKS)
def test_recorded_predictions_are_those_of_a_fit_with_so_many_steps(kind: TaskKind) -> None:
    rows, stopping = draw_data(kind, 120, seed=2), draw_data(kind, 120, seed=3)
    parameters = {**SMALL["lightgbm"], "learning_rate": 0.3}
    fitted = fit("lightgbm", kind, stopping, rows=rows, parameters=parameters)
    assert fitted.predict_after is not None
    # The last of these steps are those of the patience, whose trees are not kept.
    for steps in (1, fitted.steps, fitted.steps + 1, fitted.steps + 19):
        again = fit("lightgbm", kind, steps, rows=rows, parameters=parameters)
        recorded = fitted.predict_after(steps)
        np.testing.assert_allclose(recorded, predict(again.estimator, stopping.X, kind), rtol=1e-6, atol=1e-7)
    last = fitted.predict_after(fitted.steps + 20)
    np.testing.assert_array_equal(fitted.predict_after(10_000), last)


def test_more_than_the_most_predictions_are_not_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    stopping = draw_data("multiclass", 50, seed=3)
    # Of each step, row and class.
    for most, is_recorded in ((2_000 * 50 * 3, True), (2_000 * 50 * 3 - 1, False)):
        monkeypatch.setattr("components._estimators.boosting.MOST_RECORDED", most)
        assert (fit("lightgbm", "multiclass", stopping).predict_after is not None) == is_recorded


def test_a_fit_with_less_time_takes_larger_steps() -> None:
    facts = Facts("binary", "roc_auc", 10_000, 20)
    # So small trees predict a row in time, however many there are.
    slow = {**FAMILY.portfolio[0], "learning_rate": 0.02, "num_leaves": 4}
    rates = []
    for seconds in (1e3, 2.0, 0.5, 1e-6):
        short = FAMILY.shorten(slow, facts, seconds)
        rates.append(short["learning_rate"])
        assert 0.02 <= short["learning_rate"] <= 0.2
        if 0.02 < short["learning_rate"] < 0.2:
            # As far as a usual fit goes.
            assert short["learning_rate"] * short["most_steps"] == pytest.approx(15.0)
    assert rates == sorted(rates)
    assert (rates[0], rates[-1]) == (0.02, 0.2)
