"""What the step does to each column: the record, then the page."""

from typing import NamedTuple

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from components._compiled.fields import OTHER
from components._model.preprocess import Preprocessor
from components._report.page import (
    render_figure,
    render_messages,
    render_page,
    render_paragraph,
    render_section,
    render_table,
    render_tiles,
)
from components._report.theme import BLUE, ORANGE, style_figure
from components.preprocess.features import Features


class NumericInfo(NamedTuple):
    """What cleaning does to one number.

    Attributes
    ----------
    column : str
        Name.
    filled, clipped : float
        Shares of the rows.
    fill, low, high : float
        Median and fences, in the column's unit; infinite where there is no fence.
    """

    column: str
    filled: float
    clipped: float
    fill: float
    low: float
    high: float


class CategoricalInfo(NamedTuple):
    """What cleaning does to one string column: categories kept, share of rows merged and null."""

    column: str
    n_kept: int
    merged: float
    null: float


class PreprocessInfo(NamedTuple):
    """What cleaning does to the training rows."""

    n_rows: int
    numeric: list[NumericInfo]
    categorical: list[CategoricalInfo]
    datetime: list[str]
    left_out: dict[str, str]


def compute_preprocess_info(
    frame: pd.DataFrame, preprocessor: Preprocessor, features: Features
) -> PreprocessInfo:
    """Return what a fitted preprocessor does to the rows it learnt from."""
    numeric = []
    for i, name in enumerate(preprocessor.numeric):
        values = pd.to_numeric(frame[name]).to_numpy(dtype=np.float64, na_value=np.nan)
        values = np.where(np.isfinite(values), values, np.nan)
        low, high = float(preprocessor.lows_[i]), float(preprocessor.highs_[i])
        outside = (values < low) | (values > high)
        numeric.append(
            NumericInfo(
                name,
                float(np.isnan(values).mean()),
                float(outside.mean()),
                float(preprocessor.medians_[i]),
                low,
                high,
            )
        )
    preprocessed = preprocessor.transform(frame)
    categorical = [
        CategoricalInfo(
            name, len(kept), float((preprocessed[name] == OTHER).mean()), float(frame[name].isna().mean())
        )
        for name, kept in preprocessor.categories_.items()
    ]
    return PreprocessInfo(len(frame), numeric, categorical, preprocessor.datetime, features.left_out)


def draw_changes(info: PreprocessInfo) -> go.Figure:
    """Return bars of the share of values filled and clipped in each number that has any."""
    touched = [item for item in info.numeric if item.filled or item.clipped]
    names = [item.column for item in touched]
    drawing = go.Figure(
        [
            go.Bar(name="nulls filled", y=names, x=[item.filled for item in touched], marker_color=BLUE),
            go.Bar(
                name="outliers clipped", y=names, x=[item.clipped for item in touched], marker_color=ORANGE
            ),
        ]
    )
    for bars in drawing.data:
        bars.orientation = "h"
    drawing.update_xaxes(tickformat=".1%", rangemode="tozero")
    drawing.update_yaxes(autorange="reversed")
    return style_figure(drawing, height=110 + 34 * len(touched))


def render_preprocessing(info: PreprocessInfo, sentences: list[str]) -> str:
    """Return the page."""
    n_columns = len(info.numeric) + len(info.categorical) + len(info.datetime)
    blocks = [
        render_tiles(
            ("training rows", info.n_rows),
            ("columns used", n_columns),
            ("left out", len(info.left_out)),
            ("numbers", len(info.numeric)),
            ("strings", len(info.categorical)),
            ("dates", len(info.datetime)),
        ),
        render_section(
            "What the recipe does", render_messages(*(("note", sentence) for sentence in sentences))
        ),
    ]
    if any(item.filled or item.clipped for item in info.numeric):
        blocks.append(render_section("Values changed", render_figure(draw_changes(info))))
    if info.left_out:
        blocks.append(
            render_section("Left out", render_table(["column", "why"], list(info.left_out.items())))
        )
    if info.numeric:
        blocks.append(
            render_section(
                "Numbers",
                render_paragraph(
                    "Fences and medians are learnt from the training rows, in each column's own unit."
                ),
                render_table(
                    ["column", "nulls filled", "with median", "low fence", "high fence", "clipped"],
                    [
                        [
                            item.column,
                            f"{item.filled:.2%}",
                            item.fill,
                            item.low if np.isfinite(item.low) else None,
                            item.high if np.isfinite(item.high) else None,
                            f"{item.clipped:.2%}",
                        ]
                        for item in info.numeric
                    ],
                ),
            )
        )
    if info.categorical:
        blocks.append(
            render_section(
                "Strings",
                render_table(
                    ["column", "categories kept", "merged as rare", "null"],
                    [
                        [item.column, item.n_kept, f"{item.merged:.2%}", f"{item.null:.2%}"]
                        for item in info.categorical
                    ],
                ),
            )
        )
    return render_page("Preprocess", "Recipe step 1: raw columns to clean ones.", *blocks)
