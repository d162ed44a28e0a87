"""The positive class of a binary target: the class that means yes, else the rarer one."""

from collections.abc import Mapping

from components._problem.task import Label
from components._table.yes_no import explain_yes


def choose_positive_class(counts: Mapping[Label, int]) -> tuple[Label, str]:
    """Return the positive class of two, and the reason in words.

    Parameters
    ----------
    counts : mapping of label to int
        Rows of each of the two classes, classes sorted.
    """
    first, second = counts
    for label, other in ((first, second), (second, first)):
        reason, opposite = explain_yes(label, other), explain_yes(other, label)
        if reason and not opposite:
            return label, reason
    if len(set(counts.values())) > 1:
        return min(counts, key=lambda label: counts[label]), "the rarer of the two"
    # Estimators give the last class the number 1.
    return second, "the last in order of two equally frequent classes"
