import numpy as np
import pandas as pd
import pytest

from components._problem.spec import Problem
from components._problem.task import Label
from components._table.target import encode_target, order_classes
from tests.components._model.tables import make_problem


def make_question(classes: tuple[Label, ...], positive: Label | None) -> Problem:
    return make_problem(
        "binary" if len(classes) == 2 else "multiclass", classes=classes, positive_label=positive
    )


@pytest.mark.parametrize(
    ("classes", "positive", "values", "codes"),
    [
        (("no", "yes"), "yes", ["yes", "no", "no"], [1, 0, 0]),
        (("no", "yes"), "no", ["yes", "no", "no"], [0, 1, 1]),
        ((False, True), True, [True, False, True], [1, 0, 1]),
        ((False, True), False, [True, False, True], [0, 1, 0]),
        ((1, 2), 1, [1, 2, 2], [1, 0, 0]),
        # Whole numbers in a column that has nulls elsewhere come as floats.
        ((0, 1), 1, [1.0, 0.0, 0.0], [1, 0, 0]),
        (("a", "b", "c"), None, ["c", "a", "b"], [2, 0, 1]),
        ((10, 2, 30), None, [30, 10, 2], [2, 0, 1]),
        (("01", "1", "1.0"), None, ["1", "1.0", "01"], [1, 2, 0]),
    ],
)
def test_classes_have_codes_with_the_positive_one_last(
    classes: tuple[Label, ...], positive: Label | None, values: list[Label], codes: list[int]
) -> None:
    asked = make_question(classes, positive)
    encoded = encode_target(pd.Series(values), asked)
    assert encoded.dtype == np.int64
    assert encoded.tolist() == codes


def test_the_classes_keep_their_order_but_for_the_positive_one() -> None:
    assert order_classes(make_question(("a", "b", "c"), None)) == ("a", "b", "c")
    assert order_classes(make_question(("a", "b"), "a")) == ("b", "a")


def test_labels_survive_the_specification_on_disk(tmp_path: pytest.TempPathFactory) -> None:
    for classes in ((False, True), (0, 1), ("0", "1")):
        make_question(classes, classes[0]).save(f"{tmp_path}/problem")
        loaded = order_classes(Problem.load(f"{tmp_path}/problem"))
        assert [(type(label), label) for label in loaded] == [(type(c), c) for c in reversed(classes)]


def test_the_values_of_a_regression_are_numbers_as_they_are() -> None:
    encoded = encode_target(pd.Series([3, -1, 2]), make_problem("regression"))
    assert (encoded.dtype, encoded.tolist()) == (np.float64, [3.0, -1.0, 2.0])


def test_a_value_that_is_no_class_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match=r"not classes of the problem: \['maybe'\]"):
        encode_target(
            pd.Series(["yes", "maybe", "maybe"], index=[5, 6, 7]), make_question(("no", "yes"), "yes")
        )
