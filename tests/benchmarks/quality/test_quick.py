import numpy as np
import pandas as pd
import pytest

from benchmarks.quality.quick import TABLES, find_fault
from benchmarks.quality.splits import compute_row_losses, score
from benchmarks.quality.tables import Table, load_table


def predict_badly(table: Table, truth: np.ndarray, share: float, seed: int) -> np.ndarray:
    """Return the truth mixed with a share of noise; probabilities stay probabilities."""
    rng = np.random.default_rng(seed)
    if table.kind == "regression":
        return truth + share * truth.std() * rng.standard_normal(len(truth))
    return (1 - share) * truth + share * rng.dirichlet(np.ones(truth.shape[1]), len(truth))


def compute_losses(table: Table, share: float, seed: int) -> np.ndarray:
    answers = table.frame[table.target]
    if table.kind == "regression":
        truth = answers.to_numpy()
    else:
        truth = (answers.to_numpy()[:, None] == np.array(table.classes, dtype=object)).astype(float)
    return compute_row_losses(table, answers, predict_badly(table, truth, share, seed))


@pytest.mark.parametrize("name", TABLES)
def test_bad_predictions_break_the_promise(name: str) -> None:
    table = load_table(name)
    worse, better = compute_losses(table, 0.6, seed=0), compute_losses(table, 0.4, seed=1)
    fault = find_fault(name, worse, better)
    assert fault.startswith(f"{name}: BROKEN.")
    assert f"{len(table.frame):,} unseen rows" in fault
    assert find_fault(name, better, worse) == ""


@pytest.mark.parametrize("name", TABLES)
def test_predictions_that_differ_by_noise_alone_keep_the_promise(name: str) -> None:
    table = load_table(name)
    ours, baseline = compute_losses(table, 0.5, seed=2), compute_losses(table, 0.5, seed=3)
    assert find_fault(name, ours, baseline) == ""
    assert find_fault(name, baseline, baseline) == ""


@pytest.mark.parametrize("name", ["glyphs", "merchants", "claims"])
def test_the_mean_loss_of_the_rows_is_the_score(name: str) -> None:
    table = load_table(name)
    answers = table.frame[table.target]
    n = len(answers)
    if table.kind == "regression":
        predictions = np.full(n, answers.mean())
        assert np.sqrt(compute_row_losses(table, answers, predictions).mean()) == pytest.approx(
            -score(table, answers, predictions)
        )
    else:
        predictions = np.random.default_rng(0).dirichlet(np.ones(len(table.classes)), n)
        assert compute_row_losses(table, answers, predictions).mean() == pytest.approx(
            -score(table, answers, predictions)
        )


def test_a_class_with_probability_zero_has_a_finite_loss() -> None:
    frame = pd.DataFrame({"y": ["a", "b"]})
    table = Table("tiny", frame, "y", "binary", "neg_log_loss")
    losses = compute_row_losses(table, frame["y"], np.array([[1.0, 0.0], [1.0, 0.0]]))
    assert losses[0] == 0
    assert 30 < losses[1] < 40
