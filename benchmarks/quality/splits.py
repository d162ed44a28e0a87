"""One split of a table for all systems, as Parquet, and the scores of predictions on it."""

from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from sklearn.metrics import log_loss, roc_auc_score, root_mean_squared_error
from sklearn.model_selection import GroupShuffleSplit, train_test_split

from benchmarks.quality.tables import Table

Scores = TypeVar("Scores", float, np.ndarray)

_TEST_FRACTION = 0.25
# By time, each seed ends this share of the rows earlier than the seed before it.
_STEP = 0.1


@dataclass(frozen=True)
class Split:
    """Files of a split, and the answers.

    Attributes
    ----------
    train, test : Path
        Parquet files; the test rows are without the target.
    answers : Series of shape (n_test_rows,)
        The target of the test rows.
    """

    train: Path
    test: Path
    answers: pd.Series


def write_split(table: Table, seed: int, folder: Path) -> Split:
    """Split a table's rows 75/25 and write both sides.

    Rows with a time: the latest are the test rows, and another seed takes an earlier end. Rows with groups:
    no group is on both sides. All others: at random, stratified by class.
    """
    train, test = _split_rows(table, seed)
    split = Split(folder / "train.parquet", folder / "test.parquet", test[table.target])
    for rows, path in ((train, split.train), (test.drop(columns=table.target), split.test)):
        # Without what pandas notes down of itself, so that every version of it reads the same types.
        pq.write_table(pa.Table.from_pandas(rows, preserve_index=False).replace_schema_metadata(), path)
    return split


def _split_rows(table: Table, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    frame = table.frame
    if table.event_time is not None:
        ordered = frame.sort_values(table.event_time, kind="stable")
        known = ordered.iloc[: round(len(ordered) * (1 - _STEP * seed))]
        n_train = round(len(known) * (1 - _TEST_FRACTION))
        return known.iloc[:n_train], known.iloc[n_train:]
    if table.group is not None:
        splitter = GroupShuffleSplit(1, test_size=_TEST_FRACTION, random_state=seed)
        train, test = next(splitter.split(frame, groups=frame[table.group]))
        return frame.iloc[train], frame.iloc[test]
    labels = None if table.kind == "regression" else frame[table.target]
    train, test = train_test_split(
        frame, test_size=_TEST_FRACTION, random_state=seed, stratify=labels, shuffle=True
    )
    return train, test


def score(table: Table, answers: pd.Series, predictions: np.ndarray) -> float:
    """Return the score of predictions, larger is better, by the function behind scikit-learn's scorer.

    Parameters
    ----------
    table : Table
        Which metric, and which classes.
    answers : Series of shape (n_rows,)
        The target.
    predictions : ndarray of shape (n_rows, n_classes) or (n_rows,)
        Probabilities in the order of ``table.classes``, or values.
    """
    if not np.isfinite(predictions).all():
        raise ValueError("some predictions are no finite numbers")
    if table.metric == "neg_root_mean_squared_error":
        return -float(root_mean_squared_error(answers, predictions))
    probabilities = _scale_to_one(predictions)
    if table.metric == "roc_auc":
        return float(roc_auc_score(answers == table.classes[1], predictions[:, 1]))
    if table.metric == "neg_log_loss":
        return -float(log_loss(answers, probabilities, labels=table.classes))
    raise ValueError(f"no score is written for the metric {table.metric!r}")


def compute_row_losses(table: Table, answers: pd.Series, predictions: np.ndarray) -> np.ndarray:
    """Return the loss of each row: its squared error, or minus the logarithm of its class's probability.

    Parameters
    ----------
    table, answers, predictions
        As of ``score``; the metric does not matter.

    Returns
    -------
    ndarray of shape (n_rows,)
    """
    if table.kind == "regression":
        return np.asarray((answers.to_numpy() - predictions) ** 2)
    own = pd.Index(table.classes).get_indexer(pd.Index(answers))
    # As scikit-learn's log_loss does, a probability of 0 has no infinite loss.
    least = np.finfo(np.float64).eps
    return np.asarray(-np.log(np.clip(_scale_to_one(predictions)[np.arange(len(own)), own], least, 1.0)))


def _scale_to_one(probabilities: np.ndarray) -> np.ndarray:
    # Those of type float32 are off 1 by more than log loss accepts.
    exact = probabilities.astype(np.float64)
    return np.asarray(exact / exact.sum(axis=1, keepdims=True))


def compute_error(metric: str, score: Scores) -> Scores:
    """Return the error, smaller is better, that each score stands for: 1 - AUC, log loss or RMSE."""
    return 1 - score if metric == "roc_auc" else -score
