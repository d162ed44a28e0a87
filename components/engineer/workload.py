"""How much the gate may compute: from counted work at a nominal speed, so that load decides nothing."""

from collections.abc import Sequence
from typing import NamedTuple

import pandas as pd
from sklearn.pipeline import Pipeline

from components._compiled.texts import LONGEST
from components._recipe.engineer import Engineer

# The gate gets this share of the sweep's budget.
_SHARE = 0.1
# The share of a longer budget is that of so many minutes: more work judges hardly better.
_MOST_MINUTES = 1.0
# Beside fitting trees, the gate makes features, bins and predicts.
_SHARE_OF_TREES = 0.45
# Learning from texts takes much of it. More texts do judge better.
_SHARE_OF_TEXTS, _MOST_MINUTES_OF_TEXTS = 0.55, 4.0
_MOST_ROWS, _LEAST_ROWS = 10_000, 1_000
_MOST_STEPS, _FEW_STEPS, _LEAST_STEPS = 100, 40, 25
_MOST_REPEATS = 5
# Microseconds of one tree of 15 leaves on 63 bins, measured on one core: for the tree, for each row, for each
# feature, and for each row and feature.
_OF_TREE, _OF_ROW, _OF_FEATURE, _OF_CELL = 100.0, 0.007, 9.0, 0.0013
# Fits of a block on all folds: once whole, and once with its best features, which are fewer.
_FITS_OF_BLOCK = 1.7
# Microseconds to learn from a character of a text and to make its features: for each row of the folds, each
# of which has all rows.
_OF_CHARACTER = 0.4
# Features of a block.
_FEATURES_OF_BLOCK = 30
N_FOLDS = 4


class Workload(NamedTuple):
    """What the gate computes.

    Attributes
    ----------
    rows : int
        Rows of the sample.
    steps : int
        Boosting steps of each fit; each is a tree, or a tree for each class.
    repeats : int
        Times that the rows are split into folds.
    blocks : int
        Blocks to try.
    """

    rows: int
    steps: int
    repeats: int
    blocks: int


def plan_workload(
    n_rows: int,
    n_features: int,
    n_blocks: int,
    n_outputs: int,
    budget_minutes: float,
    characters: Sequence[float] = (),
) -> Workload | None:
    """Return the largest workload within the gate's share of the budget; None if even the least is too much.

    Rows and steps are spared first, then blocks.

    Parameters
    ----------
    n_rows : int
        Training rows.
    n_features : int
        Features without any block.
    n_blocks : int
        Blocks there are to try, without those of texts.
    n_outputs : int
        Trees of a step: the classes of a multiclass problem, else 1.
    budget_minutes : float
        The sweep's budget.
    characters : sequence of float
        Characters of a row that are read, for each text; each is a block, and these blocks come first.
    """
    seconds = min(budget_minutes, _MOST_MINUTES) * 60 * _SHARE * _SHARE_OF_TREES
    seconds_of_texts = min(budget_minutes, _MOST_MINUTES_OF_TEXTS) * 60 * _SHARE * _SHARE_OF_TEXTS
    for blocks in range(n_blocks + len(characters), 0, -1):
        rows = min(n_rows, _MOST_ROWS)
        while True:
            of_step = _compute_step_seconds(rows, n_features, blocks, n_outputs)
            of_texts = N_FOLDS * rows * sum(characters[:blocks]) * _OF_CHARACTER / 1e6
            steps = int(seconds / of_step)
            is_least = rows <= _LEAST_ROWS
            if steps >= (_LEAST_STEPS if is_least else _FEW_STEPS) and of_texts <= seconds_of_texts:
                repeats = min(max(steps // _MOST_STEPS, 1), _MOST_REPEATS)
                if of_texts:
                    repeats = min(repeats, int(seconds_of_texts / of_texts))
                return Workload(rows, min(steps, _MOST_STEPS), repeats, blocks)
            if is_least:
                break
            rows = max(int(rows * 0.8), _LEAST_ROWS)
    return None


def count_features(cleaned: Pipeline, engineer: Engineer, n_outputs: int) -> int:
    """Return about how many features trees must look at."""
    exported = cleaned[-1].export()
    n_features = len(exported["numeric"]) + len(exported["indicators"]) + 5 * len(exported["datetime"])
    for kept in exported["categorical"].values():
        n_categories = len(kept) + 2
        # LightGBM bundles the one-hot features of a column.
        n_features += 1 if n_categories <= engineer.one_hot_up_to else 0
        n_features += n_outputs if n_categories > engineer.target_above else 0
    return n_features


def count_blocks(cleaned: Pipeline, engineer: Engineer) -> int:
    """Return the largest number of blocks of the columns."""
    exported = cleaned[-1].export()
    numbers, strings, dates = (len(exported[kind]) for kind in ("numeric", "categorical", "datetime"))
    # The event time is a date with a block of its own.
    of_dates = min(dates, 2) if engineer.event_time else min(dates, 1)
    return (numbers > 1) + (strings > 1) + (numbers > 0 and strings > 0) + (strings > 0) + of_dates


def count_characters(cleaned: Pipeline, frame: pd.DataFrame) -> dict[str, float]:
    """Return how many characters of each text are read, on average, by the name of the preprocessed text."""
    return {
        name: float(frame[raw].str.len().clip(upper=LONGEST).fillna(0).mean())
        for raw, name in cleaned[0].texts.items()
    }


def _compute_step_seconds(rows: int, n_features: int, n_blocks: int, n_outputs: int) -> float:
    """Return the time of one boosting step in all fits."""
    fitted = rows * (N_FOLDS - 1) / N_FOLDS
    features = n_features + _FEATURES_OF_BLOCK
    tree = _OF_TREE + _OF_ROW * fitted + features * (_OF_FEATURE + _OF_CELL * fitted)
    return N_FOLDS * (1 + _FITS_OF_BLOCK * n_blocks) * n_outputs * tree / 1e6
