"""The scale on which people read scores: values of the metric, in which errors are positive."""

from typing import NamedTuple

from components._problem.metrics import describe_metric, get_sign, name_metric


class MetricScale(NamedTuple):
    """The metric in which scores are shown.

    Attributes
    ----------
    metric : str
        Its name in files.
    is_error : bool
        Whether smaller is better.
    """

    metric: str
    is_error: bool

    @classmethod
    def from_metric(cls, metric: str) -> "MetricScale":
        """Return the scale of a scorer."""
        return cls(name_metric(metric), get_sign(metric) < 0)

    @property
    def title(self) -> str:
        """Its name in texts."""
        return describe_metric(self.metric)

    @property
    def better(self) -> str:
        """Which direction is better, in words."""
        return f"{'smaller' if self.is_error else 'larger'} is better"

    def to_metric_value(self, score: float) -> float:
        """Return the metric for a score, of which larger is better, or the reverse."""
        return -score if self.is_error else score
