"""The page about the sweep and its model."""

import numpy as np

from components._model.signature import Signature
from components._report.page import (
    Block,
    Cell,
    Level,
    render_details,
    render_figure,
    render_grid,
    render_messages,
    render_page,
    render_paragraph,
    render_section,
    render_table,
    render_tiles,
)
from components.errors import format_count
from components.train.model_info import (
    ModelInfo,
    describe_calibration,
    describe_model,
    describe_speed,
)
from components.train.parameters import ImportanceInfo, ParallelInfo
from components.train.sweep_figures import (
    draw_history,
    draw_importance,
    draw_parallel,
    draw_threshold,
    draw_timeline,
    draw_tradeoff,
)
from components.train.sweep_info import (
    FamilyInfo,
    MetricScale,
    SweepInfo,
    format_parameters,
    get_title,
)
from components.train.threshold import Threshold
from components.train.tradeoff import describe_pareto_front
from components.train.training_info import TrainingInfo, describe_search
from components.train.trial_timeline import TrialTimelineInfo

_SHOWN_TRIALS = 15
_SHOWN_REASONS = 10


def render_training_page(
    info: TrainingInfo, signature: Signature, threshold: Threshold | None, n_features: int
) -> str:
    """Return the page.

    Parameters
    ----------
    info : TrainingInfo
        The sweep and the model.
    signature : Signature
        Inputs and outputs of the model.
    threshold : Threshold or None
        Decision threshold of a binary problem.
    n_features : int
        Number of features that the recipe makes.
    """
    sweep = info.sweep
    counts = (len(sweep.finished), len(sweep.pruned), sum(count for count, _ in sweep.failures))
    blocks = [
        render_tiles(
            ("model", signature.title),
            (f"{sweep.scale.title}, cross-validated", info.model.score),
            (f"{sweep.scale.title} of the best trial alone", info.model.single),
            ("trials finished, pruned, failed", " · ".join(f"{count:,}" for count in counts)),
            ("time of all trials", _format_duration(sweep.seconds)),
            ("input columns, features", f"{len(signature.columns):,} · {n_features:,}"),
        ),
        render_messages(
            ("good", describe_model(info.model, signature.title, sweep.scale)),
            *((notice.level, str(notice)) for notice in info.notices),
            *(("warning", note) for note in sweep.notes),
        ),
        _build_search_section(info),
        _build_model_section(info.model, sweep.scale),
    ]
    if threshold is not None:
        blocks.append(_build_threshold_section(threshold, signature))
    blocks.append(render_section("Results by family", _build_families_table(info.families, sweep.scale)))
    if info.tradeoff is not None:
        blocks.append(
            render_section(
                "Score and time to predict",
                render_paragraph(describe_pareto_front(info.tradeoff)),
                render_figure(draw_tradeoff(sweep, info.tradeoff)),
            )
        )
    if info.importances:
        blocks.append(_build_importance_section(info.importances))
    if info.parallel is not None:
        blocks.append(_build_parallel_section(info.parallel, sweep))
    blocks.append(
        render_section(f"The best {min(_SHOWN_TRIALS, len(sweep.ranked))} trials", _build_trials_table(sweep))
    )
    if info.timeline is not None:
        blocks.append(_build_timeline_section(info.timeline))
    if sweep.failures:
        blocks.append(_build_failures_section(sweep.failures))
    return render_page("Train", "The sweep, and the model that it found.", *blocks)


def _build_search_section(info: TrainingInfo) -> Block:
    legend = "Rings mark the trials of the model."
    if info.sweep.pruned:
        legend += " Faint crosses are pruned trials, which ended early and have a score of fewer folds."
    drawn = [*info.sweep.finished, *info.sweep.pruned]
    if any(not info.sweep.low <= point.score <= info.sweep.high for point in drawn):
        legend += " Trials outside the range are drawn at the edge."
    return render_section(
        "The search",
        render_paragraph(describe_search(info)),
        render_figure(draw_history(info.sweep)),
        render_paragraph(legend),
    )


def _build_model_section(model: ModelInfo, scale: MetricScale) -> Block:
    reason = f"{'A single trial' if len(model.members) == 1 else 'Several trials'}: {model.reason}."
    blocks = [
        render_paragraph(
            " ".join(filter(None, [reason, describe_calibration(model), describe_speed(model)]))
        ),
        render_table(
            ["trial", "family", "weight", "fits", f"{scale.title}, mean of folds", "parameters"],
            [[*member[:2], f"{member.weight:.1%}", *member[3:]] for member in model.members],
        ),
    ]
    if len(model.members) == 1:
        values: list[list[Cell]] = [
            [name, value if isinstance(value, int | float) else str(value)]
            for name, value in model.parameters.items()
        ]
        blocks = [blocks[0], render_table(["parameter", "value"], values)] if values else blocks
    return render_section("The model", *blocks)


def _build_threshold_section(threshold: Threshold, signature: Signature) -> Block:
    text = (
        f"Predicts {str(signature.classes[1])!r} when the probability is at least {threshold.value:.3g}. "
        f"This threshold was best for {threshold.reason} on out-of-fold predictions of the training rows."
    )
    return render_section(
        "Decision threshold", render_paragraph(text), render_figure(draw_threshold(threshold))
    )


def _build_families_table(families: list[FamilyInfo], scale: MetricScale) -> Block:
    return render_table(
        [
            "family",
            "finished",
            "pruned",
            "failed",
            f"best {scale.title}",
            "median seconds of a trial",
            "ms to predict a row",
        ],
        families,
    )


def _build_importance_section(infos: list[ImportanceInfo]) -> Block:
    explained_infos = [info for info in infos if info.explained > 0 and sum(info.shares) > 0]
    unexplained_infos = [info for info in infos if info not in explained_infos]
    blocks = [
        render_paragraph(
            "For each family with at least ten finished trials, a random forest was fitted to the ranks of "
            "their scores. A bar shows how much worse the forest predicts trials that it was not fitted on "
            "when the parameter is shuffled among them, as a share of all bars."
        )
    ]
    if explained_infos:
        explained = "; ".join(
            f"{info.explained:.0%} on the {info.n_trials} trials of {info.title}" for info in explained_infos
        )
        blocks += [
            render_paragraph(
                f"The parameters explain this share of the differences between ranks: {explained}."
            ),
            render_grid(*(render_figure(draw_importance(info)) for info in explained_infos)),
        ]
    if unexplained_infos:
        names = ", ".join(f"{info.title} ({info.n_trials} trials)" for info in unexplained_infos)
        blocks.append(
            render_paragraph(f"In these families the parameters do not explain the scores: {names}.")
        )
    return render_section("Which parameters mattered", *blocks)


def _build_parallel_section(info: ParallelInfo, sweep: SweepInfo) -> Block:
    return render_section(
        f"Parameters of the trials of {info.title}",
        render_paragraph(
            f"Each of the {format_count(len(info.scores), 'finished trial')} is a line. Bluer lines have a "
            f"better {sweep.scale.title}. Drag along an axis to see only the lines that pass there."
        ),
        render_figure(draw_parallel(info, sweep)),
    )


def _build_timeline_section(info: TrialTimelineInfo) -> Block:
    text = (
        f"Trials ran for {_format_duration(info.seconds)} in {len(info.processes):,} "
        f"process{'' if len(info.processes) == 1 else 'es'}, busy {info.busy:.0%} of that time."
    )
    if any(bar.state == "pruned" for bar in info.bars):
        text += " Pale bars are pruned trials."
    return render_section(
        "Timeline of the trials", render_paragraph(text), render_figure(draw_timeline(info))
    )


def _build_failures_section(failures: list[tuple[int, str]]) -> Block:
    messages: list[tuple[Level, str]] = [
        ("warning", f"{format_count(count, 'trial')}: {reason}") for count, reason in failures
    ]
    blocks = [render_messages(*messages[:_SHOWN_REASONS])]
    if more := messages[_SHOWN_REASONS:]:
        blocks.append(render_details(format_count(len(more), "more reason"), render_messages(*more)))
    return render_section("Trials without a score", *blocks)


def _build_trials_table(info: SweepInfo) -> Block:
    rows: list[list[Cell]] = [
        [
            trial.number,
            get_title(trial.family),
            info.scale.to_metric_value(trial.score),
            float(np.std(trial.fold_scores)),
            round(trial.seconds, 2),
            format_parameters(trial),
        ]
        for trial in info.ranked[:_SHOWN_TRIALS]
    ]
    return render_table(["trial", "family", info.scale.title, "± over folds", "seconds", "parameters"], rows)


def _format_duration(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:,.1f} s"
    return f"{seconds / 60:,.1f} min" if seconds < 7200 else f"{seconds / 3600:,.1f} h"
