from collections.abc import Callable

import pytest

from components._model.target import encode
from components.evaluate.importance import permutation_importance


@pytest.mark.parametrize(
    ("settings", "family"),
    [
        (
            {"task": "binary", "metric": "neg_log_loss", "classes": ("n", "y"), "positive_label": "y"},
            "lightgbm",
        ),
        ({"task": "multiclass", "metric": "accuracy", "classes": ("a", "b", "c")}, "linear"),
        ({"task": "regression", "metric": "neg_root_mean_squared_error"}, "linear"),
    ],
)
def test_the_column_with_the_signal_matters_and_noise_does_not(
    trained: Callable, settings: dict[str, object], family: str
) -> None:
    case = trained(settings, family=family)
    before = case.test.copy()
    y = encode(case.test["y"], case.problem)
    found = permutation_importance(case.package, case.test, y, case.problem, seed=0)
    assert sorted(item.column for item in found) == ["colour", "noise", "signal"]
    assert found[0].column == "signal"
    assert found[0].drop > 5 * max(abs(item.drop) for item in found[1:])
    assert found[0].spread > 0
    assert case.test.equals(before)
    assert found == permutation_importance(case.package, case.test, y, case.problem, seed=0)
    assert found != permutation_importance(case.package, case.test, y, case.problem, seed=1)


def test_rows_that_leave_the_metric_undefined_have_no_importances(trained: Callable) -> None:
    case = trained(
        {"task": "binary", "metric": "roc_auc", "classes": (0, 1), "positive_label": 1},
        test=lambda frame: frame[frame["y"] == 0],
    )
    y = encode(case.test["y"], case.problem)
    assert permutation_importance(case.package, case.test, y, case.problem, seed=0) == ()
