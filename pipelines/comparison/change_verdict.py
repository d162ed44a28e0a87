"""The verdict on a change: whether its model is significantly worse, and by more than the margin."""

from dataclasses import dataclass
from typing import Literal

from components._metrics.estimate import Estimate
from components._problem.metrics import describe_metric
from components._report.formats import format_value
from components._report.page import Level
from components.register.comparison import ChampionComparison

# A loss of so many standard errors is found in 80 % of all cases by a two-sided test at 5 %: the normal
# distribution's quantiles of 0.975 and 0.8.
_TWO_SIDED, _POWER = 1.96, 0.842


@dataclass(frozen=True)
class ChangeVerdict:
    """What the comparison of two models means for a change.

    Attributes
    ----------
    outcome : str
        What was found: ``loss`` is significant and above the margin.
    headline : str
        It in a few words.
    sentence : str
        It with its numbers.
    """

    outcome: Literal["loss", "small loss", "equal", "neutral", "gain", "unknown"]
    headline: str
    sentence: str

    @property
    def is_loss(self) -> bool:
        """Whether the change must not be merged as it is."""
        return self.outcome == "loss"

    @property
    def level(self) -> Level:
        """The outcome's level in pages."""
        levels: dict[str, Level] = {"loss": "error", "small loss": "warning", "unknown": "warning"}
        return levels.get(self.outcome, "good")


def judge_change(
    comparison: ChampionComparison, margin: float, n_rows: int, *, is_equal: bool
) -> ChangeVerdict:
    """Return the verdict on a change.

    Parameters
    ----------
    comparison : ChampionComparison
        The change's model as the challenger of the base's, on the same rows.
    margin : float
        Loss that is accepted, in the metric's own unit.
    n_rows : int
        Number of those rows.
    is_equal : bool
        Whether both models predict the same for all of them, bit for bit.
    """
    metric, rows = describe_metric(comparison.metric), f"{n_rows:,} common test rows"
    if is_equal:
        return ChangeVerdict(
            "equal", "No difference", f"Both models predict the same for {rows}, bit for bit."
        )
    better = comparison.better_by
    if better is None or better.low is None or better.high is None:
        return refuse_comparison(f"{metric} and its interval are not defined on {rows}: they are too few.")
    if better.low > 0:
        words = f"{metric} is better by {format_estimate(better)} on {rows}."
        return ChangeVerdict("gain", "Significant gain", words)
    if better.high >= 0:
        words = (
            f"{metric} is {_describe_side(better.value)} on {rows}, within chance: the 95 % interval is from "
            f"{_describe_side(better.low)} to {_describe_side(better.high)}. A loss of "
            f"{format_value(find_detectable_loss(better), 2)} or more would have been found in 80 % of all "
            "cases."
        )
        return ChangeVerdict("neutral", "No significant difference", words)
    loss = better.negate()
    words = f"{metric} is worse by {format_estimate(loss)} on {rows}."
    if loss.value <= margin:
        return ChangeVerdict(
            "small loss", "Loss within the margin", f"{words} The problem accepts a loss of up to {margin:g}."
        )
    limit = f"more than the margin of {margin:g}" if margin else "and the problem accepts no loss"
    return ChangeVerdict("loss", "Significant loss", f"{words[:-1]}, {limit}.")


def refuse_comparison(reason: str) -> ChangeVerdict:
    """Return the verdict on models that cannot be compared, with the reason as a sentence."""
    return ChangeVerdict("unknown", "The models cannot be compared", reason)


def find_detectable_loss(difference: Estimate) -> float:
    """Return the loss that would have been significant in 80 % of all cases.

    Parameters
    ----------
    difference : Estimate
        The difference of two models, with its 95 % interval.
    """
    assert difference.half_width is not None  # the caller has an interval
    return difference.half_width / _TWO_SIDED * (_TWO_SIDED + _POWER)


def format_estimate(estimate: Estimate) -> str:
    """Return a difference with its interval."""
    value, low, high = (format_value(number, 2) for number in (estimate.value, estimate.low, estimate.high))
    return f"{value} (95 % interval {low} to {high})"


def _describe_side(difference: float) -> str:
    if difference == 0:
        return "the same"
    return f"{format_value(abs(difference), 2)} {'better' if difference > 0 else 'worse'}"
