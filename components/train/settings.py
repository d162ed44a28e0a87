"""The stage's settings."""

from dataclasses import dataclass

from components.errors import InvalidSetting


@dataclass(frozen=True)
class Settings:
    """How the model is fitted and where it is noted down.

    Attributes
    ----------
    experiment : str
        MLflow experiment, not empty.
    seed : int
        Seed of the estimator.
    """

    experiment: str = "default"
    seed: int = 0

    def __post_init__(self) -> None:
        if not self.experiment.strip():
            raise InvalidSetting.out_of_range("experiment", self.experiment, "a name")
