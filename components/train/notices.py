"""What a person must know of the model: how the time of the sweep and of a prediction shaped it."""

from components._model.trials import Sweep
from components._report.page import format_value
from components._table.notice import Notice
from components.train.latency import LatencyResult
from components.train.sweep_info import MetricScale

_MORE_TIME = "Raise MINUTES (budget_minutes)."
_HIGHER_LIMIT = "Raise MAX_LATENCY_MS (max_latency_ms), or set it to 0 for no limit."


def collect_time_notices(sweep: Sweep) -> list[Notice]:
    """Return whether the time of the sweep had a say in the model, which another run may then not repeat."""
    if sweep.is_ended_by_time:
        text = (
            f"The sweep ended by time after {sweep.n_ended:,} of {sweep.asked:,} trials: "
            "another run may give another model."
        )
        return [Notice("warning", text, _MORE_TIME)]
    if sweep.is_hurried:
        first = min(trial.number for trial in sweep.trials if trial.is_hurried)
        text = (
            f"From trial {first} on the sweep preferred families that train fast, because time was short: "
            "another run may give another model."
        )
        return [Notice("warning", text, _MORE_TIME)]
    return []


def collect_latency_notices(latency: LatencyResult, score: float, scale: MetricScale) -> list[Notice]:
    """Return what the limit of the time to predict a row cost, and whether it is kept.

    Parameters
    ----------
    latency : Latency
        The limit and the times.
    score : float
        Cross-validated score of the model.
    scale : Scale
        The metric.
    """
    took, allowed = format_value(latency.served_ms), format_value(latency.limit_ms)
    if latency.recipe_ms >= latency.limit_ms:
        text = (
            f"No model can predict a row within {allowed} ms: the recipe alone takes "
            f"{format_value(latency.recipe_ms)} ms. The limit was ignored, and the model takes {took} ms."
        )
        return [Notice("warning", text, _HIGHER_LIMIT)]
    notices: list[Notice] = []
    if latency.is_binding:
        text = (
            f"The limit of {allowed} ms to predict a row changed the model: {scale.metric} "
            f"{format_value(scale.to_metric_value(score))} in {took} ms. Without the limit it is "
            f"{format_value(scale.to_metric_value(latency.free.score))} in "
            f"{format_value(latency.free_ms)} ms "
            f"({latency.free_title})."
        )
        notices.append(Notice("warning", text, _HIGHER_LIMIT))
    text = (
        f"The model takes {took} ms of processor time to predict a row, as it is served; "
        f"{allowed} ms are allowed."
    )
    kept, broken = Notice("note", text), Notice("warning", text, _HIGHER_LIMIT)
    return [*notices, kept if latency.is_met else broken]
