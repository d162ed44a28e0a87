"""The stage's settings."""

from dataclasses import dataclass

from components.errors import InvalidSetting


@dataclass(frozen=True)
class Settings:
    """How columns become numbers, and how much is tried.

    Attributes
    ----------
    one_hot_up_to : int
        A column with at most this many categories is encoded one-hot; at least 2.
    target_above : int
        A column with more categories than this is encoded by mean targets; at least 2 and at most
        ``one_hot_up_to``. Columns between the two are encoded in both ways.
    budget_minutes : float
        The sweep's budget; trying blocks of features gets a share of it; above 0.
    seed : int
        Seed of the folds, 0 or more.
    """

    one_hot_up_to: int = 40
    target_above: int = 10
    budget_minutes: float = 10.0
    seed: int = 0

    def __post_init__(self) -> None:
        if self.one_hot_up_to < 2:
            raise InvalidSetting.from_out_of_range("one_hot_up_to", self.one_hot_up_to, "2 or more")
        if not 2 <= self.target_above <= self.one_hot_up_to:
            limits = f"from 2 to one_hot_up_to = {self.one_hot_up_to}"
            raise InvalidSetting.from_out_of_range("target_above", self.target_above, limits)
        if not self.budget_minutes > 0:
            raise InvalidSetting.from_out_of_range("budget_minutes", self.budget_minutes, "above 0")
        if self.seed < 0:
            raise InvalidSetting.from_out_of_range("seed", self.seed, "0 or more")
