from typing import Any

import pytest

from components._model.prediction_columns import build_prediction_columns, name_prediction_columns
from components._model.signature import Signature
from components._problem.task import TaskKind


@pytest.mark.parametrize(
    ("task", "classes", "outputs", "expected"),
    [
        ("regression", [], {"value": [1.5, 2]}, {"prediction": [1.5, 2.0]}),
        (
            "binary",
            [False, True],
            {"decision": ["true", "false"], "probabilities": [0.25, 0.75, 0.5, 0.5]},
            {"prediction": [True, False], "probability": [0.75, 0.5]},
        ),
        (
            "multiclass",
            [1, 2, 3],
            {"decision": ["3"], "probabilities": [0.125, 0.25, 0.625]},
            {
                "prediction": [3], "probability": [0.625],
                "probability_1": [0.125], "probability_2": [0.25], "probability_3": [0.625],
            },
        ),
    ],
)  # fmt: skip
def test_an_answer_becomes_columns(
    task: TaskKind, classes: list[Any], outputs: dict[str, list[Any]], expected: dict[str, list[Any]]
) -> None:
    signature = Signature(task, "y", {}, classes, None, "linear", "Linear", "roc_auc")
    answer = {"outputs": [{"name": name, "data": data} for name, data in outputs.items()]}
    names = name_prediction_columns(signature)
    columns = build_prediction_columns(signature, answer)
    assert dict(zip(names, [column.to_pylist() for column in columns], strict=True)) == expected
