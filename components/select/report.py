"""Which features are kept: the record and the page."""

from typing import NamedTuple

import plotly.graph_objects as go

from components._recipe.select import Selector
from components._report.page import render_page
from components._report.theme import BLUE, GREY, escape_label, style_figure

_MOST_DRAWN = 40


class SelectionInfo(NamedTuple):
    """What a fitted selector keeps.

    Attributes
    ----------
    features : list of str
        Features, the most useful first.
    gains : list of float
        Each feature's share of the gain.
    kept : list of bool
        Whether each is kept.
    noise : float
        Mean share of the gain of a feature without signal.
    dropped : list of [str, str, str]
        Feature, reason, detail.
    """

    features: list[str]
    gains: list[float]
    kept: list[bool]
    noise: float
    dropped: list[list[str]]


def compute_selection_info(selector: Selector) -> SelectionInfo:
    """Return what a fitted selector keeps, and why it drops the others."""
    order = sorted(range(len(selector.features_)), key=lambda i: -selector.gains_[i])
    kept = set(selector.kept_.tolist())
    return SelectionInfo(
        features=[selector.features_[i] for i in order],
        gains=[float(selector.gains_[i]) for i in order],
        kept=[i in kept for i in order],
        noise=float(selector.noise_),
        dropped=[[name, *why] for name, why in selector.dropped_.items()],
    )


def draw_gains(info: SelectionInfo) -> go.Figure:
    """Return bars of the gains, with the level of noise as a line."""
    names = [*map(escape_label, info.features[:_MOST_DRAWN])]
    drawing = go.Figure(
        go.Bar(
            y=names,
            x=info.gains[:_MOST_DRAWN],
            orientation="h",
            marker_color=[BLUE if is_kept else GREY for is_kept in info.kept[:_MOST_DRAWN]],
            hovertemplate="%{y}: %{x:.2%}<extra></extra>",
        )
    )
    drawing.add_vline(
        x=info.noise, line_dash="dot", annotation_text="noise", annotation_position="bottom right"
    )
    drawing.update_xaxes(tickformat=".0%", title="share of the gain")
    drawing.update_yaxes(autorange="reversed", type="category")
    return style_figure(drawing, height=110 + 22 * len(names))


def render_selection(info: SelectionInfo, sample: str = "") -> str:
    """Return the page; ``sample`` is the sample that the selector was fitted on, in words."""
    return render_page(
        "components/select/report.html",
        info=info,
        gains=draw_gains(info),
        most_drawn=_MOST_DRAWN,
        sample=sample,
    )
