"""The page: the sweep, and the model that came of it."""

import numpy as np

from components._model.signature import Signature
from components._report.page import (
    Block,
    Cell,
    figure,
    folded,
    grid,
    messages,
    page,
    paragraph,
    section,
    table,
    tiles,
)
from components.train.model_info import (
    ModelInfo,
    calibration_in_words,
    model_in_words,
    speed_in_words,
)
from components.train.parameters import ImportanceInfo, ParallelInfo
from components.train.sweep_figures import (
    history_figure,
    importance_figure,
    parallel_figure,
    threshold_figure,
    timeline_figure,
    tradeoff_figure,
)
from components.train.sweep_info import (
    FamilyInfo,
    Scale,
    SweepInfo,
    in_words,
    title_of,
)
from components.train.threshold import Threshold
from components.train.tradeoff import front_in_words
from components.train.training_info import TrainingInfo, search_in_words
from components.train.workers import TimelineInfo

_SHOWN_TRIALS = 15
_SHOWN_REASONS = 10


def training_page(
    info: TrainingInfo, signature: Signature, threshold: Threshold | None, n_features: int
) -> str:
    """Return the page.

    Parameters
    ----------
    info : TrainingInfo
        What was searched and chosen.
    signature : Signature
        What goes into the model and comes out.
    threshold : Threshold or None
        Decision threshold of a binary problem.
    n_features : int
        Features that the recipe makes of the columns.
    """
    sweep = info.sweep
    counts = (len(sweep.finished), len(sweep.pruned), sum(count for count, _ in sweep.failures))
    blocks = [
        tiles(
            ("model", signature.title),
            (f"{sweep.scale.metric}, cross-validated", info.model.score),
            (f"{sweep.scale.metric} of the best trial alone", info.model.single),
            ("trials finished, pruned, failed", " · ".join(f"{count:,}" for count in counts)),
            ("time of all trials", _duration(sweep.seconds)),
            ("columns in, features made of them", f"{len(signature.columns):,} · {n_features:,}"),
        ),
        messages(
            ("good", model_in_words(info.model, signature.title, sweep.scale)),
            *((notice.level, str(notice)) for notice in info.notices),
            *(("warning", note) for note in sweep.notes),
        ),
        _search_section(info),
        _model_section(info.model, sweep.scale),
    ]
    if threshold is not None:
        blocks.append(_threshold_section(threshold, signature))
    blocks.append(section("What each family reached", _families_table(info.families, sweep.scale)))
    if info.tradeoff is not None:
        blocks.append(
            section(
                "Score against time to predict",
                paragraph(front_in_words(info.tradeoff)),
                figure(tradeoff_figure(sweep, info.tradeoff)),
            )
        )
    if info.importances:
        blocks.append(_importance_section(info.importances))
    if info.parallel is not None:
        blocks.append(_parallel_section(info.parallel, sweep))
    blocks.append(section(f"The best {min(_SHOWN_TRIALS, len(sweep.ranked))} trials", _trials_table(sweep)))
    if info.timeline is not None:
        blocks.append(_timeline_section(info.timeline))
    if sweep.failures:
        blocks.append(_failures_section(sweep.failures))
    return page("Train", "The sweep, and the model that came of it.", *blocks)


def _search_section(info: TrainingInfo) -> Block:
    legend = "Rings mark the trials of the model."
    if info.sweep.pruned:
        legend += (
            " Faint crosses are pruned trials: they were ended early, and their score is of fewer folds."
        )
    drawn = [*info.sweep.finished, *info.sweep.pruned]
    if any(not info.sweep.low <= point.score <= info.sweep.high for point in drawn):
        legend += " Trials far off are drawn at the edge."
    return section(
        "The search",
        paragraph(search_in_words(info)),
        figure(history_figure(info.sweep)),
        paragraph(legend),
    )


def _model_section(model: ModelInfo, scale: Scale) -> Block:
    words = f"{'It is one trial' if len(model.members) == 1 else 'Several trials make it'}: {model.reason}."
    blocks = [
        paragraph(" ".join(filter(None, [words, calibration_in_words(model), speed_in_words(model)]))),
        table(
            ["trial", "family", "weight", "fits", f"{scale.metric}, mean of folds", "parameters"],
            [[*member[:2], f"{member.weight:.1%}", *member[3:]] for member in model.members],
        ),
    ]
    if len(model.members) == 1:
        values: list[list[Cell]] = [
            [name, value if isinstance(value, int | float) else str(value)]
            for name, value in model.parameters.items()
        ]
        blocks = [blocks[0], table(["parameter", "value"], values)] if values else blocks
    return section("The model", *blocks)


def _threshold_section(threshold: Threshold, signature: Signature) -> Block:
    return section(
        "Decision threshold",
        paragraph(
            f"The model decides for {signature.classes[1]!r} from a probability of {threshold.value:.3f}, "
            f"which is best for {threshold.reason} on out-of-fold predictions of the training rows."
        ),
        figure(threshold_figure(threshold)),
    )


def _families_table(families: list[FamilyInfo], scale: Scale) -> Block:
    return table(
        [
            "family",
            "finished",
            "pruned",
            "failed",
            f"best {scale.metric}",
            "seconds of a median trial",
            "ms to predict a row",
        ],
        families,
    )


def _importance_section(infos: list[ImportanceInfo]) -> Block:
    told = [info for info in infos if info.explained > 0 and sum(info.shares) > 0]
    untold = [info for info in infos if info not in told]
    blocks = [
        paragraph(
            "For each family with at least ten finished trials, a random forest was fitted to the ranks of "
            "their scores. A bar is how much worse it foretells trials that it was not fitted on when the "
            "parameter is shuffled among them, as a share of all bars."
        )
    ]
    if told:
        explained = "; ".join(
            f"{info.explained:.0%} on the {info.n_trials} trials of {info.title}" for info in told
        )
        blocks += [
            paragraph(f"The parameters explain this share of the differences between ranks: {explained}."),
            grid(*(figure(importance_figure(info)) for info in told)),
        ]
    if untold:
        names = ", ".join(f"{info.title} ({info.n_trials} trials)" for info in untold)
        blocks.append(paragraph(f"Of these families the parameters do not explain the scores: {names}."))
    return section("Which parameters mattered", *blocks)


def _parallel_section(info: ParallelInfo, sweep: SweepInfo) -> Block:
    return section(
        f"Parameters of the trials of {info.title}",
        paragraph(
            f"A line is one of the {_counted(len(info.scores), 'finished trial')}; the bluer, the better its "
            f"{sweep.scale.metric}. Drag along an axis to see only the lines that pass there."
        ),
        figure(parallel_figure(info, sweep)),
    )


def _timeline_section(info: TimelineInfo) -> Block:
    words = (
        f"{_counted(len(info.lanes), 'process', 'processes')} ran trials for {_duration(info.seconds)}, and "
        f"{'was' if len(info.lanes) == 1 else 'were'} busy {info.busy:.0%} of that time."
    )
    if any(bar.state == "pruned" for bar in info.bars):
        words += " Pale bars are pruned trials."
    return section("Who ran what when", paragraph(words), figure(timeline_figure(info)))


def _failures_section(failures: list[tuple[int, str]]) -> Block:
    texts = [f"{_counted(count, 'trial')}: {reason}" for count, reason in failures]
    blocks = [messages(*(("warning", text) for text in texts[:_SHOWN_REASONS]))]
    if texts[_SHOWN_REASONS:]:
        rest = messages(*(("warning", text) for text in texts[_SHOWN_REASONS:]))
        blocks.append(folded(f"{_counted(len(texts) - _SHOWN_REASONS, 'more reason')}", rest))
    return section("Trials without a score", *blocks)


def _trials_table(info: SweepInfo) -> Block:
    rows: list[list[Cell]] = [
        [
            trial.number,
            title_of(trial.family),
            info.scale.written(trial.score),
            float(np.std(trial.fold_scores)),
            round(trial.seconds, 2),
            in_words(trial),
        ]
        for trial in info.ranked[:_SHOWN_TRIALS]
    ]
    return table(["trial", "family", info.scale.metric, "± over folds", "seconds", "parameters"], rows)


def _counted(count: int, noun: str, several: str = "") -> str:
    return f"{count:,} {noun if count == 1 else several or f'{noun}s'}"


def _duration(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:,.1f} s"
    return f"{seconds / 60:,.1f} min" if seconds < 7200 else f"{seconds / 3600:,.1f} h"
