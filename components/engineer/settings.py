"""The stage's settings."""

from dataclasses import dataclass

from components.errors import InvalidSetting


@dataclass(frozen=True)
class Settings:
    """How clean columns become numbers.

    Attributes
    ----------
    one_hot_up_to : int
        Most categories of a column that is encoded one-hot, at least 2.
    seed : int
        Seed of the cross-fitting folds, 0 or more.
    """

    one_hot_up_to: int = 10
    seed: int = 0

    def __post_init__(self) -> None:
        if self.one_hot_up_to < 2:
            raise InvalidSetting.out_of_range("one_hot_up_to", self.one_hot_up_to, "2 or more")
        if self.seed < 0:
            raise InvalidSetting.out_of_range("seed", self.seed, "0 or more")
