import numpy as np
import pytest
from scipy.special import expit
from sklearn.metrics import roc_auc_score

from components._problem.monitoring import Monitoring
from components._problem.spec import OutcomeValue, Problem
from components.monitor.performance_estimate import PerformanceEstimate, estimate_performance
from components.monitor.row_loss import build_row_loss
from components.monitor.rows import PredictedRows
from tests.predicted_rows import build_predicted_rows

N = 5_000
BINARY = Problem(
    target="y",
    task="binary",
    metric="roc_auc",
    classes=(0, 1),
    positive_label=1,
    value=OutcomeValue(tp=10, fp=-1, fn=-5),
)
VALUES = Problem(target="y", task="regression", metric="neg_root_mean_squared_error")


def _draw_classes(mean: float, seed: int) -> PredictedRows:
    """Return rows of a model that knows x only; the truth depends on z, too, which makes it less sure."""
    rng = np.random.default_rng(seed)
    x, z = rng.normal(mean, 1, N), rng.normal(mean, 1, N)
    truth = rng.random(N) < expit(x * (1 + z))
    return build_predicted_rows(expit(1.5 * x), truth, x=x, z=z)


def _estimate(problem: Problem, reference: PredictedRows, windows: PredictedRows) -> PerformanceEstimate:
    loss = build_row_loss(problem, Monitoring(), 0.4 if problem.kind == "binary" else None)
    hidden = PredictedRows(
        windows.columns, windows.outputs, windows.weight, windows.time, windows.truth * np.nan
    )
    return estimate_performance(reference, hidden, problem, loss, ["x", "z"], 0)


@pytest.mark.slow_variants
@pytest.mark.parametrize("mean", [-0.7, 0.0, 0.7])
def test_roc_auc_and_loss_are_estimated_without_truth(mean: float) -> None:
    reference, windows = _draw_classes(0, 0), _draw_classes(mean, 1)
    found = _estimate(BINARY, reference, windows)
    true = roc_auc_score(windows.truth, windows.outputs[:, 0])
    assert found.metric is not None
    assert found.metric.value == pytest.approx(true, abs=0.03)
    loss = build_row_loss(BINARY, Monitoring(), 0.4)
    losses, usual = (loss.compute(rows.outputs, rows.truth).mean() for rows in (windows, reference))
    assert found.loss.value == pytest.approx(losses, abs=0.4)
    assert found.rise.value == pytest.approx(losses - usual, abs=0.4)
    assert found.rise.low < found.rise.value < found.rise.high  # type: ignore[operator]
    assert found.is_reliable


def test_rows_that_the_reference_does_not_have_make_the_estimate_doubtful() -> None:
    found = _estimate(BINARY, _draw_classes(0, 0), _draw_classes(5, 1))
    assert not found.is_reliable
    assert "does not cover the windows' rows well" in found.assumptions[1]


def test_what_cannot_be_checked_is_said() -> None:
    found = _estimate(BINARY, _draw_classes(0, 0), _draw_classes(0, 1))
    assert "cannot be checked without truth" in found.assumptions[-1]
    assert "confidence-based" in found.method


def test_the_errors_of_a_regression_are_estimated_without_truth() -> None:
    def draw(mean: float, seed: int) -> PredictedRows:
        rng = np.random.default_rng(seed)
        x = rng.normal(mean, 1, N)
        return build_predicted_rows(x, x + (0.5 + expit(2 * x)) * rng.normal(size=N), x=x)

    reference, windows = draw(0, 0), draw(1, 1)
    found = _estimate(VALUES, reference, windows)
    errors = windows.truth - windows.outputs[:, 0]
    assert found.metric is not None
    assert found.metric.value == pytest.approx(np.sqrt(np.mean(errors**2)), rel=0.05)
    assert found.loss.value == pytest.approx(np.abs(errors).mean(), rel=0.05)
    assert "direct loss estimation" in found.method


def test_the_same_seed_gives_the_same_estimate() -> None:
    reference, windows = _draw_classes(0, 0).take(np.arange(500)), _draw_classes(0, 1).take(np.arange(500))
    assert _estimate(BINARY, reference, windows) == _estimate(BINARY, reference, windows)
