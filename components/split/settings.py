"""The stage's settings."""

from dataclasses import dataclass

from components.errors import InvalidSetting


@dataclass(frozen=True)
class Settings:
    """How to split.

    Attributes
    ----------
    test_fraction : float
        Share of the test rows, above 0 and below 1.
    seed : int
        Seed of the random choice, 0 or more.
    """

    test_fraction: float = 0.2
    seed: int = 0

    def __post_init__(self) -> None:
        if not 0 < self.test_fraction < 1:
            raise InvalidSetting.from_out_of_range("test_fraction", self.test_fraction, "above 0 and below 1")
        if self.seed < 0:
            raise InvalidSetting.from_out_of_range("seed", self.seed, "0 or more")
