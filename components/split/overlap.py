"""What training and test rows share, where a person chose the test rows."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd

from components._problem.spec import Problem
from components._table.engine import TableEngine


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


class Overlap(NamedTuple):
    """How many test rows have something of training rows.

    Attributes
    ----------
    n_test : int
        All test rows.
    n_copies : int
        Those that are also training rows.
    n_known : int
        Those whose group is also in the training rows.
    n_early : int
        Those that are not later than all training rows.
    """

    n_test: int
    n_copies: int
    n_known: int
    n_early: int


def find_overlap(train: Side, test: Side, problem: Problem) -> Overlap:
    """Return what the rows of both sides share."""
    n_known = n_early = 0
    if problem.group is not None:
        n_known = int(test.frame[problem.group].isin(train.frame[problem.group]).sum())
    if problem.event_time is not None and len(train.frame):
        latest = train.frame[problem.event_time].max()
        n_early = int((test.frame[problem.event_time] <= latest).sum())
    return Overlap(len(test.hashes), int(np.isin(test.hashes, train.hashes).sum()), n_known, n_early)


def query_overlap(engine: TableEngine, problem: Problem) -> Overlap:
    """Return what the rows of both sides share, which are the tables ``train`` and ``test`` of an engine.

    They have the columns of ``DecidingRows``.
    """

    def count(condition: str) -> int:
        found = engine.query_table(f"SELECT count(*) FROM test WHERE {condition}")  # noqa: S608
        return int(found.column(0)[0].as_py())

    return Overlap(
        count("true"),
        count("row_hash IN (SELECT row_hash FROM train)"),
        0 if problem.group is None else count("group_hash IN (SELECT group_hash FROM train)"),
        0 if problem.event_time is None else count("moment <= (SELECT max(moment) FROM train)"),
    )


def describe_overlap(overlap: Overlap, problem: Problem) -> tuple[str, ...]:
    """Return what makes scores on the test rows too good, as sentences."""
    return tuple(_iterate_overlaps(overlap, problem))


def _iterate_overlaps(overlap: Overlap, problem: Problem) -> Iterator[str]:
    n_test = f"{overlap.n_test:,}"
    if overlap.n_copies:
        yield (
            f"Test rows that are also training rows: {overlap.n_copies:,} of {n_test}. "
            "The scores may be too good."
        )
    if overlap.n_known:
        known = f"{overlap.n_known:,} of {n_test}"
        yield f"Test rows whose {problem.group!r} is also in the training rows: {known}."
    if overlap.n_early:
        yield (
            f"Test rows that are not later than all training rows, by {problem.event_time!r}: "
            f"{overlap.n_early:,} of {n_test}."
        )
