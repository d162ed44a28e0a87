"""What the test rows could have shown: the power of the comparison with a simpler model.

A difference counts if its 95 % interval excludes 0. The interval is about normal, so a true difference of
1.96 + 0.84 standard errors is found in 80 of 100 tables of test rows (Cohen, Statistical Power Analysis for
the Behavioral Sciences, 1988). Half the interval is 1.96 standard errors, and shrinks with the square root
of the rows.
"""

from statistics import NormalDist

from components._metrics.estimate import Estimate
from components._report.formats import format_significant
from components.evaluate.evaluation import Evaluation
from components.evaluate.number_format import format_figure

POWER = 0.8
# More rows than so many times those of the test are as good as never.
_MOST_TIMES = 100
_HALF_INTERVAL = NormalDist().inv_cdf(0.975)
_MARGIN = NormalDist().inv_cdf(POWER)


def compute_smallest_difference(over: Estimate) -> float | None:
    """Return the smallest true difference that so many rows show; None without an interval."""
    if over.half_width is None:
        return None
    return over.half_width * (_HALF_INTERVAL + _MARGIN) / _HALF_INTERVAL


def count_rows_to_settle(over: Estimate, n_rows: int) -> int | None:
    """Return how many test rows would show the difference with 80 % power, if the true one is the observed.

    Parameters
    ----------
    over : Estimate
        By how much the model is better, with its interval.
    n_rows : int
        Test rows of the estimate.

    Returns
    -------
    int or None
        None if the interval excludes 0, or is not known, or no difference was observed.
    """
    smallest = compute_smallest_difference(over)
    if smallest is None or over.low is None or over.high is None or over.value == 0:
        return None
    if over.low > 0 or over.high < 0:
        return None
    return max(n_rows + 1, round(n_rows * (smallest / over.value) ** 2))


def describe_power(evaluation: Evaluation) -> list[str]:
    """Return what difference from the linear model the test rows show, and how many rows would settle it."""
    over, n_rows = evaluation.over_simple, evaluation.used.scored
    smallest = None if over is None or evaluation.is_simple else compute_smallest_difference(over)
    if over is None or not smallest:
        return []
    cases = f"in {100 * POWER:.0f} of 100 cases"
    sentences = [
        f"If the model were truly better or worse than a linear model by {format_figure(smallest, over)} "
        f"{evaluation.main.title}, {n_rows:,} test rows would show it {cases}."
    ]
    needed = count_rows_to_settle(over, n_rows)
    if needed is not None and needed <= _MOST_TIMES * n_rows:
        more = format_significant(needed - n_rows, 2)
        sentences.append(
            f"If the true difference is the observed one, about {more} more test rows would show it {cases}."
        )
    elif needed is not None:
        sentences.append(
            f"To show a difference as small as the observed one, more than {_MOST_TIMES} times as many test "
            "rows would be needed: take the two as equal."
        )
    return sentences
