"""The stage's settings."""

from dataclasses import dataclass

from components.errors import InvalidSetting


@dataclass(frozen=True)
class Settings:
    """Which features are dropped.

    Attributes
    ----------
    redundant_above : float
        One of two features with a higher absolute correlation is dropped; in (0, 1].
    seed : int
        Seed of the noise that a useful feature must beat, 0 or more.
    """

    redundant_above: float = 0.999
    seed: int = 0

    def __post_init__(self) -> None:
        if not 0 < self.redundant_above <= 1:
            raise InvalidSetting.from_out_of_range(
                "redundant_above", self.redundant_above, "above 0 and at most 1"
            )
        if self.seed < 0:
            raise InvalidSetting.from_out_of_range("seed", self.seed, "0 or more")
