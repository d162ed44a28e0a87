import numpy as np
import pytest

from components._metrics.paired_resamples import ScoredModel, describe_resampled_rows, resample_scores
from components._metrics.statistics import score_all_rows
from components._problem.spec import Problem

PROBLEM = Problem.model_validate(
    {"target": "y", "task": "binary", "metric": "roc_auc", "classes": ("no", "yes"), "positive_label": "yes"}
)
SCORERS = ("roc_auc", "neg_log_loss", "balanced_accuracy")
# Three metrics of two classes keep 144 bytes of a row, and a quarter of the memory is for them.
BYTES_OF_ROW = 3 * 2 * 3 * 16 * 4


def draw_models(n_rows: int, weights: np.ndarray | None = None) -> tuple[list[ScoredModel], np.ndarray]:
    rng = np.random.default_rng(0)
    signal = rng.normal(size=n_rows)
    y = (signal + rng.normal(size=n_rows) > 1).astype(np.int64)
    models = []
    for slope in (1.0, 0.2):
        positive = 1 / (1 + np.exp(1 - slope * signal - 0.1 * rng.normal(size=n_rows)))
        predictions = np.column_stack([1 - positive, positive])
        scores = {name: score_all_rows(name, y, predictions, PROBLEM, 0.3, weights) for name in SCORERS}
        models.append(ScoredModel(predictions, 0.3, scores))
    return models, y


@pytest.mark.slow_variants
@pytest.mark.parametrize("is_weighted", [False, True])
def test_resamples_of_some_rows_spread_as_those_of_all(is_weighted: bool) -> None:
    n_rows = 8_000
    weights = np.random.default_rng(5).exponential(size=n_rows) if is_weighted else None
    models, y = draw_models(n_rows, weights)
    whole = resample_scores(models, y, PROBLEM, 0, weights, 1 << 30)
    part = resample_scores(models, y, PROBLEM, 0, weights, 2_000 * BYTES_OF_ROW)
    assert (whole.n_rows, part.n_rows) == (n_rows, 2_000)
    expected = np.array([model.scores[name] for model in models for name in SCORERS])
    spread = whole.scores.std(axis=0)
    assert part.scores.std(axis=0) == pytest.approx(spread, rel=0.25)
    assert (np.abs(part.scores.mean(axis=0) - expected) < 0.3 * spread).all()
    gains = [of.scores[:, 0] - of.scores[:, 3] for of in (whole, part)]
    assert gains[1].std() == pytest.approx(gains[0].std(), rel=0.25)


def test_a_score_that_all_rows_leave_undefined_has_no_resamples() -> None:
    models, y = draw_models(4_000)
    models[1] = models[1]._replace(scores={**models[1].scores, "roc_auc": None})
    found = resample_scores(models, y, PROBLEM, 0, None, 1_000 * BYTES_OF_ROW).scores
    assert np.isnan(found[:, 3]).all()
    assert np.isfinite(found[:, :3]).all()


def test_resamples_of_some_rows_are_described() -> None:
    assert describe_resampled_rows(9, 9) == []
    (words,) = describe_resampled_rows(5_000, 90_000)
    assert "5,000 test rows, drawn at random, and scaled to the 90,000 rows" in words
