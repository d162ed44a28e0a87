"""The sweep and the model that came of it: the records, then the page."""

from typing import NamedTuple

import numpy as np
import plotly.graph_objects as go

from components._model.families import FAMILIES
from components._model.package import Signature
from components._model.trials import Sweep, TrialResult
from components._problem.metrics import shown, sign
from components._report.page import (
    Block,
    Cell,
    figure,
    grid,
    messages,
    page,
    paragraph,
    section,
    table,
    tiles,
)
from components._report.page import shown as shown_cell
from components._report.theme import GREY, PALETTE, RED, styled
from components.train.choosing import Choice
from components.train.fitting import Part
from components.train.threshold import Threshold

_SHOWN_TRIALS = 15


class SweepInfo(NamedTuple):
    """What the sweep did, scores as people write them: errors are positive.

    Attributes
    ----------
    metric : str
        Name of the metric.
    is_error : bool
        Whether smaller is better.
    trials : list of TrialResult
        Finished trials, the best first.
    numbers, scores : list
        Number and score of each finished trial in the order they were proposed.
    families : list of str
        Title of the family of each of these.
    parameters : list of str
        Parameters of each of these, in words.
    best_so_far : list of float
        Best score up to each of these.
    failures : list of (int, str)
        Number and reason of each trial without a score.
    seconds : float
        Time of all trials together.
    """

    metric: str
    is_error: bool
    trials: list[TrialResult]
    numbers: list[int]
    scores: list[float]
    families: list[str]
    parameters: list[str]
    best_so_far: list[float]
    failures: list[tuple[int, str]]
    seconds: float


class FamilyInfo(NamedTuple):
    """What one family reached: finished trials, best score, seconds of a median trial."""

    title: str
    n_trials: int
    best: float
    seconds: float


def sweep_info(sweep: Sweep, metric: str) -> SweepInfo:
    """Return what a sweep did."""
    direction = sign(metric)
    ordered = [trial for trial in sweep.trials if trial.is_finished]
    scores = [trial.score for trial in ordered]
    return SweepInfo(
        metric=shown(metric),
        is_error=direction < 0,
        trials=sweep.finished,
        numbers=[trial.number for trial in ordered],
        scores=[score * direction for score in scores],
        families=[FAMILIES[trial.family].title for trial in ordered],
        parameters=[_in_words(trial) for trial in ordered],
        best_so_far=(np.maximum.accumulate(scores) * direction).tolist(),
        failures=[(trial.number, trial.failure) for trial in sweep.trials if trial.failure],
        seconds=sum(trial.seconds for trial in ordered),
    )


def family_infos(info: SweepInfo) -> list[FamilyInfo]:
    """Return what each family reached, the best first."""
    direction = -1 if info.is_error else 1
    infos = []
    for title in dict.fromkeys(FAMILIES[trial.family].title for trial in info.trials):
        own = [trial for trial in info.trials if FAMILIES[trial.family].title == title]
        seconds = float(np.median([trial.seconds for trial in own]))
        infos.append(FamilyInfo(title, len(own), own[0].score * direction, seconds))
    return infos


def verdict(info: SweepInfo) -> str:
    """Return what came of the search in one or two sentences."""
    winner, (first, *others) = info.trials[0], family_infos(info)
    spread = float(np.std(winner.fold_scores))
    sentence = (
        f"{first.title} is best: {info.metric} {shown_cell(first.best)} ± {spread:.2g} over "
        f"{len(winner.fold_scores)} folds ({'smaller' if info.is_error else 'larger'} is better)."
    )
    if not others:
        return sentence
    second = others[0]
    is_close = abs(first.best - second.best) <= spread
    return (
        f"{sentence} {second.title} comes next with {shown_cell(second.best)}, "
        f"{'which is within that spread' if is_close else 'further off than that spread'}."
    )


def history_figure(info: SweepInfo) -> go.Figure:
    """Return the trials in order, by family, with the best so far as a line."""
    drawing = go.Figure()
    colours = dict(zip((family.title for family in FAMILIES.values()), PALETTE, strict=False))
    for title, colour in colours.items():
        own = [i for i, family in enumerate(info.families) if family == title]
        if own:
            drawing.add_scatter(
                x=[info.numbers[i] for i in own],
                y=[info.scores[i] for i in own],
                mode="markers",
                name=title,
                marker={"size": 9, "color": colour},
                text=[info.parameters[i] for i in own],
                hovertemplate="trial %{x}: %{y:.5g}<br>%{text}",
            )
    drawing.add_scatter(
        x=info.numbers,
        y=info.best_so_far,
        mode="lines",
        name="best so far",
        line={"shape": "hv", "color": GREY},
    )
    best = info.scores.index(info.best_so_far[-1])
    drawing.add_annotation(x=info.numbers[best], y=info.scores[best], text="the winner", ay=28, ax=34)
    drawing.update_xaxes(title="trial")
    drawing.update_yaxes(title=info.metric, range=_readable_range(info))
    return styled(drawing, height=380)


def threshold_figure(threshold: Threshold) -> go.Figure:
    """Return the figure that the threshold was chosen by, and the choice."""
    drawing = go.Figure(
        go.Scatter(x=threshold.thresholds, y=threshold.curve, mode="lines", name=threshold.reason)
    )
    drawing.add_vline(
        x=threshold.value, line_color=RED, line_dash="dot", annotation_text=f"{threshold.value:.3f}"
    )
    drawing.update_xaxes(title="threshold", range=[0, 1])
    drawing.update_yaxes(title=threshold.reason)
    return styled(drawing)


def training_page(
    info: SweepInfo,
    choice: Choice,
    parts: list[Part],
    signature: Signature,
    threshold: Threshold | None,
    n_features: int,
) -> str:
    """Return the page."""
    winner = info.trials[0]
    direction = -1 if info.is_error else 1
    blocks = [
        tiles(
            ("model", signature.title),
            (f"{info.metric}, cross-validated", winner.score * direction),
            ("trials finished", len(info.trials)),
            ("trial time in all", f"{info.seconds:,.1f} s"),
            ("columns in", len(signature.columns)),
            ("features", n_features),
        ),
        section("The search", paragraph(verdict(info)), figure(history_figure(info))),
        section(
            "What each family reached",
            table(
                ["family", "trials", f"best {info.metric}", "seconds of a median trial"], family_infos(info)
            ),
        ),
        section("The model", table(["parameter", "value"], list(winner.parameters.items()))),
    ]
    if threshold is not None:
        blocks.append(
            section(
                "Decision threshold",
                paragraph(
                    f"The model decides for {signature.classes[1]!r} from a probability of "
                    f"{threshold.value:.3f}, which is best for {threshold.reason} on out-of-fold predictions "
                    "of the training rows."
                ),
                figure(threshold_figure(threshold)),
            )
        )
    blocks.append(
        section(f"The best {min(_SHOWN_TRIALS, len(info.trials))} trials", _trials_table(info, direction))
    )
    if info.failures:
        texts = [f"Trial {number}: {reason}" for number, reason in info.failures]
        blocks.append(section("Trials without a score", messages(*(("warning", text) for text in texts))))
    return page("Train", "The sweep, and the model that came of it.", *blocks)


def _trials_table(info: SweepInfo, direction: int) -> Block:
    rows: list[list[Cell]] = [
        [
            trial.number,
            FAMILIES[trial.family].title,
            trial.score * direction,
            float(np.std(trial.fold_scores)),
            round(trial.seconds, 2),
            _in_words(trial),
        ]
        for trial in info.trials[:_SHOWN_TRIALS]
    ]
    return grid(table(["trial", "family", info.metric, "± over folds", "seconds", "parameters"], rows))


def _in_words(trial: TrialResult) -> str:
    return ", ".join(f"{name} {_short(value)}" for name, value in trial.parameters.items())


def _short(value: object) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _readable_range(info: SweepInfo) -> list[float] | None:
    """Leave the worst outliers out of the picture: one failed model would flatten all others."""
    scores = np.sort(info.scores)
    if len(scores) < 8:
        return None
    low, high = np.quantile(scores, [0.0, 0.9] if info.is_error else [0.1, 1.0])
    pad = 0.08 * (high - low) or 1e-3
    return [float(low - pad), float(high + pad)]
