"""The settings of the stage."""

from dataclasses import dataclass

from components.errors import InvalidSetting


@dataclass(frozen=True)
class Settings:
    """Which log is compared with training.

    Attributes
    ----------
    folder : str
        Folder of the logs and reports of all models, or its address ``s3://bucket/folder``.
    days : float
        Days of the log to look at, up to its newest row.
    seed : int
        Seed of the resamples.

    Raises
    ------
    InvalidSetting
        A value is out of range.
    """

    folder: str
    days: float = 28.0
    seed: int = 0

    def __post_init__(self) -> None:
        if not self.folder:
            raise InvalidSetting(
                "There is no folder of inference logs.", "Name it: folder=s3://bucket/monitoring."
            )
        if not 0 < self.days <= 3_660:
            raise InvalidSetting.from_out_of_range("days", self.days, "above 0, at most 3,660")
