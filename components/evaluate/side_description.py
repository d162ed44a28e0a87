"""What test rows and training rows differ in, in words and as a table."""

from components._report.page import Cell, Message, format_share
from components.errors import format_list
from components.evaluate.number_format import format_estimate
from components.evaluate.side_comparison import SideComparison

_MOST_NAMED = 5
_MOST_SHOWN = 20


def describe_sides(sides: SideComparison) -> list[str]:
    """Return the result in sentences, the first of which says whether the sides differ."""
    if not sides.has_difference:
        return ["Training and test rows do not differ beyond chance."]
    sentences = []
    if sides.differences:
        names = list(dict.fromkeys(difference.column for difference in sides.differences))
        sentences.append(
            f"The test rows differ from the training rows in: {format_list(names, _MOST_NAMED)}."
        )
    if sides.origin is not None and sides.origin.is_known:
        told = ", ".join(f"{name} ({format_share(share, 0)})" for name, share in sides.origin.columns)
        sentences.append(
            "A model can tell test rows from training rows: ROC AUC "
            f"{format_estimate(sides.origin.roc_auc)}, where 0.5 is chance, by {told}."
        )
    return sentences


def list_differences(sides: SideComparison) -> list[list[Cell]]:
    """Return a row of cells for each of the largest differences: column, values, both shares, distance."""
    return [
        [
            difference.column,
            difference.part,
            format_share(difference.train_share),
            format_share(difference.test_share),
            round(difference.distance, 3),
        ]
        for difference in sides.differences[:_MOST_SHOWN]
    ]


def judge_sides(sides: SideComparison) -> list[Message]:
    """Return the result in sentences for the page, as good news or as warnings."""
    return [("warning" if sides.has_difference else "good", text) for text in describe_sides(sides)]
