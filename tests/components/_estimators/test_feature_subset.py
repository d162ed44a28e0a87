import numpy as np
import pytest
from sklearn.pipeline import Pipeline

from components._estimators import StoppingRows, predict
from components._estimators.feature_subset import FeatureSubset, find_columns
from components._problem.task import TaskKind
from tests.components._estimators.fits import EVERY, draw_data, fit
from tests.components._model.tables import SMALL

WAYS = ("", "one-hot", "target", "one-hot", "", "target")


@pytest.mark.parametrize(
    ("encoding", "alternatives", "expected"),
    [
        (None, WAYS, None),
        ("both", WAYS, None),
        ("one-hot", WAYS, [0, 1, 3, 4]),
        ("target", WAYS, [0, 2, 4, 5]),
        # Without alternatives all features are kept.
        ("target", (), None),
        ("target", ("", ""), None),
        ("target", ("target", ""), None),
        ("target", ("one-hot", "one-hot"), None),
    ],
)
def test_an_encoding_leaves_its_own_features_and_those_without_another(
    encoding: str | None, alternatives: tuple[str, ...], expected: list[int] | None
) -> None:
    columns = find_columns(encoding, alternatives)
    assert (None if columns is None else columns.tolist()) == expected


@pytest.mark.slow_variants
@pytest.mark.parametrize(("family", "kind"), EVERY)
def test_an_estimator_of_some_features_is_that_fitted_on_them_by_hand(family: str, kind: TaskKind) -> None:
    parameters = {**SMALL[family], "encoding": "target"}
    columns = [0, 2, 4, 5]
    rows, stopping = draw_data(kind), draw_data(kind, seed=1)
    fitted = fit(family, kind, stopping, parameters=parameters, alternatives=WAYS)
    by_hand = fit(
        family,
        kind,
        stopping._replace(X=stopping.X[:, columns]),
        rows=StoppingRows(rows.X[:, columns], rows.y),
        parameters=parameters,
    )
    assert fitted.steps == by_hand.steps
    np.testing.assert_array_equal(
        predict(fitted.estimator, stopping.X, kind),
        predict(by_hand.estimator, stopping.X[:, columns], kind),
    )


@pytest.mark.parametrize("family", ["lightgbm", "extra_trees"])
def test_what_must_rise_does_so_among_the_features_that_are_left(family: str) -> None:
    rows = draw_data("regression")
    falling = StoppingRows(rows.X, -rows.X[:, 4].astype(np.float64))
    parameters = {**SMALL[family], "encoding": "one-hot", "min_samples_leaf": 2}
    if family == "lightgbm":
        del parameters["min_samples_leaf"]
    made = [
        predict(
            fit(
                family,
                "regression",
                20,
                rows=falling,
                parameters=parameters,
                alternatives=WAYS,
                monotonic=ways,
            ).estimator,
            np.eye(6, dtype=np.float32)[[4]] * np.array([[-2], [2]], dtype=np.float32),
            "regression",
        )
        for ways in ((), (0, 0, 0, 0, 1, 0))
    ]
    # The data fall, so the constrained predictions are flat.
    assert made[0][0] > made[0][1]
    assert made[1][0] == made[1][1]


def test_columns_are_taken_in_their_order() -> None:
    matrix = np.arange(6, dtype=np.float32).reshape(2, 3)
    step = FeatureSubset(np.array([0, 2])).fit(matrix)
    assert Pipeline([("columns", step)]).transform(matrix).tolist() == [[0, 2], [3, 5]]
