"""What a person must know about the model: how limits on time changed it."""

from components._problem.metric_scale import MetricScale
from components._report.page import format_value
from components._sweep.trials import Sweep
from components._table.notice import Notice
from components.train.latency import LatencyResult

_MORE_TIME = "Raise MINUTES (budget_minutes)."
_HIGHER_LIMIT = "Raise MAX_LATENCY_MS (max_latency_ms), or set it to 0 for no limit."


def collect_time_notices(sweep: Sweep) -> list[Notice]:
    """Return a warning if another run may give another model because the time was limited."""
    if not sweep.asked:
        text = (
            f"The sweep tried {sweep.n_ended:,} trials in the time given; another run may try more or fewer."
        )
        return [Notice("note", text, f"For the same number again, set TRIALS={sweep.n_ended} (trials).")]
    if sweep.is_ended_by_time:
        cause = f"Time ran out after {sweep.n_ended:,} of {sweep.asked:,} trials."
    elif sweep.is_hurried:
        first = min(trial.number for trial in sweep.trials if trial.is_hurried)
        cause = f"From trial {first}, the sweep preferred families that train fast, because time was short."
    else:
        return []
    return [Notice("warning", f"{cause} Another run may give another model.", _MORE_TIME)]


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
