from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from components._problem.spec import Problem
from components._sweep.trials import TrialResult
from components._table.row_sample import RowSample
from components.train.inputs import LargeTable
from components.train.label_error import LabelErrors, describe_label_errors, find_label_errors
from components.train.member_choice import Member, MemberChoice
from tests.components.train.conftest import Training
from tests.tables import write_frame

N_PLANTED = 15


@pytest.fixture(scope="module")
def planted(training: Training) -> tuple[Training, MemberChoice, np.ndarray]:
    """Predictions of clear classes, and which rows were given the other class."""
    rng = np.random.default_rng(0)
    y = training.inputs.scored_target.astype(int)
    wrong = rng.choice(len(y), N_PLANTED, replace=False)
    truth = y.copy()
    truth[wrong] = 1 - truth[wrong]
    positive = np.clip(rng.normal(0.15 + 0.7 * truth, 0.12), 0.01, 0.99)
    trial = TrialResult(0, 0, "linear", {}, (0.5,), (0,))
    predicted = np.column_stack([1 - positive, positive])
    choice = MemberChoice([Member(trial, 1.0)], 1, 0, predicted, np.ones(len(y), bool), 0.8, 0.8, "because")
    return training, choice, training.inputs.folds.scored_rows[wrong]


def test_planted_errors_are_the_least_likely_targets(
    planted: tuple[Training, MemberChoice, np.ndarray],
) -> None:
    training, choice, wrong = planted
    errors = find_label_errors(choice, training.inputs)
    assert errors is not None
    first = {row.number for row in errors.rows[:N_PLANTED]}
    assert len(first & set(wrong.tolist())) / len(first) >= 0.9
    assert N_PLANTED * 0.7 <= errors.n_suspect <= N_PLANTED * 1.3
    row, target = errors.rows[0], training.inputs.problem.target
    source = training.inputs.frame.iloc[row.number]
    assert row.given == str(source[target]) != row.likely
    assert row.likely_probability > 0.5 > row.given_probability
    assert row.values == tuple("–" if pd.isna(value) else str(value) for value in source[errors.columns])


def test_rows_of_a_sample_have_their_number_in_the_whole_table(
    planted: tuple[Training, MemberChoice, np.ndarray], tmp_path: Path
) -> None:
    training, choice, _ = planted
    n = len(training.inputs.frame)
    RowSample(np.arange(n) * 3).save(tmp_path)
    inputs = replace(training.inputs, large=LargeTable("train", str(tmp_path), 3 * n))
    whole, sampled = find_label_errors(choice, training.inputs), find_label_errors(choice, inputs)
    assert whole is not None
    assert sampled is not None
    assert [row.number for row in sampled.rows] == [3 * row.number for row in whole.rows]


def test_rows_are_told_apart_by_their_identifiers(
    planted: tuple[Training, MemberChoice, np.ndarray], tmp_path: Path
) -> None:
    training, choice, _ = planted
    inputs = training.inputs
    n = len(inputs.frame)
    customers = pd.DataFrame({"customer": [f"c{i}" for i in range(n)]})
    write_frame(customers, {"customer": "string"}, tmp_path / "train")
    problem = inputs.problem.model_copy(update={"identifiers": ("customer",)})
    errors = find_label_errors(choice, replace(inputs, problem=problem, path=str(tmp_path / "train")))
    assert errors is not None
    assert errors.columns == ["customer"]
    assert [row.values for row in errors.rows] == [(f"c{row.number}",) for row in errors.rows]


def test_a_regression_has_no_classes_to_confuse(training: Training) -> None:
    problem = Problem(target="y", task="regression", metric="r2")
    choice = training.trained.built.choice
    assert find_label_errors(choice, replace(training.inputs, problem=problem)) is None


@pytest.mark.parametrize(
    ("errors", "words"),
    [
        (LabelErrors(300, 0, [], []), "None of the targets of 300 training rows looks wrong."),
        (
            LabelErrors(3_000, 40, [], []),
            "For 40 of 3,000 training rows, models that had not seen",
        ),
    ],
)
def test_what_to_do_is_said(errors: LabelErrors, words: str) -> None:
    assert words in describe_label_errors(errors)
