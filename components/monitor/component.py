"""The component's interface."""

from typing import NamedTuple

from kfp.dsl import HTML, Input, Metrics, Output

from components._kfp.artifacts import Model, MonitoringRecord, Registration, Table
from components._kfp.stage import stage


class MonitoringOutputs(NamedTuple):
    """What to do, and the parameters of the training, which are empty without one.

    Attributes
    ----------
    decision : str
        nothing, alert or retrain.
    source, test : str
        Rows to learn from, and the newest labelled rows: paths or addresses.
    target, task, metric : str
        The problem's.
    problem : dict
        The rest of the problem.
    expectations : dict
        What the model's training expected of its table, as far as it is about columns of the log.
    model_name : str
        The registered model.
    must_beat : str
        Number of its version in use.
    known_trials : list
        The trials that it is made of, each with family and parameters.
    """

    decision: str
    source: str
    test: str
    target: str
    task: str
    metric: str
    problem: dict
    expectations: dict
    model_name: str
    must_beat: str
    known_trials: list


@stage
def monitor(
    truth: Input[Table],
    model: Input[Model],
    registration: Input[Registration],
    record: Output[MonitoringRecord],
    metrics: Output[Metrics],
    report: Output[HTML],
    folder: str,
    days: float = 28.0,
    seed: int = 0,
    memory: str = "",
) -> MonitoringOutputs:
    """Compare the logged requests with training, estimate what the difference costs, and decide.

    Args:
        truth: True targets with their keys; may have no rows.
        model: The model.
        registration: The model's version.
        record: All figures of the report.
        metrics: Rows, expected loss per day, main metric, and number of columns that drift.
        report: What changed, since when, what it costs, and what was decided.
        folder: Folder of the logs and reports of all models, or its address s3://bucket/folder.
        days: Days of the log to look at, up to its newest row.
        seed: Seed of the resamples.
        memory: Memory of the stage, such as 4g; empty for the limit of its pod, or 2 GiB.

    Returns:
        What to do (nothing, alert or retrain) and, for retrain, the parameters of the training.
    """
    from components.monitor.run import Settings, resolve_memory, run

    monitored = run(
        truth=truth.path,
        model=model.path,
        registration=registration.path,
        record=record.path,
        report=report.path,
        settings=Settings(folder=folder, days=days, seed=seed),
        memory=resolve_memory(memory),
    )
    metrics.metadata.update(monitored.metrics)
    return MonitoringOutputs(**monitored.to_outputs())
