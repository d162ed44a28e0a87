"""Training rows whose target may be wrong, by their out-of-fold predictions."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from components._table.chosen_rows import read_chosen_rows
from components._table.row_sample import RowSample
from components._table.target import order_classes
from components.train.inputs import TrainingInputs
from components.train.member_choice import MemberChoice

_MOST_LISTED = 30
_MOST_COLUMNS = 4


class SuspectRow(NamedTuple):
    """A row whose target may be wrong.

    Attributes
    ----------
    number : int
        Its number in the table of training rows, from 0.
    given, likely : str
        Its class, and the class with the highest probability.
    given_probability, likely_probability : float
        Their out-of-fold probabilities.
    values : tuple of str
        Its values in ``LabelErrors.columns``.
    """

    number: int
    given: str
    likely: str
    given_probability: float
    likely_probability: float
    values: tuple[str, ...]


class LabelErrors(NamedTuple):
    """The rows whose target may be wrong.

    Attributes
    ----------
    n_rows : int
        Rows that were looked at: those with out-of-fold predictions.
    n_suspect : int
        For how many of them another class is clearly predicted.
    columns : list of str
        The identifiers; without any, the columns that tell rows apart best.
    rows : list of SuspectRow
        At most 30, the least likely target first.
    """

    n_rows: int
    n_suspect: int
    columns: list[str]
    rows: list[SuspectRow]


def find_label_errors(choice: MemberChoice, inputs: TrainingInputs) -> LabelErrors | None:
    """Return the rows whose target may be wrong; None for a regression.

    Confident learning (Northcutt, Jiang and Chuang, Journal of Artificial Intelligence Research 70, 2021)
    estimates how often each class is given in place of another, from rows whose probability of the other is
    at least the mean probability of it among its own rows.

    Parameters
    ----------
    choice : MemberChoice
        The model's out-of-fold predictions.
    inputs : TrainingInputs
        The training rows.
    """
    if inputs.problem.kind == "regression":
        return None
    # Only this needs it, and it takes a tenth of a second to import.
    from cleanlab.filter import find_label_issues

    y = inputs.scored_target[choice.known].astype(np.int64)
    probabilities = choice.predicted.astype(np.float64)
    # In one process: it takes a second for a million rows.
    found = find_label_issues(y, probabilities, return_indices_ranked_by="self_confidence", n_jobs=1)
    places = inputs.folds.scored_rows[np.flatnonzero(choice.known)]
    numbers = np.arange(len(inputs.frame))
    if inputs.large is not None:
        numbers = RowSample.load(inputs.large.sample).numbers
    classes = [str(label) for label in order_classes(inputs.problem)]
    likely, listed = probabilities.argmax(axis=1), found[:_MOST_LISTED]
    values = _read_identity(inputs, places[listed])
    rows = [
        SuspectRow(
            int(numbers[places[i]]),
            classes[y[i]],
            classes[likely[i]],
            float(probabilities[i, y[i]]),
            float(probabilities[i, likely[i]]),
            tuple(texts),
        )
        for i, texts in zip(listed, values.to_numpy(), strict=True)
    ]
    return LabelErrors(len(y), len(found), list(values.columns), rows)


def _read_identity(inputs: TrainingInputs, places: np.ndarray) -> pd.DataFrame:
    """Return as texts what tells some rows of the frame apart."""
    identifiers = list(inputs.problem.identifiers)[:_MOST_COLUMNS]
    if identifiers and inputs.path is not None:
        ascending = np.sort(places)
        values = read_chosen_rows(inputs.path, ascending, identifiers).iloc[
            np.searchsorted(ascending, places)
        ]
    else:
        features = inputs.frame.drop(columns=inputs.problem.target)
        distinct = features.nunique().sort_values(ascending=False, kind="stable").index
        values = features[list(distinct[:_MOST_COLUMNS])].iloc[places]
    return values.astype(object).where(values.notna(), "–").astype(str)


def describe_label_errors(errors: LabelErrors) -> str:
    """Return for how many rows another class is clearly predicted, and what to do about it."""
    if not errors.n_suspect:
        return f"None of the targets of {errors.n_rows:,} training rows looks wrong."
    listed = len(errors.rows)
    which = "They are listed" if listed == errors.n_suspect else f"The {listed} least likely are listed"
    return (
        f"For {errors.n_suspect:,} of {errors.n_rows:,} training rows, models that had not seen the row "
        f"clearly predict another class. {which}. Where chance has a part in the target, most of them are "
        "right and only unexpected. Where a target can be checked, check these first, correct the wrong ones "
        "in the source, and train again. Nothing was changed or left out."
    )
