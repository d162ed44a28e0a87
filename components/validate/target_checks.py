"""The checks of the column to predict."""

from collections.abc import Iterator

from components._problem.task import Label
from components._problem.yaml_lines import format_nulls_line, suggest_task
from components._table.notice import Notice
from components.errors import format_count, format_list
from components.validate.evidence import TableEvidence

MIN_ROWS = 30
# A class must reach every fold of the sweep and the test rows.
MIN_CLASS_ROWS = 5
_RARE_POSITIVE = 0.05
# Squares beyond these limits, summed over all rows, leave the range of float64; LightGBM's leaves that of
# float32.
_MOST_TARGET, _LEAST_RANGE = 1e30, 1e-30


def check_row_count(evidence: TableEvidence) -> Iterator[Notice]:
    """Refuse a table with too few rows that have a target."""
    target = evidence.profile.target
    if target is not None and 0 < target.n_known < MIN_ROWS:
        yield Notice(
            "error",
            f"Only {format_count(target.n_known, 'row')} with a target; "
            f"training and testing need at least {MIN_ROWS}.",
            "Add rows.",
        )


def check_rare_classes(evidence: TableEvidence) -> Iterator[Notice]:
    """Refuse classes that are too rare for every fold and the test rows."""
    target = evidence.profile.target
    if target is None:
        return
    counts = {label: target.counts[label] for label in evidence.problem.classes}
    rare = [f"{label!r} ({format_count(n, 'row')})" for label, n in counts.items() if n < MIN_CLASS_ROWS]
    if rare:
        yield Notice(
            "error",
            f"Classes of the target {target.column.name!r} with too few rows: {format_list(rare)}; "
            f"each class needs at least {MIN_CLASS_ROWS}.",
            _describe_remedy(evidence, [label for label, n in counts.items() if n < MIN_CLASS_ROWS]),
        )


def _describe_remedy(evidence: TableEvidence, rare: list[Label]) -> str:
    problem = evidence.problem
    if len(problem.classes) <= 2:
        return "Add rows of this class, or name another target."
    line = format_nulls_line({problem.target: [str(label) for label in rare]})
    leave_out = f"leave their rows out with this line in problem.yaml: `{line}`."
    if any(isinstance(label, str) for label in problem.classes):
        return f"Merge them with other classes in the source, or {leave_out}"
    return f"{suggest_task('regression')} if they are numbers. Or merge them in the source, or {leave_out}"


def check_target_range(evidence: TableEvidence) -> Iterator[Notice]:
    """Refuse numbers to predict whose squared errors a float cannot hold."""
    target = evidence.profile.target
    if target is None or evidence.problem.task != "regression" or not target.n_known:
        return
    low, high = target.column.minimum, target.column.maximum
    if not isinstance(low, float | int) or not isinstance(high, float | int) or low == high:
        return
    largest, range_ = max(abs(low), abs(high)), high - low
    if largest > _MOST_TARGET or range_ < _LEAST_RANGE:
        yield Notice(
            "error",
            f"The target {target.column.name!r} has numbers from {low:.3g} to {high:.3g}: their squared "
            f"errors are too {'large' if largest > _MOST_TARGET else 'small'} for a computer's numbers.",
            "Convert the target to another unit in the source.",
        )


def check_unknown_targets(evidence: TableEvidence) -> Iterator[Notice]:
    """Warn about rows without a target."""
    target = evidence.profile.target
    if target is not None and target.column.n_null and target.n_known:
        share = target.column.n_null / evidence.profile.n_rows
        yield Notice(
            "warning",
            f"The target is empty in {format_count(target.column.n_null, 'row')} ({share:.1%}).",
            "Rows without a target are left out.",
        )


def check_imbalance(evidence: TableEvidence) -> Iterator[Notice]:
    """Warn about a binary target with a rare class."""
    target = evidence.profile.target
    if target is None or evidence.problem.task != "binary" or not evidence.problem.classes:
        return
    label, n = min(target.counts.items(), key=lambda item: item[1])
    if n < _RARE_POSITIVE * target.n_known:
        yield Notice(
            "warning",
            f"Class {label!r} is rare: {format_count(n, 'row')} ({n / target.n_known:.2%}).",
            "Judge the model by average_precision or value, not by accuracy.",
        )
