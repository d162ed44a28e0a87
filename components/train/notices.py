"""What a person must know about the model: how limits changed it."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from components._dask.choice import EngineChoice
from components._estimators import FAMILIES, Facts
from components._estimators.description import format_parameter_value, get_title
from components._estimators.search_edge import find_search_edges
from components._problem.metric_scale import MetricScale
from components._report.page import format_value
from components._sweep.trials import Sweep
from components._table.notice import Notice
from components.errors import format_list
from components.train.large_fits import Key, LargeFit, LargeInputs, find_local_cause
from components.train.latency import LatencyResult
from components.train.limits import SizeResult
from components.train.member_choice import MemberChoice
from components.train.model_parts import ModelPart

_MORE_TIME = "Raise MINUTES (budget_minutes)."
_MORE_MEMORY = "Raise MEMORY (memory)."
_REMEDIES = {
    "memory": _MORE_MEMORY,
    "memory of the workers": "Give the Dask workers more memory, or use more of them.",
    "time": _MORE_TIME,
}
_HIGHER_LIMIT = "Raise MAX_LATENCY_MS (max_latency_ms), or leave it out: then trees are counted."


def collect_time_notices(sweep: Sweep, n_folds: int) -> list[Notice]:
    """Return a warning if another run may give another model because the time was limited.

    ``n_folds`` is the number of folds of a trial that has enough time.
    """
    n_scored = len(sweep.winner.fold_scores)
    if n_scored < n_folds:
        cause = (
            f"Time ran out before a trial was scored in all {n_folds} folds, so the model was chosen by "
            f"{n_scored} of them."
        )
    elif not sweep.asked:
        text = (
            f"The sweep tried {sweep.n_ended:,} trials in the time given; another run may try more or fewer."
        )
        return [Notice("note", text, f"For the same number again, set TRIALS={sweep.n_ended} (trials).")]
    elif sweep.is_ended_by_time:
        cause = f"Time ran out after {sweep.n_ended:,} of {sweep.asked:,} trials."
    elif sweep.is_hurried:
        first = min(trial.number for trial in sweep.trials if trial.is_hurried)
        cause = f"From trial {first}, the sweep preferred families that train fast, because time was short."
    else:
        return []
    return [Notice("warning", f"{cause} Another run may give another model.", _MORE_TIME)]


def collect_refit_notices(free: MemberChoice, choice: MemberChoice, scale: MetricScale) -> list[Notice]:
    """Return a warning that trials are not in the model, because their fits would not end in time."""
    text = (
        f"The model is without {_list_left_out(free, choice)}: there was no time to fit it on all rows. "
        f"{_compare_scores(free, choice, scale)}"
    )
    return [Notice("warning", text, _MORE_TIME)]


def collect_row_time_notices(slower: MemberChoice, choice: MemberChoice, scale: MetricScale) -> list[Notice]:
    """Return which trials are not in the model because it would take too long to predict a row."""
    left_out = _list_left_out(slower, choice)
    if not left_out:
        return []
    text = (
        f"The model is without {left_out}, which would take too long to predict a row. "
        f"{_compare_scores(slower, choice, scale)}"
    )
    remedy = "For a slower model, set MAX_LATENCY_MS (max_latency_ms) to the time that a row may take."
    return [Notice("note", text.rstrip(), remedy)]


def collect_memory_notices(spared: int, cores: int) -> list[Notice]:
    """Return a warning if memory left processors without work while the model was fitted."""
    if not spared:
        return []
    text = f"The model was fitted by {cores - spared} of {cores} processors, because memory was short."
    return [Notice("warning", text, "Give the stage more memory, or use fewer columns.")]


class LearntRows(NamedTuple):
    """The number of all training rows, of those of the sample, and of those that no model learns from."""

    all: int
    sampled: int
    kept_out: int


def collect_rows_notices(
    parts: Sequence[ModelPart], large_fits: Mapping[Key, LargeFit], counts: LearntRows
) -> list[Notice]:
    """Return how many rows each trial learnt from, of a table that does not fit into memory.

    ``large_fits`` are the fits on all rows.
    """
    trials = {part.trial.number: part.trial for part in parts}
    fits = {part.trial.number: large_fits[part.key] for part in parts if part.key in large_fits}
    others = [
        f"trial {trial.number} ({get_title(trial.family)})"
        for trial in trials.values()
        if trial.number not in fits
    ]
    of_sample = f"the sample of {counts.sampled:,} rows"
    if not fits:
        text = f"The model learnt from {of_sample}, not from all {counts.all:,} training rows."
        return [Notice("warning", text, _MORE_MEMORY)]
    least = min(fits.values(), key=lambda fit: fit.n_rows)
    used = f"{least.n_rows:,} of {counts.all:,} training rows"
    notices: list[Notice] = []
    if others:
        rest = f"{format_list(others)} from {of_sample}"
        text = f"{len(fits)} of {len(trials)} models learnt from {used}, {rest}."
        notices.append(Notice("warning", text, _MORE_MEMORY))
    else:
        notices.append(Notice("note", f"The model learnt from {used}."))
    if counts.kept_out:
        text = (
            f"{counts.kept_out:,} training rows were kept out: half of them decided when the fits stop, half "
            "judge the learning curve."
        )
        notices.append(Notice("note", text))
    if least.limited_by:
        text = f"There was too little {least.limited_by} for all rows; a row's hash decided if it was used."
        notices.append(Notice("warning", text, _REMEDIES[least.limited_by]))
    for number, fit in fits.items():
        rate, raised = trials[number].parameters["learning_rate"], fit.parameters["learning_rate"]
        if raised != rate:
            text = f"Trial {number} has the learning rate {raised:.3g} instead of {rate:.3g}: time was short."
            notices.append(Notice("warning", text, _MORE_TIME))
    text = f"The cross-validated score is that of the same trials on {of_sample}."
    return [*notices, Notice("note", text)]


def collect_engine_notices(
    engine: EngineChoice, large: LargeInputs | None, large_fits: Mapping[Key, LargeFit]
) -> list[Notice]:
    """Return what Dask's workers fitted, or why they fitted nothing although Dask was chosen.

    ``large`` are all training rows if the model learns from a sample and from all.
    """
    if engine.name == "local":
        return []
    n_workers = {fit.n_workers for fit in large_fits.values() if fit.n_workers}
    if n_workers:
        counts = " and ".join(map(str, sorted(n_workers)))
        texts = [
            f"{counts} Dask workers fitted LightGBM: {engine.reason}. Another number of workers gives other "
            "trees, of about the same accuracy."
        ]
        if large is not None and any(large.options.monotonic):
            texts.append(
                "Across workers LightGBM keeps directions by its basic method, which can cost accuracy."
            )
        return [Notice("note", text) for text in texts]
    if large is None:
        cause = "the training rows fit into memory, or only the sample is learnt from"
    else:
        cause = find_local_cause(large) or "no model of LightGBM was chosen"
    return [Notice("note", f"Dask's workers fitted nothing, although {engine.reason}: {cause}.")]


def collect_size_notices(size: SizeResult, choice: MemberChoice, scale: MetricScale) -> list[Notice]:
    """Return what the limit on the size of the compiled model cost, and whether the model keeps it."""
    limit, megabytes, whole = (
        f"{format_value(n_bytes / 1e6)} MB" for n_bytes in (size.most_bytes, size.n_bytes, size.free_bytes)
    )
    if size.n_bytes > size.most_bytes:
        text = (
            f"The compiled model takes {megabytes}, more than {limit}: no lighter model was found. A server "
            f"takes longer to start and needs more memory."
        )
        return [Notice("warning", text, "Run more trials (TRIALS, MINUTES), or use fewer columns.")]
    steps = []
    if left_out := _list_left_out(size.free, choice):
        steps.append(f"is without {left_out}")
    if size.n_fits < size.free_fits:
        steps.append(f"has {size.n_fits} fit{'s' * (size.n_fits > 1)} instead of {size.free_fits}")
    text = (
        f"The model {' and '.join(steps) or 'was changed'}, so that its compiled form takes {megabytes} "
        f"instead of {whole}; the limit is {limit}. {_compare_scores(size.free, choice, scale)}"
    )
    return [Notice("warning", text.rstrip())]


def _list_left_out(free: MemberChoice, choice: MemberChoice) -> str:
    kept = {member.trial.number for member in choice.members}
    return format_list(
        [
            f"trial {trial.number} ({get_title(trial.family)})"
            for trial, _ in free.members
            if trial.number not in kept
        ]
    )


def _compare_scores(free: MemberChoice, choice: MemberChoice, scale: MetricScale) -> str:
    """Return what another choice changes; empty if its score is the same."""
    if free.score == choice.score:
        return ""
    score, other = (format_value(scale.to_metric_value(c.score)) for c in (choice, free))
    return f"It has {scale.title} {score} instead of {other}."


def collect_latency_notices(latency: LatencyResult, score: float, scale: MetricScale) -> list[Notice]:
    """Return what the limit on the time to predict a row cost, and whether the model keeps it."""
    served, limit = format_value(latency.served_ms), format_value(latency.limit_ms)
    if latency.recipe_ms >= latency.limit_ms:
        text = (
            f"No model can predict a row within {limit} ms: the recipe alone takes "
            f"{format_value(latency.recipe_ms)} ms. The limit was ignored, and the model takes {served} ms."
        )
        return [Notice("warning", text, _HIGHER_LIMIT)]
    notices: list[Notice] = []
    if latency.is_binding:
        text = (
            f"The limit of {limit} ms to predict a row changed the model. It has {scale.title} "
            f"{format_value(scale.to_metric_value(score))} and takes {served} ms. Without the limit it would "
            f"have {format_value(scale.to_metric_value(latency.free.score))} and take "
            f"{format_value(latency.free_ms)} ms ({latency.free_title})."
        )
        notices.append(Notice("warning", text, _HIGHER_LIMIT))
    text = f"The served model takes {served} ms of processor time to predict a row; the limit is {limit} ms."
    notice = Notice("note", text) if latency.is_met else Notice("warning", text, _HIGHER_LIMIT)
    return [*notices, notice]


def collect_edge_notices(choice: MemberChoice, facts: Facts) -> list[Notice]:
    """Return which parameters of the heaviest trial are at an end of their search; none without any.

    ``facts`` are those that its search space depended on.
    """
    trial = choice.members[0].trial
    edges = find_search_edges(FAMILIES[trial.family], trial.parameters, facts)
    if not edges:
        return []
    ends = format_list(
        [
            f"{edge.name} {format_parameter_value(edge.value)} (searched from "
            f"{format_parameter_value(edge.low)} to {format_parameter_value(edge.high)})"
            for edge in edges
        ]
    )
    text = (
        f"Parameters of trial {trial.number} ({get_title(trial.family)}) are at an end of their search: "
        f"{ends}. Values beyond it might be better."
    )
    return [Notice("note", text, "If they stay there with more trials (TRIALS), widen the range.")]
