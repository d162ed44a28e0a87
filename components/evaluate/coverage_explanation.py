"""What the page says about the prediction intervals."""

from components._problem.spec import Problem
from components._report.formats import format_significant
from components._report.page import Message, format_share
from components.evaluate.interval_coverage import IntervalCoverage
from components.evaluate.number_format import format_alike


def describe_coverage(coverage: IntervalCoverage, problem: Problem) -> list[str]:
    """Return what the intervals are, and what they promise."""
    level = format_share(coverage.level, 0)
    width = "changes with the size of the prediction" if coverage.adapts else "is the same for all"
    condition = "if they are like the training rows (exchangeable)"
    if problem.event_time is not None:
        condition += ", which later rows need not be: watch the coverage over time"
    elif problem.group is not None:
        condition += f", which rows of new values of {problem.group!r} need not be"
    return [
        f"Each prediction has an interval that should hold the target of {level} of new rows, {condition}. "
        f"Its width follows from the errors of {coverage.rows_train:,} out-of-fold predictions of training "
        f"rows, and {width}. Batch predictions have its ends as prediction_low and prediction_high."
    ]


def judge_coverage(coverage: IntervalCoverage) -> Message:
    """Return whether the test rows agree with the level."""
    covered, level = coverage.all.covered, format_share(coverage.level, 0)
    assert covered.low is not None
    assert covered.high is not None
    found = (
        f"{format_share(covered.value)} of the {coverage.all.rows:,} test rows are in their intervals (95 % "
        f"interval {format_share(covered.low)} to {format_share(covered.high)}), which are "
        f"{format_significant(coverage.all.width)} wide on average"
    )
    if covered.high < coverage.level:
        return (
            "warning",
            f"{found}. That is less than {level}: errors on the test rows are larger than on the training "
            "rows. Do not rely on the intervals.",
        )
    if covered.low > coverage.level:
        return "note", f"{found}. That is more than {level}: the intervals are wider than they need be."
    return "good", f"{found}. That agrees with {level}."


def list_coverage(coverage: IntervalCoverage) -> list[tuple[str, int, str, str, str]]:
    """Return a row of a table for each size of prediction: range, rows, coverage, its interval, width."""
    ends = format_alike([end for group in coverage.groups for end in (group.low, group.high)])
    widths = format_alike([group.width for group in coverage.groups])
    return [
        (
            f"{ends[2 * i]} to {ends[2 * i + 1]}",
            group.rows,
            format_share(group.covered.value),
            f"{format_share(group.covered.low or 0.0)} to {format_share(group.covered.high or 0.0)}",
            widths[i],
        )
        for i, group in enumerate(coverage.groups)
    ]
