"""The page: the sweep, and the model that came of it."""

import numpy as np

from components._model.signature import Signature
from components._report.page import (
    Block,
    Cell,
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
        render_tiles(
            ("model", signature.title),
            (f"{sweep.scale.metric}, cross-validated", info.model.score),
            (f"{sweep.scale.metric} of the best trial alone", info.model.single),
            ("trials finished, pruned, failed", " · ".join(f"{count:,}" for count in counts)),
            ("time of all trials", _format_duration(sweep.seconds)),
            ("columns in, features made of them", f"{len(signature.columns):,} · {n_features:,}"),
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
    blocks.append(
        render_section("What each family reached", _build_families_table(info.families, sweep.scale))
    )
    if info.tradeoff is not None:
        blocks.append(
            render_section(
                "Score against time to predict",
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
    return render_page("Train", "The sweep, and the model that came of it.", *blocks)


def _build_search_section(info: TrainingInfo) -> Block:
    legend = "Rings mark the trials of the model."
    if info.sweep.pruned:
        legend += (
            " Faint crosses are pruned trials: they were ended early, and their score is of fewer folds."
        )
    drawn = [*info.sweep.finished, *info.sweep.pruned]
    if any(not info.sweep.low <= point.score <= info.sweep.high for point in drawn):
        legend += " Trials far off are drawn at the edge."
    return render_section(
        "The search",
        render_paragraph(describe_search(info)),
        render_figure(draw_history(info.sweep)),
        render_paragraph(legend),
    )


def _build_model_section(model: ModelInfo, scale: MetricScale) -> Block:
    words = f"{'It is one trial' if len(model.members) == 1 else 'Several trials make it'}: {model.reason}."
    blocks = [
        render_paragraph(" ".join(filter(None, [words, describe_calibration(model), describe_speed(model)]))),
        render_table(
            ["trial", "family", "weight", "fits", f"{scale.metric}, mean of folds", "parameters"],
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
    return render_section(
        "Decision threshold",
        render_paragraph(
            f"The model decides for {signature.classes[1]!r} from a probability of {threshold.value:.3f}, "
            f"which is best for {threshold.reason} on out-of-fold predictions of the training rows."
        ),
        render_figure(draw_threshold(threshold)),
    )


def _build_families_table(families: list[FamilyInfo], scale: MetricScale) -> Block:
    return render_table(
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


def _build_importance_section(infos: list[ImportanceInfo]) -> Block:
    explained_infos = [info for info in infos if info.explained > 0 and sum(info.shares) > 0]
    unexplained_infos = [info for info in infos if info not in explained_infos]
    blocks = [
        render_paragraph(
            "For each family with at least ten finished trials, a random forest was fitted to the ranks of "
            "their scores. A bar is how much worse it foretells trials that it was not fitted on when the "
            "parameter is shuffled among them, as a share of all bars."
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
            render_paragraph(f"Of these families the parameters do not explain the scores: {names}.")
        )
    return render_section("Which parameters mattered", *blocks)


def _build_parallel_section(info: ParallelInfo, sweep: SweepInfo) -> Block:
    return render_section(
        f"Parameters of the trials of {info.title}",
        render_paragraph(
            f"A line is one of the {_format_count(len(info.scores), 'finished trial')}; the bluer, the "
            f"better its "
            f"{sweep.scale.metric}. Drag along an axis to see only the lines that pass there."
        ),
        render_figure(draw_parallel(info, sweep)),
    )


def _build_timeline_section(info: TrialTimelineInfo) -> Block:
    words = (
        f"{_format_count(len(info.processes), 'process', 'processes')} ran trials for "
        f"{_format_duration(info.seconds)}, and "
        f"{'was' if len(info.processes) == 1 else 'were'} busy {info.busy:.0%} of that time."
    )
    if any(bar.state == "pruned" for bar in info.bars):
        words += " Pale bars are pruned trials."
    return render_section("Who ran what when", render_paragraph(words), render_figure(draw_timeline(info)))


def _build_failures_section(failures: list[tuple[int, str]]) -> Block:
    texts = [f"{_format_count(count, 'trial')}: {reason}" for count, reason in failures]
    blocks = [render_messages(*(("warning", text) for text in texts[:_SHOWN_REASONS]))]
    if texts[_SHOWN_REASONS:]:
        rest = render_messages(*(("warning", text) for text in texts[_SHOWN_REASONS:]))
        blocks.append(render_details(f"{_format_count(len(texts) - _SHOWN_REASONS, 'more reason')}", rest))
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
    return render_table(["trial", "family", info.scale.metric, "± over folds", "seconds", "parameters"], rows)


def _format_count(count: int, noun: str, several: str = "") -> str:
    return f"{count:,} {noun if count == 1 else several or f'{noun}s'}"


def _format_duration(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:,.1f} s"
    return f"{seconds / 60:,.1f} min" if seconds < 7200 else f"{seconds / 3600:,.1f} h"
