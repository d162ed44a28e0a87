from pathlib import Path

import pytest

from components._problem.metric_scale import MetricScale
from components._problem.task import TaskKind
from components._report.charts import Line
from components._sweep.trials import Sweep
from components.train.inputs import TrainingInputs
from components.train.learning_curve import LearningCurve, describe_learning_curve, draw_learning_curve
from components.train.model_builder import TrainedModel, train_model
from components.train.settings import Settings
from tests.components.train.large import N_SAMPLED, write_large_sweep


def _train(folder: Path, kind: TaskKind) -> TrainedModel:
    places = write_large_sweep(folder, kind, "lightgbm")
    sweep = Sweep.load([places.pop("trials")])
    return train_model(TrainingInputs.load(**places), sweep, Settings(), {})


def _make_curve(gain: float, error: float) -> LearningCurve:
    scale = MetricScale.from_metric("neg_root_mean_squared_error")
    return LearningCurve(scale, 3, [100, 5_000], [2.0, 2.0 - gain], 400, gain, error)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["binary", "regression"])
def test_more_rows_give_a_smaller_error_on_rows_that_no_fit_learnt_from(
    tmp_path: Path, kind: TaskKind
) -> None:
    trained = _train(tmp_path, kind)
    curve = trained.curve
    assert curve is not None
    assert curve.sizes[:-1] == [N_SAMPLED // 16, N_SAMPLED // 4, N_SAMPLED]
    assert curve.sizes[-1] > 4 * N_SAMPLED
    first, *_, last = curve.scores
    assert (last < first) == curve.scale.is_error
    step = curve.scores[-1] - curve.scores[-2]
    assert curve.gain == pytest.approx(-step if curve.scale.is_error else step)
    assert curve.error > 0


@pytest.mark.slow
def test_without_time_for_it_there_is_no_curve(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("components.train.learning_curve._MOST_TIME", 0.0)
    assert _train(tmp_path, "binary").curve is None


@pytest.mark.parametrize(
    ("gain", "error", "expected"),
    [
        (0.5, 0.1, "RMSE is better by 0.5 (standard error 0.1). The curve is not flat"),
        (0.1, 0.1, "RMSE is better by 0.1 (standard error 0.1). The curve is flat"),
        (-0.2, 0.1, "RMSE is worse by 0.2 (standard error 0.1). The curve is flat"),
    ],
)
def test_a_curve_says_what_the_last_rows_gave(gain: float, error: float, expected: str) -> None:
    text = describe_learning_curve(_make_curve(gain, error))
    assert text.startswith(f"With 5,000 rows instead of 100, {expected}")


def test_a_curve_is_drawn_by_the_logarithm_of_the_rows() -> None:
    chart = draw_learning_curve(_make_curve(0.5, 0.1))
    line, _ = chart.marks
    assert isinstance(line, Line)
    assert line.xs == [100, 5_000]
    assert chart.x.kind == "log"
