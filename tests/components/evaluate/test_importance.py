from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from components._metrics.scores import resolve_scorer
from components._metrics.statistics import score_all_rows
from components._problem.task import TaskKind
from components._recipe.preprocess import Preprocessor
from components._table.target import encode_target
from components.evaluate.evaluation import Importance
from components.evaluate.importance import compute_permutation_importance
from tests.components._model.tables import KINDS, draw_table, fit_package, make_problem


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
    trained: Callable, settings: dict[str, Any], family: str
) -> None:
    case = trained(settings, family=family)
    before = case.test.copy()
    y = encode_target(case.test["y"], case.problem)
    found = compute_permutation_importance(case.package, case.test, y, case.problem, np.random.default_rng(0))
    assert sorted(item.column for item in found) == ["colour", "noise", "signal"]
    assert found[0].column == "signal"
    assert found[0].drop > 5 * max(abs(item.drop) for item in found[1:])
    assert found[0].spread > 0
    assert case.test.equals(before)
    assert found == compute_permutation_importance(
        case.package, case.test, y, case.problem, np.random.default_rng(0)
    )
    assert found != compute_permutation_importance(
        case.package, case.test, y, case.problem, np.random.default_rng(1)
    )


def test_rows_that_leave_the_metric_undefined_have_no_importances(trained: Callable) -> None:
    case = trained(
        {"task": "binary", "metric": "roc_auc", "classes": (0, 1), "positive_label": 1},
        test=lambda frame: frame[frame["y"] == 0],
    )
    y = encode_target(case.test["y"], case.problem)
    assert (
        compute_permutation_importance(case.package, case.test, y, case.problem, np.random.default_rng(0))
        == ()
    )


@pytest.mark.parametrize("kind", ["binary", "multiclass", "regression"])
def test_shuffled_features_tell_what_shuffled_columns_would(kind: TaskKind) -> None:
    """Of columns with a null indicator, dates with parts, strings with many features."""
    package, table, question = fit_package("linear", kind), draw_table(kind, 120, seed=4), make_problem(kind)
    y = encode_target(table["y"], question)

    def score(rows: pd.DataFrame) -> float:
        value = score_all_rows(
            resolve_scorer(question.metric, question), y, package.predict(rows), question, None
        )
        assert value is not None
        return value

    rng = np.random.default_rng(0)
    expected = {}
    for name in KINDS:
        shuffles = [table[name].array.take(rng.permutation(120)) for _ in range(3)]
        expected[name] = score(table) - np.mean([score(table.assign(**{name: of})) for of in shuffles])
    found = {
        of.column: of.drop
        for of in compute_permutation_importance(package, table, y, question, np.random.default_rng(0))
    }
    assert found == pytest.approx(expected, abs=1e-9)
    assert sum(drop > 0 for drop in found.values()) > 2


def test_a_wide_table_passes_the_recipe_once(monkeypatch: pytest.MonkeyPatch) -> None:
    package, table, question = fit_package("linear", "binary"), draw_table("binary"), make_problem("binary")
    cleaned = []
    clean = Preprocessor.transform
    monkeypatch.setattr(Preprocessor, "transform", lambda self, X: cleaned.append(len(X)) or clean(self, X))
    compute_permutation_importance(
        package, table, encode_target(table["y"], question), question, np.random.default_rng(0)
    )
    assert cleaned == [300]


def test_a_column_of_which_no_feature_is_kept_does_not_matter() -> None:
    package, table, question = fit_package("lightgbm", "binary"), draw_table("binary"), make_problem("binary")
    assert "member" not in package.pipeline[:-1].get_feature_names_out()
    found = compute_permutation_importance(
        package, table, encode_target(table["y"], question), question, np.random.default_rng(0)
    )
    assert {of.column for of in found} == set(KINDS)
    assert Importance("member", 0.0, 0.0) in found
