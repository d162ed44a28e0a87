"""A figure with its interval."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Estimate:
    """A score with its 95 % bootstrap interval.

    Attributes
    ----------
    value : float
        The score on the test rows.
    low, high : float or None
        Bounds of the interval; None if the metric is defined on too few resamples.
    """

    value: float
    low: float | None = None
    high: float | None = None

    @property
    def half_width(self) -> float | None:
        """Half the width of the interval; None without one."""
        return None if self.low is None or self.high is None else (self.high - self.low) / 2

    def negate(self) -> "Estimate":
        """Return the same figure, counted the other way."""
        low, high = (None if bound is None else -bound for bound in (self.high, self.low))
        return Estimate(-self.value, low, high)
