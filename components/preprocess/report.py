"""What the step does to each column: its record and its page."""

from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from components._compiled.steps import NULL
from components._recipe.preprocess import Preprocessor, convert_numbers
from components._report.charts import Axis, Chart, build_grouped_bars
from components._report.colours import BLUE, ORANGE
from components._report.formats import format_share, mark_year
from components._report.page import render_page
from components.preprocess.features import Features
from components.preprocess.statistics import READ_COLUMNS, ColumnReader, TrainingRows
from components.preprocess.value_changes import MOST_COMPARED, ValueChanges, draw_value_changes

MOST_DRAWN = 40


class NumericInfo(NamedTuple):
    """What the step does to one number.

    Attributes
    ----------
    column : str
        Name.
    filled, clipped : float
        Shares of the rows.
    fill, low, high : float
        Median and IQR fences, in the column's unit; infinite without a fence.
    """

    column: str
    filled: float
    clipped: float
    fill: float
    low: float
    high: float


class CategoricalInfo(NamedTuple):
    """What the step does to one string column: categories kept, shares of rows merged and null."""

    column: str
    n_kept: int
    merged: float
    null: float


class PreprocessInfo(NamedTuple):
    """What the step does to the training rows."""

    n_rows: int
    numeric: list[NumericInfo]
    categorical: list[CategoricalInfo]
    datetime: list[str]
    left_out: dict[str, str]
    tried: dict[str, str]


def compute_preprocess_info(
    rows: TrainingRows, preprocessor: Preprocessor, features: Features
) -> PreprocessInfo:
    """Return what a fitted preprocessor does to all training rows, which are read in batches."""
    n_rows = rows.n_rows
    shares = _count_changes(rows, preprocessor) / n_rows
    of_columns = np.vstack(
        [shares, preprocessor.medians_, preprocessor.lows_, preprocessor.highs_]
    ).T.tolist()
    numeric = [NumericInfo(name, *row) for name, row in zip(preprocessor.numeric, of_columns, strict=True)]
    categorical = [
        CategoricalInfo(name, len(preprocessor.categories_[name]), n_merged / n_rows, n_null / n_rows)
        for name, (n_merged, n_null) in _count_rare(rows, preprocessor.categories_).items()
    ]
    return PreprocessInfo(
        n_rows,
        numeric,
        categorical,
        preprocessor.datetime,
        features.left_out,
        _list_tried(preprocessor, features),
    )


def count_changes(read: ColumnReader, names: list[str], lows: np.ndarray, highs: np.ndarray) -> np.ndarray:
    """Return the rows of each number that are filled, and those that are clipped, shape (2, n_names)."""
    counts = np.zeros((2, len(names)), dtype=np.int64)
    for batch in read(names):
        values = convert_numbers(batch.to_pandas(), names)
        is_outside = (values < lows) | (values > highs)
        counts += np.array([np.isnan(values).sum(axis=0), is_outside.sum(axis=0)])
    return counts


def count_rare(read: ColumnReader, categories: dict[str, list[str]]) -> np.ndarray:
    """Return the rows of string columns that become ``OTHER``, and the null ones, shape (n_columns, 2)."""
    # A string that is equal to the category of nulls falls into it.
    kept = {name: pa.array([*values, NULL]) for name, values in categories.items()}
    counts = np.zeros((len(categories), 2), dtype=np.int64)
    for batch in read(list(categories)) if categories else ():
        for at, (name, values) in enumerate(kept.items()):
            column = batch.column(name)
            n_kept = pc.sum(pc.is_in(column, values), min_count=0).as_py()
            counts[at] += len(column) - column.null_count - n_kept, column.null_count
    return counts


def _count_changes(rows: TrainingRows, preprocessor: Preprocessor) -> np.ndarray:
    counts = np.zeros((2, len(preprocessor.numeric)), dtype=np.int64)
    for start in range(0, len(preprocessor.numeric), READ_COLUMNS):
        some = slice(start, start + READ_COLUMNS)
        names = preprocessor.numeric[some]
        parts = rows.map(count_changes, names, preprocessor.lows_[some], preprocessor.highs_[some])
        counts[:, some] = np.sum(list(parts), axis=0)
    return counts


def _count_rare(rows: TrainingRows, categories: dict[str, list[str]]) -> dict[str, tuple[int, int]]:
    counts = np.sum(list(rows.map(count_rare, categories)), axis=0).tolist()
    return {name: (n_merged, n_null) for name, (n_merged, n_null) in zip(categories, counts, strict=True)}


def _list_tried(preprocessor: Preprocessor, features: Features) -> dict[str, str]:
    """Return what engineer tries to make of columns."""
    also = "Its texts are categories. Engineer tries their length and their words, too."
    return features.tried | {name: also for name in preprocessor.texts if name in preprocessor.categorical}


def draw_changes(info: PreprocessInfo) -> Chart:
    """Return bars of the share of values filled and clipped in the numbers that have most of them."""
    changed = _list_changed(info)[:MOST_DRAWN]
    names = [item.column for item in changed]
    bars = build_grouped_bars(
        names,
        [
            ("nulls filled", BLUE, [item.filled for item in changed]),
            ("outliers clipped", ORANGE, [item.clipped for item in changed]),
        ],
        is_horizontal=True,
    )
    return Chart(
        "",
        Axis("share of the rows", "share"),
        Axis(kind="category", labels=names),
        bars,
        height=20 + 30 * len(changed),
        description="Share of the rows with a null filled and with an outlier clipped, by column.",
    )


def list_most_changed(info: PreprocessInfo) -> list[str]:
    """Return the numbers to compare before and after: those with most values filled or clipped."""
    return [item.column for item in _list_changed(info)[:MOST_COMPARED]]


def _list_changed(info: PreprocessInfo) -> list[NumericInfo]:
    changed = [item for item in info.numeric if item.filled or item.clipped]
    return sorted(changed, key=lambda item: -(item.filled + item.clipped))


def render_preprocessing(info: PreprocessInfo, sentences: list[str], value_changes: ValueChanges) -> str:
    """Return the page."""
    numbers = [
        [
            item.column,
            format_share(item.filled, 2),
            *(
                mark_year(end, item.column) if np.isfinite(end) else None
                for end in (item.fill, item.low, item.high)
            ),
            format_share(item.clipped, 2),
        ]
        for item in info.numeric
    ]
    strings = [
        [item.column, item.n_kept, format_share(item.merged, 2), format_share(item.null, 2)]
        for item in info.categorical
    ]
    n_changed = len(_list_changed(info))
    return render_page(
        "components/preprocess/report.html",
        info=info,
        sentences=sentences,
        changes=draw_changes(info) if n_changed else None,
        n_changed=n_changed,
        most_drawn=MOST_DRAWN,
        value_changes=value_changes,
        comparisons=draw_value_changes(value_changes),
        numbers=numbers,
        strings=strings,
    )
