"""The choice of the test rows: as a column says, the latest, whole groups, or a stratified random choice."""

from collections.abc import Collection, Mapping, Sequence
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd

from components._problem.parts import find_part, find_test_part
from components._problem.spec import Problem
from components._problem.task import Label
from components._table.group_choice import choose_groups
from components._table.separation import find_earlier, separate_groups
from components._table.storage import group_equal_hashes
from components._table.target import encode_target
from components._table.time_folds import N_FOLDS, choose_learnable, split_by_time
from components.errors import InvalidData, format_count, format_list
from components.split.overlap import Side, describe_overlap, find_overlap
from components.split.settings import Settings

Strategy = Literal["column", "time", "group", "random"]

_MAX_BINS = 10
_REMEDIES: dict[Strategy, str] = {
    "column": "Correct the column, or remove split_column.",
    "time": "Remove event_time or, if it is set, group; or drop classes that occur only early or only late.",
    "group": "Remove group, or give every class rows of at least three groups.",
    "random": "Add different rows, or drop the class whose rows are all equal.",
}


class Assignment(NamedTuple):
    """The training rows and the test rows.

    Attributes
    ----------
    train, test : ndarray of bool, shape (n_rows,)
        Which rows are training rows, and which are test rows; no row is both.
    strategy : {"column", "time", "group", "random"}
        How they are chosen.
    notes : tuple of str
        What a person should know about the choice, as sentences.
    """

    train: np.ndarray
    test: np.ndarray
    strategy: Strategy
    notes: tuple[str, ...] = ()


def list_deciding_columns(problem: Problem) -> list[str]:
    """Return the columns whose values decide on the test rows, or are compared between both sides."""
    names = (problem.target, problem.split_column, problem.event_time, problem.group)
    return [name for name in names if name is not None]


def has_random_choice(problem: Problem) -> bool:
    """Return whether nothing but chance decides on the test rows."""
    return problem.split_column is None and problem.event_time is None and problem.group is None


def list_hashed_columns(problem: Problem, names: Sequence[str]) -> list[str]:
    """Return the columns of a table whose hash tells copies of a row; none if copies do not matter.

    A random choice keeps rows together that agree in all but the target. A split column may put copies on
    both sides, which is to be said.
    """
    if problem.split_column is not None:
        return [name for name in names if name != problem.split_column]
    if not has_random_choice(problem):
        return []
    return [name for name in names if name != problem.target]


def assign_rows(frame: pd.DataFrame, hashes: np.ndarray, problem: Problem, settings: Settings) -> Assignment:
    """Choose the test rows.

    They are those that the problem's split column names. Without one they are the latest rows if the problem
    names an event time, whole groups if it names a group, otherwise a random choice. By time, rows are left
    out for the problem's gap, and for its groups (``separate_groups``). Whole groups and a
    random choice have about the same share of each class, or of each tenth of a number, on both sides. A
    random choice keeps equal rows on the same side (``group_equal_rows``).

    Parameters
    ----------
    frame : DataFrame of shape (n_rows, n_columns)
        Rows with a known target, with the columns of ``list_deciding_columns``.
    hashes : ndarray of uint64, shape (n_rows,)
        The hash of each row by the columns of ``list_hashed_columns``; not read if there are none.
    problem : Problem
        The resolved problem.
    settings : Settings
        Share of the test rows and seed.

    Raises
    ------
    InvalidData
        Training or test rows would be empty, or lack a class; or the training rows cannot be split into folds
        by time or group.
    """
    generator = np.random.default_rng(settings.seed)
    strategy: Strategy
    notes: tuple[str, ...] = ()
    train = None
    if problem.split_column is not None:
        strategy, (test, notes) = "column", _read_parts(frame, problem.split_column)
        before, after = (Side(frame[rows], hashes[rows]) for rows in (~test, test))
        notes += describe_overlap(find_overlap(before, after, problem), problem)
    elif problem.event_time is not None:
        strategy = "time"
        train, test, notes = _split_by_time(frame, problem, settings.test_fraction, generator)
    else:
        strata = compute_strata(frame[problem.target], problem, settings.test_fraction)
        if problem.group is not None:
            groups = pd.factorize(frame[problem.group], sort=True, use_na_sentinel=False)[0]
            strategy, test = "group", choose_groups(groups, strata, settings.test_fraction, generator)
        else:
            blocks = group_equal_hashes(hashes)
            strategy, test = "random", choose_blocks(blocks, strata, settings.test_fraction, generator)
    train = ~test if train is None else train
    for side, rows in (("training", train), ("test", test)):
        present = frame[problem.target][rows].unique().tolist() if problem.classes else []
        require_side(side, int(rows.sum()), present, problem, strategy)
    require_folds(frame[train], problem, settings.seed)
    return Assignment(train, test, strategy, notes)


def compute_strata(target: pd.Series, problem: Problem, test_fraction: float) -> np.ndarray:
    """Return the stratum of each row: its class, or the quantile range of its number.

    Parameters
    ----------
    target : Series of shape (n_rows,)
        The target's values, without nulls.
    problem : Problem
        The resolved problem.
    test_fraction : float
        A stratum of numbers is wide enough for about one row on the smaller side.

    Returns
    -------
    ndarray of int64, shape (n_rows,)
        Numbers from 0.
    """
    if problem.kind != "regression":
        return np.asarray(pd.factorize(target, sort=True)[0], dtype=np.int64)
    values = target.to_numpy(np.float64)
    edges = np.unique(np.quantile(values, list_inner_quantiles(len(target), test_fraction)))
    return np.asarray(np.searchsorted(edges, values, side="left"), dtype=np.int64)


def list_inner_quantiles(n_rows: int, test_fraction: float) -> np.ndarray:
    """Return the quantiles between the strata of so many numbers, see ``compute_strata``."""
    n_bins = int(np.clip(n_rows * min(test_fraction, 1 - test_fraction), 1, _MAX_BINS))
    return np.linspace(0, 1, n_bins + 1)[1:-1]


def find_latest(times: np.ndarray, test_fraction: float) -> np.ndarray:
    """Return which rows are the latest; rows of the same time stay on one side.

    Parameters
    ----------
    times : ndarray of shape (n_rows,)
        When each row happened, in any unit.
    test_fraction : float
        Wanted share of the rows; the result is the nearest share without splitting a time.

    Returns
    -------
    ndarray of bool, shape (n_rows,)
        All False if all rows have the same time.
    """
    values, counts = np.unique(times, return_counts=True)
    n_later = len(times) - np.cumsum(counts)[:-1]
    if len(n_later) == 0:
        return np.zeros(len(times), dtype=bool)
    last = values[np.abs(n_later - test_fraction * len(times)).argmin()]
    return np.asarray(times > last)


def choose_blocks(
    blocks: np.ndarray, strata: np.ndarray, test_fraction: float, generator: np.random.Generator
) -> np.ndarray:
    """Return a random choice of whole blocks of rows, with the wanted share of each stratum.

    Parameters
    ----------
    blocks : ndarray of int, shape (n_rows,)
        Number of each row's block, from 0; a block counts for the stratum of its last row.
    strata : ndarray of int, shape (n_rows,)
        Number of each row's stratum, from 0.
    test_fraction : float
        Wanted share; a stratum with several blocks has at least one on each side.
    generator : Generator
        Source of the random order.
    """
    sizes = np.bincount(blocks)
    stratum = np.zeros(len(sizes), dtype=np.int64)
    stratum[blocks] = strata
    order = np.lexsort((generator.permutation(len(sizes)), stratum))
    size, stratum = sizes[order], stratum[order]
    is_first = np.append(True, stratum[1:] != stratum[:-1])
    is_last = np.append(is_first[1:], True)
    n_rows = np.bincount(stratum, weights=size)
    starts = np.cumsum(n_rows) - n_rows
    # A block is chosen if at least half of it lies within the wanted share.
    middle = np.cumsum(size) - size / 2 - starts[stratum]
    chosen = np.empty(len(sizes), dtype=bool)
    chosen[order] = ((middle <= test_fraction * n_rows[stratum]) | is_first) & ~is_last
    return np.asarray(chosen[blocks])


def require_side(
    side: str, n_rows: int, present: Collection[Label], problem: Problem, strategy: Strategy
) -> None:
    """Refuse a side without rows, or without a class.

    Parameters
    ----------
    side : str
        Its name: training or test.
    n_rows : int
        Number of its rows.
    present : collection of Label
        Its classes.
    problem : Problem
        The resolved problem.
    strategy : {"column", "time", "group", "random"}
        How its rows were chosen.

    Raises
    ------
    InvalidData
        It is empty, or lacks a class.
    """
    if not n_rows:
        raise InvalidData(f"The {strategy} split leaves no {side} rows.", _REMEDIES[strategy])
    missing = [repr(label) for label in problem.classes if label not in set(present)]
    if missing:
        raise InvalidData(
            f"The {strategy} split leaves no {side} rows of class {format_list(missing)}.",
            _REMEDIES[strategy],
        )


def require_folds(train: pd.DataFrame, problem: Problem, seed: int) -> None:
    """Raise early what the folds of the sweep would raise.

    Parameters
    ----------
    train : DataFrame of shape (n_rows, n_columns)
        The rows that the sweep searches on, with the columns of ``list_deciding_columns``.
    problem : Problem
        The resolved problem.
    seed : int
        Seed of the folds.

    Raises
    ------
    InvalidData
        The rows cannot be split into folds by time or group.
    """
    if problem.event_time is not None:
        y = encode_target(train[problem.target], problem)
        choose_learnable(split_by_time(train, y, problem, N_FOLDS, seed), train, y, problem, seed)
    elif problem.group is not None and problem.kind != "regression":
        n_groups = train.groupby(problem.target, observed=True)[problem.group].nunique(dropna=False)
        alone = [repr(label) for label in problem.classes if n_groups[label] < 2]
        if alone:
            raise InvalidData(
                f"All training rows of class {format_list(alone)} have one {problem.group!r}, so that no "
                "fold can have the class on both sides.",
                _REMEDIES["group"],
            )


def choose_test_values(
    counts: Mapping[object, int], n_empty: int, column: str
) -> tuple[set[object], tuple[str, ...]]:
    """Return the values of a split column that name test rows, and what it says about validation rows.

    Parameters
    ----------
    counts : mapping of object to int
        The rows of each value, in the order of the table.
    n_empty : int
        Rows without a value.
    column : str
        Name of the column.

    Raises
    ------
    InvalidData
        A value is neither training nor test nor validation, or there are empty cells.
    """
    parts = {value: find_part(str(value)) for value in counts}
    unclear = [repr(value) for value, part in parts.items() if part is None]
    if unclear or n_empty:
        raise InvalidData(
            f"The split column {column!r} does not name the part of every row: "
            f"{format_list([*unclear, *(['empty cells'] if n_empty else [])])}.",
            "Write train or test in every row, or remove split_column.",
        )
    test_part = find_test_part({part for part in parts.values() if part is not None})
    tests = {value for value, part in parts.items() if part == test_part}
    n_validation = sum(counts[value] for value, part in parts.items() if part == "validation")
    if not n_validation:
        return tests, ()
    if test_part == "validation":
        return tests, (f"The test rows are the validation rows of {column!r}, which has no other test rows.",)
    return tests, (
        f"{format_count(n_validation, 'validation row')} of {column!r} are training rows, because the sweep "
        "makes its own folds.",
    )


def describe_gap(gap: str | float, n_near: int) -> str:
    """Return how many rows a gap before the test rows leaves out, as a sentence."""
    return f"The gap of {gap} leaves out {format_count(n_near, 'row')} before them."


def refuse_gap(gap: str | float, n_before: int) -> InvalidData:
    """Return the error for a gap that leaves no training rows, of so many before the test rows."""
    return InvalidData(
        f"The gap of {gap} leaves no training rows: all of the {n_before:,} rows before the test rows are "
        "nearer to them.",
        "Write a shorter gap in problem.yaml, or remove it.",
    )


def describe_separation(group: str, n_earlier: int, n_later: int) -> list[str]:
    """Return how many rows are left out so that no group is on both sides; nothing if none are."""
    if not n_earlier and not n_later:
        return []
    return [
        f"So that no {group!r} is on both sides, {format_count(n_earlier, 'earlier row')} and "
        f"{format_count(n_later, 'later row')} are left out."
    ]


def _read_parts(frame: pd.DataFrame, column: str) -> tuple[np.ndarray, tuple[str, ...]]:
    """Return the test rows that a column names, and what it says about validation rows."""
    codes, values = pd.factorize(frame[column])
    counts = np.bincount(codes[codes >= 0], minlength=len(values))
    tests, notes = choose_test_values(
        dict(zip(values, counts.tolist(), strict=True)), int((codes < 0).sum()), column
    )
    return np.array([value in tests for value in values])[codes], notes


def _split_by_time(
    frame: pd.DataFrame, problem: Problem, test_fraction: float, generator: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, tuple[str, ...]]:
    """Return the training rows, the test rows, and what is left out between them."""
    times = frame[problem.event_time].to_numpy()
    latest = find_latest(times, test_fraction)
    before = ~latest
    notes: list[str] = []
    train, test = before, latest
    if problem.gap is not None and latest.any():
        train = find_earlier(times, times[latest].min(), problem.gap)
        notes.append(describe_gap(problem.gap, int(before.sum() - train.sum())))
        if not train.any():
            raise refuse_gap(problem.gap, int(before.sum()))
    if problem.group is not None and latest.any():
        by_time = train
        groups = pd.factorize(frame[problem.group], sort=True, use_na_sentinel=False)[0]
        strata = (
            np.zeros(len(frame), dtype=np.int64)
            if problem.kind == "regression"
            else compute_strata(frame[problem.target], problem, test_fraction)
        )
        train, test = separate_groups(train, latest, groups, strata, generator)
        notes += describe_separation(
            problem.group, int((by_time & ~train).sum()), int((latest & ~test).sum())
        )
    return train, test, tuple(notes)
