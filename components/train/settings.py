"""The stage's settings."""

from dataclasses import dataclass

from components.errors import InvalidSetting


@dataclass(frozen=True)
class Settings:
    """How the model is chosen and fitted, and where it is logged.

    Attributes
    ----------
    experiment : str
        MLflow experiment; empty for one of the target's name.
    max_models : int
        Most trials in the model, at least 1.
    max_latency_ms : float
        Processor time in which the model should predict one row as it is served, in milliseconds; 0 for
        that of ``compute_most_row_ms`` by count. If no model does, the fastest is chosen.
    budget_minutes : float
        Time for the sweep and for fitting its model, in minutes, above 0.
    seed : int
        Seed of the estimators.
    job : str
        The run of the pipeline, to which MLflow's run leads on a cluster.
    run_name : str
        Its name, which MLflow's run gets; empty for one that MLflow makes up.
    """

    experiment: str = ""
    max_models: int = 5
    max_latency_ms: float = 0.0
    budget_minutes: float = 10.0
    seed: int = 0
    job: str = ""
    run_name: str = ""

    def __post_init__(self) -> None:
        if self.experiment and not self.experiment.strip():
            raise InvalidSetting.from_out_of_range("experiment", self.experiment, "a name")
        if self.max_models < 1:
            raise InvalidSetting.from_out_of_range("max_models", self.max_models, "1 or more")
        if not 0 <= self.max_latency_ms < float("inf"):
            raise InvalidSetting.from_out_of_range("max_latency_ms", self.max_latency_ms, "0 or more")
        if not 0 < self.budget_minutes < float("inf"):
            raise InvalidSetting.from_out_of_range("budget_minutes", self.budget_minutes, "above 0")
