"""Which features are kept: the record and the page."""

from typing import NamedTuple

from components._recipe.select import Selector
from components._report.charts import Axis, Bars, Chart, Rule
from components._report.colours import BLUE, GREY
from components._report.page import format_share, render_page
from components.errors import format_list

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


def draw_gains(info: SelectionInfo) -> Chart:
    """Return bars of the gains, with the level of noise as a line."""
    names, gains = info.features[:_MOST_DRAWN], info.gains[:_MOST_DRAWN]
    bars = Bars(
        range(len(names)),
        gains,
        width=0.7,
        colours=[BLUE if is_kept else GREY for is_kept in info.kept[:_MOST_DRAWN]],
        tips=[f"{name}: {format_share(gain, 2)}" for name, gain in zip(names, gains, strict=True)],
        labels=[format_share(gain) for gain in gains],
        is_horizontal=True,
    )
    return Chart(
        "",
        Axis("share of the gain", "share"),
        Axis(kind="category", labels=names),
        [bars, Rule(x=info.noise, label="noise")],
        height=30 + 22 * len(names),
        description=f"Share of the gain of each feature, the largest first: {format_list(names, 5)}.",
    )


def render_selection(info: SelectionInfo, sample: str = "") -> str:
    """Return the page; ``sample`` is the sample that the selector was fitted on, in words."""
    return render_page(
        "components/select/report.html",
        info=info,
        gains=draw_gains(info),
        most_drawn=_MOST_DRAWN,
        sample=sample,
    )
