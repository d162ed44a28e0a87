import numpy as np
import pandas as pd
import pytest

from components._problem.spec import Problem
from components.errors import InvalidData
from components.monitor.truth import read_truth

CHURN = Problem(
    target="churned", task="binary", metric="roc_auc", positive_label="yes", classes=("no", "yes"),
    identifiers=("customer",),
)  # fmt: skip


def test_each_logged_row_gets_the_target_of_its_key() -> None:
    known = read_truth(pd.DataFrame({"customer": ["a", "b"], "churned": ["yes", "no"]}), CHURN)
    found = known.find_targets(pd.DataFrame({"customer": ["b", None, "a", "c", "a"]}))
    np.testing.assert_array_equal(found, [0, np.nan, 1, np.nan, 1])
    assert known.notes == ()


def test_whole_numbers_match_even_if_nulls_made_them_floats() -> None:
    known = read_truth(pd.DataFrame({"customer": [7, 8], "churned": ["yes", "no"]}), CHURN)
    np.testing.assert_array_equal(known.find_targets(pd.DataFrame({"customer": [7.0, np.nan]})), [1, np.nan])


def test_keys_of_several_columns_must_all_match() -> None:
    problem = CHURN.model_copy(update={"identifiers": ("customer", "month")})
    truth = pd.DataFrame({"customer": ["a", "a"], "month": [1, 2], "churned": ["yes", "no"]})
    known = read_truth(truth, problem)
    logged = pd.DataFrame({"customer": ["a", "a", "a"], "month": [2, 1, 3]})
    np.testing.assert_array_equal(known.find_targets(logged), [0, 1, np.nan])


def test_truth_that_is_double_conflicting_or_incomplete_is_said() -> None:
    truth = pd.DataFrame(
        {"customer": ["a", "a", "b", "b", None, "c"], "churned": ["yes", "yes", "yes", "no", "no", None]}
    )
    known = read_truth(truth, CHURN)
    assert known.targets.to_dict() == {"a": 1.0}
    assert list(known.notes) == [
        "Not used: 2 rows of the truth without a target or a key.",
        "Not used: 1 key with several different targets, for example 'b'.",
        "Counted once: keys that 1 row of the truth repeat with an equal target.",
    ]


def test_columns_with_a_role_come_along_by_key() -> None:
    problem = CHURN.model_copy(update={"sensitive": ("sex",)})
    truth = pd.DataFrame(
        {"customer": ["b", "a", "b"], "sex": ["f", "m", "x"], "churned": ["yes", "no", "yes"]}
    )
    assert read_truth(truth, problem).others.to_dict("index") == {"b": {"sex": "f"}, "a": {"sex": "m"}}


def test_truth_without_an_identifier_names_requests() -> None:
    known = read_truth(pd.DataFrame({"request_id": ["r1"], "churned": ["yes"]}), CHURN)
    assert known.keys == ("request_id",)


def test_truth_that_matches_nothing_is_said() -> None:
    known = read_truth(pd.DataFrame({"customer": ["a"], "churned": ["yes"]}), CHURN)
    (note,) = known.describe_matches(0)
    assert "None of the 1 true targets matches a logged row by customer" in note
    assert list(known.describe_matches(1)) == []


def test_an_unknown_class_is_named() -> None:
    with pytest.raises(InvalidData, match="not classes of the model: maybe"):
        read_truth(pd.DataFrame({"customer": ["a"], "churned": ["maybe"]}), CHURN)


def test_values_of_a_regression_stay_as_they_are() -> None:
    problem = Problem(target="price", task="regression", metric="rmse", identifiers=("house",))
    known = read_truth(pd.DataFrame({"house": [1], "price": [2.5]}), problem)
    assert known.targets.to_dict() == {"1": 2.5}
