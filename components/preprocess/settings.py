"""The stage's settings."""

from dataclasses import dataclass

from components._dask.engine_names import check_engine
from components.errors import InvalidSetting


@dataclass(frozen=True)
class Settings:
    """How rows are preprocessed.

    Attributes
    ----------
    fence_factor : float
        Interquartile ranges between a quartile and the fence at which numbers are clipped; 0 for no fence.
    rare_below : float
        Share of the rows below which a category is rare, in [0, 1).
    engine : str
        What computes what all training rows teach: ``local`` or ``dask``; empty to decide by the table.
    """

    fence_factor: float = 3.0
    rare_below: float = 0.001
    engine: str = ""

    def __post_init__(self) -> None:
        if not self.fence_factor >= 0:
            raise InvalidSetting.from_out_of_range("fence_factor", self.fence_factor, "0 or more")
        if not 0 <= self.rare_below < 1:
            raise InvalidSetting.from_out_of_range("rare_below", self.rare_below, "at least 0 and below 1")
        check_engine(self.engine)
