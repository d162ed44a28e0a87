"""The checks of the column to predict."""

from collections.abc import Iterator

from components._problem.task import Label
from components._problem.yaml_lines import format_nulls_line
from components._table.notice import Notice
from components.errors import format_list
from components.validate.evidence import TableEvidence, format_row_count
from components.validate.target_marks import warn_about_spellings, warn_about_words

MIN_ROWS = 30
# A class must reach every fold of the sweep and the test rows.
MIN_CLASS_ROWS = 5
_RARE_POSITIVE = 0.05


def check_row_count(evidence: TableEvidence) -> Iterator[Notice]:
    """Refuse a table with too few rows whose target is known."""
    target = evidence.profile.target
    if target is not None and 0 < target.n_known < MIN_ROWS:
        yield Notice(
            "error",
            f"Only {target.n_known} rows have a target; at least {MIN_ROWS} are needed to learn and to test.",
            "Add rows.",
        )


def check_rare_classes(evidence: TableEvidence) -> Iterator[Notice]:
    """Refuse classes too rare to be in every fold and among the test rows."""
    target = evidence.profile.target
    if target is None:
        return
    counts = {label: target.counts[label] for label in evidence.problem.classes}
    rare = [f"{label!r} ({format_row_count(n)})" for label, n in counts.items() if n < MIN_CLASS_ROWS]
    if rare:
        yield Notice(
            "error",
            f"Too few rows of the target {target.column.name!r} are: {format_list(rare)}; "
            f"each class needs at least {MIN_CLASS_ROWS}.",
            _describe_remedy(evidence, [label for label, n in counts.items() if n < MIN_CLASS_ROWS]),
        )


def _describe_remedy(evidence: TableEvidence, rare: list[Label]) -> str:
    problem = evidence.problem
    if len(problem.classes) <= 2:
        return "Add rows of it, or name another target."
    line = format_nulls_line({problem.target: [str(label) for label in rare]})
    merge = f"erge them with other classes in the source, or leave their rows out, in problem.yaml: `{line}`."
    if any(isinstance(label, str) for label in problem.classes):
        return f"M{merge}"
    return f"Set TASK=regression (in problem.yaml, task: regression) if they are numbers. Or m{merge}"


def check_class_words(evidence: TableEvidence) -> Iterator[Notice]:
    """Tell of classes whose name may mean that the value is not known."""
    if evidence.profile.target is not None and evidence.problem.classes:
        yield from warn_about_words(evidence.problem, evidence.profile.target)


def check_class_spellings(evidence: TableEvidence) -> Iterator[Notice]:
    """Tell of classes whose names differ only in case or blanks."""
    if evidence.profile.target is not None and evidence.problem.classes:
        yield from warn_about_spellings(evidence.problem, evidence.profile.target)


def check_unknown_targets(evidence: TableEvidence) -> Iterator[Notice]:
    """Tell of rows without a target."""
    target = evidence.profile.target
    if target is not None and target.column.n_null and target.n_known:
        share = target.column.n_null / evidence.profile.n_rows
        yield Notice(
            "warning",
            f"The target is empty in {format_row_count(target.column.n_null)} ({share:.1%}).",
            "Rows without a target are left out.",
        )


def check_imbalance(evidence: TableEvidence) -> Iterator[Notice]:
    """Tell of a positive or negative class that is rare."""
    target = evidence.profile.target
    if target is None or evidence.problem.task != "binary" or not evidence.problem.classes:
        return
    label, n = min(target.counts.items(), key=lambda item: item[1])
    if n < _RARE_POSITIVE * target.n_known:
        yield Notice(
            "warning",
            f"Only {n / target.n_known:.2%} of the rows ({n:,}) are of class {label!r}.",
            "Judge by average_precision or value rather than by accuracy.",
        )
