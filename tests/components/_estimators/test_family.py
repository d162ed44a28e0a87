from typing import Any

import numpy as np
import pytest

from components._estimators.family import Facts, Family, suggest_class_weight
from components._problem.task import TaskKind


class Balanced:
    """A trial that takes the last choice."""

    def suggest_float(self, name: str, low: float, high: float, *, log: bool = False) -> float:
        return high

    def suggest_int(self, name: str, low: int, high: int, *, log: bool = False) -> int:
        return high

    def suggest_categorical(self, name: str, choices: Any) -> Any:
        return choices[-1]


@pytest.mark.parametrize(
    ("kind", "metric", "expected"),
    [
        ("binary", "f1", {"class_weight": "balanced"}),
        ("multiclass", "balanced_accuracy", {"class_weight": "balanced"}),
        ("binary", "roc_auc", {}),
        ("binary", "neg_log_loss", {}),
        ("regression", "r2", {}),
    ],
)
def test_classes_are_weighed_where_decisions_are_judged(
    kind: TaskKind, metric: str, expected: dict[str, str]
) -> None:
    assert suggest_class_weight(Balanced(), Facts(kind, metric, 10, 2)) == expected


@pytest.mark.parametrize(
    ("most_rows", "supports_monotonic", "is_monotonic", "expected"),
    [
        (np.inf, False, False, True),
        (9, False, False, False),
        (10, True, True, True),
        (10, False, True, False),
    ],
)
def test_a_family_is_searched_where_it_can_be_fitted(
    most_rows: float, supports_monotonic: bool, is_monotonic: bool, expected: bool
) -> None:
    family = Family(
        "Any",
        (),
        None,  # type: ignore[arg-type]
        None,  # type: ignore[arg-type]
        None,  # type: ignore[arg-type]
        None,  # type: ignore[arg-type]
        most_rows=most_rows,
        supports_monotonic=supports_monotonic,
    )
    assert family.is_suitable(Facts("binary", "f1", 10, 2, is_monotonic=is_monotonic)) is expected
