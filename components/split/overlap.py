"""What training and test rows share, where a person chose the test rows."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd

from components._problem.spec import Problem


class Side(NamedTuple):
    """The rows of one side.

    Attributes
    ----------
    frame : DataFrame of shape (n_rows, n_columns)
        Group and event time, if the problem names them.
    hashes : ndarray of uint64, shape (n_rows,)
        The hash of each row without its split column.
    """

    frame: pd.DataFrame
    hashes: np.ndarray


def describe_overlap(train: Side, test: Side, problem: Problem) -> tuple[str, ...]:
    """Return what makes scores on the test rows too good, as sentences.

    Parameters
    ----------
    train, test : Side
        The rows of both sides.
    problem : Problem
        The resolved problem.
    """
    return tuple(_iterate_overlaps(train, test, problem))


def _iterate_overlaps(train: Side, test: Side, problem: Problem) -> Iterator[str]:
    n_test = f"{len(test.hashes):,}"
    n_copies = int(np.isin(test.hashes, train.hashes).sum())
    if n_copies:
        yield f"Test rows that are also training rows: {n_copies:,} of {n_test}. The scores may be too good."
    if problem.group is not None:
        n_known = int(test.frame[problem.group].isin(train.frame[problem.group]).sum())
        if n_known:
            yield f"Test rows whose {problem.group!r} is also in the training rows: {n_known:,} of {n_test}."
    if problem.event_time is not None and len(train.frame):
        latest = train.frame[problem.event_time].max()
        n_early = int((test.frame[problem.event_time] <= latest).sum())
        if n_early:
            yield (
                f"Test rows that are not later than all training rows, by {problem.event_time!r}: "
                f"{n_early:,} of {n_test}."
            )
