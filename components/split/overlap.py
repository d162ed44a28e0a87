"""What training and test rows share, where a person chose the test rows."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from components._problem.spec import Problem
from components._table.storage import hash_rows


def describe_overlap(train: pd.DataFrame, test: pd.DataFrame, problem: Problem) -> tuple[str, ...]:
    """Return what makes scores on the test rows too good, as sentences.

    Parameters
    ----------
    train, test : DataFrame of shape (n_rows, n_columns)
        The rows of both sides, with all columns of the problem.
    problem : Problem
        The resolved problem.
    """
    return tuple(_iterate_overlaps(train, test, problem))


def _iterate_overlaps(train: pd.DataFrame, test: pd.DataFrame, problem: Problem) -> Iterator[str]:
    n_test = f"{len(test):,}"
    columns = [name for name in train.columns if name != problem.split_column]
    # Together, because a column of whole numbers is of floats on the side that has nulls.
    hashes = hash_rows(pd.concat([train[columns], test[columns]], ignore_index=True))
    n_copies = int(np.isin(hashes[len(train) :], hashes[: len(train)]).sum())
    if n_copies:
        yield f"Test rows that are also training rows: {n_copies:,} of {n_test}. The scores may be too good."
    if problem.group is not None:
        n_known = int(test[problem.group].isin(train[problem.group]).sum())
        if n_known:
            yield f"Test rows whose {problem.group!r} is also in the training rows: {n_known:,} of {n_test}."
    if problem.event_time is not None and len(train):
        n_early = int((test[problem.event_time] <= train[problem.event_time].max()).sum())
        if n_early:
            yield (
                f"Test rows that are not later than all training rows, by {problem.event_time!r}: "
                f"{n_early:,} of {n_test}."
            )
