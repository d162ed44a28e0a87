"""The stage's metrics by name."""

from components._problem.metric_scale import MetricScale
from components._sweep.trials import Sweep
from components.train.model_builder import TrainedModel


def compute_metrics(trained: TrainedModel, sweep: Sweep) -> dict[str, float]:
    """Return the scores and counts of a model, its threshold, and what a limit on its latency cost."""
    choice, latency = trained.built.choice, trained.latency
    scale = MetricScale.from_metric(trained.built.package.signature.metric)
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
    if trained.threshold is not None:
        values["threshold"] = trained.threshold.value
    return values
