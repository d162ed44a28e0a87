"""What each family says that a fit takes, beside what it takes: ``python -m benchmarks.fit_times``.

A sweep plans its time by the estimates. They are processor seconds of a usual server, so on another machine
all ratios may be larger or smaller; they should be alike.
"""

import time
import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from threadpoolctl import threadpool_limits

from components._estimators import (
    FAMILIES,
    Facts,
    FitOptions,
    Parameters,
    StoppingRows,
    fit,
    list_suitable,
    predict,
)
from components._problem.metrics import DEFAULT_SCORER
from components._problem.task import TaskKind

ROWS = (2_000, 16_000)
FEATURES = 20
CLASSES: dict[TaskKind, int] = {"regression": 1, "binary": 2, "multiclass": 10}


def main() -> None:
    """Print the estimate, the processor seconds and their ratio for each family, task and number of rows."""
    print(f"{'family':<20}{'task':<12}{'rows':>8}{'estimate':>12}{'measured':>12}{'ratio':>8}")
    for kind in CLASSES:
        for n_rows in ROWS:
            facts = Facts(
                kind,
                DEFAULT_SCORER[kind],
                n_rows,
                FEATURES,
                n_outputs=CLASSES[kind] if kind == "multiclass" else 1,
            )
            for name in list_suitable(facts):
                parameters = FAMILIES[name].portfolio[0]
                estimated = FAMILIES[name].estimate_seconds(parameters, facts)
                measured = _measure_fit(name, parameters, facts)
                print(
                    f"{FAMILIES[name].title:<20}{kind:<12}{n_rows:>8,}{estimated:>10.3f} s{measured:>10.3f} s"
                    f"{measured / estimated:>8.2f}",
                    flush=True,
                )


def _measure_fit(name: str, parameters: Parameters, facts: Facts) -> float:
    """Return the processor seconds of a fit with early stopping and of predicting a quarter of its rows."""
    X, y = _draw_rows(facts, facts.n_rows, seed=0)
    stopping = StoppingRows(*_draw_rows(facts, facts.n_rows // 4, seed=1))
    options = FitOptions(facts.kind, facts.metric, seed=0)
    with threadpool_limits(limits=1), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        started = time.process_time()
        fitted = fit(name, X, y, parameters, options, stopping)
        predict(fitted.estimator, stopping.X, facts.kind)
        return time.process_time() - started


def _draw_rows(facts: Facts, n_rows: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n_rows, facts.n_features)).astype(np.float32)
    value = X[:, 0] + X[:, 1] * X[:, 2] + np.sin(2 * X[:, 3]) + rng.normal(size=n_rows)
    if facts.kind == "regression":
        return X, value
    # Classes of about equal size, the same for all rows that are drawn.
    edges = np.linspace(-2.5, 2.5, CLASSES[facts.kind] + 1)[1:-1]
    return X, np.digitize(value, edges)


if __name__ == "__main__":
    main()
