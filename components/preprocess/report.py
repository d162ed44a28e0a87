"""What the step does to each column: its record and its page."""

from typing import NamedTuple

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from components._compiled.steps import OTHER
from components._recipe.preprocess import Preprocessor, convert_numbers
from components._report.page import format_share, render_page
from components._report.theme import BLUE, ORANGE, escape_label, style_figure
from components.preprocess.features import Features


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
    frame: pd.DataFrame, preprocessor: Preprocessor, features: Features
) -> PreprocessInfo:
    """Return what a fitted preprocessor does to its training rows."""
    values = convert_numbers(frame, preprocessor.numeric)
    is_outside = (values < preprocessor.lows_) | (values > preprocessor.highs_)
    figures = (np.isnan(values).mean(axis=0), is_outside.mean(axis=0), preprocessor.medians_)
    by_column = np.column_stack([*figures, preprocessor.lows_, preprocessor.highs_]).tolist()
    numeric = [NumericInfo(name, *row) for name, row in zip(preprocessor.numeric, by_column, strict=True)]
    preprocessed = preprocessor.transform(frame)
    categorical = [
        CategoricalInfo(
            name, len(kept), float((preprocessed[name] == OTHER).mean()), float(frame[name].isna().mean())
        )
        for name, kept in preprocessor.categories_.items()
    ]
    return PreprocessInfo(
        len(frame),
        numeric,
        categorical,
        preprocessor.datetime,
        features.left_out,
        _list_tried(preprocessor, features),
    )


def _list_tried(preprocessor: Preprocessor, features: Features) -> dict[str, str]:
    """Return what engineer tries to make of columns."""
    also = "Its texts are categories. Engineer tries their length and their words, too."
    return features.tried | {name: also for name in preprocessor.texts if name in preprocessor.categorical}


def draw_changes(info: PreprocessInfo) -> go.Figure:
    """Return bars of the share of values filled and clipped in each number that has any."""
    changed = [item for item in info.numeric if item.filled or item.clipped]
    names = [escape_label(item.column) for item in changed]
    drawing = go.Figure(
        [
            go.Bar(name="nulls filled", y=names, x=[item.filled for item in changed], marker_color=BLUE),
            go.Bar(
                name="outliers clipped", y=names, x=[item.clipped for item in changed], marker_color=ORANGE
            ),
        ]
    )
    for bars in drawing.data:
        bars.orientation = "h"
    drawing.update_xaxes(tickformat=".1%", rangemode="tozero")
    drawing.update_yaxes(autorange="reversed", type="category")
    return style_figure(drawing, height=110 + 34 * len(changed))


def render_preprocessing(info: PreprocessInfo, sentences: list[str]) -> str:
    """Return the page."""
    numbers = [
        [
            item.column,
            format_share(item.filled, 2),
            item.fill,
            item.low if np.isfinite(item.low) else None,
            item.high if np.isfinite(item.high) else None,
            format_share(item.clipped, 2),
        ]
        for item in info.numeric
    ]
    strings = [
        [item.column, item.n_kept, format_share(item.merged, 2), format_share(item.null, 2)]
        for item in info.categorical
    ]
    is_changed = any(item.filled or item.clipped for item in info.numeric)
    return render_page(
        "components/preprocess/report.html",
        info=info,
        sentences=sentences,
        changes=draw_changes(info) if is_changed else None,
        numbers=numbers,
        strings=strings,
    )
