"""Performance without truth, beside the true one: ``python -m benchmarks.performance_estimate``.

The columns of generated rows shift, the relation between columns and target stays. Every line is a model and
a shift: the true metric of the shifted rows, that of the reference, the estimate, its largest error over the
seeds (of RMSE as a share), and the share of intervals that hold the true metric.
"""

import argparse
from collections.abc import Iterable

import numpy as np
from scipy.special import expit
from sklearn.metrics import roc_auc_score

from benchmarks.shifted_rows import (
    BINARY_MODELS,
    REGRESSION_MODELS,
    SHIFTS,
    build_rows,
    compute_chance,
    compute_signal,
    draw_columns,
    fit_model,
)
from components._problem.monitoring import Monitoring
from components._problem.spec import Problem
from components.monitor.performance_estimate import estimate_performance
from components.monitor.row_loss import build_row_loss

# As many as a model keeps.
_ROWS = 20_000
_GOAL = 0.02
_PROBLEMS = {
    "ROC AUC": Problem(target="y", task="binary", metric="roc_auc", classes=(0, 1), positive_label=1),
    "RMSE": Problem(target="y", task="regression", metric="neg_root_mean_squared_error"),
}


def main() -> None:
    """Print a line for each model and shift, and the worst error."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3, help="generated data sets for each line")
    parser.add_argument("--rows", type=int, default=_ROWS, help="rows of the reference and of the windows")
    chosen = parser.parse_args()
    for metric, models in (("ROC AUC", BINARY_MODELS), ("RMSE", REGRESSION_MODELS)):
        print(
            f"\n{metric:<22}{'shift':<20}{'true':>9}{'reference':>11}{'estimate':>10}{'largest error':>15}"
            f"{'in interval':>13}{'reliable':>10}"
        )
        errors = [
            _print_line(metric, model, shift, range(chosen.seeds), chosen.rows)
            for model in models
            for shift in SHIFTS
        ]
        within = np.mean([error <= _GOAL for line in errors for error in line])
        largest = max(error for line in errors for error in line)
        print(f"largest error {largest:.4f}; {within:.0%} within {_GOAL}")


def _print_line(metric: str, model: str, shift: str, seeds: Iterable[int], n_rows: int) -> list[float]:
    found = np.array([_measure(metric, model, shift, seed, n_rows) for seed in seeds])
    true, reference, estimate, low, high, reliable = found.T
    errors = np.abs(estimate - true) / (true if metric == "RMSE" else 1)
    inside = np.mean((low <= true) & (true <= high))
    print(
        f"{model:<22}{shift:<20}{true.mean():>9.4f}{reference.mean():>11.4f}{estimate.mean():>10.4f}"
        f"{errors.max():>15.4f}{inside:>13.0%}{reliable.mean():>10.0%}",
        flush=True,
    )
    return [float(error) for error in errors]


def _measure(metric: str, model: str, shift: str, seed: int, n_rows: int) -> tuple[float, ...]:
    rng = np.random.default_rng(seed)
    is_class = metric == "ROC AUC"
    used = fit_model((BINARY_MODELS if is_class else REGRESSION_MODELS)[model], n_rows, rng)
    table = draw_columns(n_rows, SHIFTS[shift], rng)
    outputs = used.predict(table)
    windows = build_rows(table, outputs, np.full(n_rows, np.nan))
    problem = _PROBLEMS[metric]
    loss = build_row_loss(problem, Monitoring(), None)
    found = estimate_performance(used.reference, windows, problem, loss, table.columns, seed)
    scores, truth = used.reference.outputs[:, 0], used.reference.truth
    if is_class:
        chance = compute_chance(table)
        y = np.repeat([0, 1], n_rows)
        true = roc_auc_score(y, np.tile(outputs[:, 0], 2), sample_weight=np.concatenate([1 - chance, chance]))
        known = roc_auc_score(truth, scores)
    else:
        spread = 0.4 + expit(table["e"] + table["a"]).to_numpy()
        true = np.sqrt(np.mean((outputs[:, 0] - compute_signal(table)) ** 2 + spread**2))
        known = np.sqrt(np.mean((scores - truth) ** 2))
    assert found.metric is not None
    assert found.metric.low is not None
    assert found.metric.high is not None
    return (
        *(float(true), float(known), found.metric.value, found.metric.low, found.metric.high),
        float(found.is_reliable),
    )


if __name__ == "__main__":
    main()
