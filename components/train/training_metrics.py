"""The stage's metrics by name."""

from components._sweep.trials import Sweep
from components.train.latency import LatencyResult
from components.train.member_choice import MemberChoice
from components.train.sweep_info import MetricScale


def compute_metrics(
    sweep: Sweep, choice: MemberChoice, latency: LatencyResult | None, scale: MetricScale
) -> dict[str, float]:
    """Return the scores and counts of a model, and what a limit on its time to predict a row cost."""
    name = f"cv_{scale.metric}"
    values = {
        name: scale.to_metric_value(choice.score),
        "trials": float(len(sweep.finished)),
        "trials_ended": float(sweep.n_ended),
        "trials_asked": float(sweep.asked),
        "ended_by_time": float(sweep.is_ended_by_time),
        "hurried_by_time": float(sweep.is_hurried),
        "models": float(len(choice.members)),
    }
    if latency is not None:
        values["served_ms"] = latency.served_ms
    if latency is not None and latency.is_binding:
        values["served_ms_without_limit"] = latency.free_ms
        values[f"{name}_without_limit"] = scale.to_metric_value(latency.free.score)
    return values
