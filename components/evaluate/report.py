"""The page of the evaluation: the verdict, the figures, the curves."""

from typing import NamedTuple

from components._model.scoring import threshold_criterion
from components._problem.spec import Problem
from components._report.page import (
    Block,
    Cell,
    Level,
    figure,
    folded,
    grid,
    heading,
    messages,
    page,
    paragraph,
    section,
    table,
    tiles,
)
from components.evaluate import figures as draw
from components.evaluate.curves import Confusion, Curves
from components.evaluate.explanation import explanations
from components.evaluate.gates import BEATS_BASELINE
from components.evaluate.record import Evaluation
from components.evaluate.standing import RULE, caveat, standing
from components.evaluate.wording import better, compared, interval
from components.evaluate.wording import figure as number

_DRAWN_COLUMNS = 20


class ClassQuality(NamedTuple):
    """How well one class is decided: shares of its decisions and of its rows that are right."""

    label: str
    rows: int
    precision: float | None
    recall: float | None


def class_qualities(matrix: Confusion) -> list[ClassQuality]:
    """Return precision and recall by class; None where there are no decisions, or no rows."""
    decided = [sum(column) for column in zip(*matrix.counts, strict=True)]
    return [
        ClassQuality(label, sum(row), _share(row[i], decided[i]), _share(row[i], sum(row)))
        for i, (label, row) in enumerate(zip(matrix.labels, matrix.counts, strict=True))
    ]


def evaluation_page(evaluation: Evaluation, curves: Curves, problem: Problem) -> str:
    """Return the page.

    Parameters
    ----------
    evaluation : Evaluation
        Every figure.
    curves : Curves
        Every curve.
    problem : Problem
        The resolved problem.
    """
    blocks = [
        messages(*verdict_messages(evaluation)),
        _tiles(evaluation),
        _gates(evaluation),
        _measures(evaluation, problem),
        *_probabilities(evaluation, curves),
        *_decisions(evaluation, curves, problem),
        *_errors(curves),
        *_importances(evaluation),
        *_groups(evaluation),
    ]
    subtitle = (
        f"{evaluation.title} predicting {evaluation.target}, judged on {evaluation.rows_test:,} rows that no "
        "earlier stage had read."
    )
    return page("Evaluate", subtitle, *blocks)


def verdict_messages(evaluation: Evaluation) -> list[tuple[Level, str]]:
    """Return whether the model passed, and what else a reader must know before the figures."""
    lines: list[tuple[Level, str]] = [("error", f"Failed: {failure}") for failure in evaluation.failures]
    if not lines:
        gates = ", ".join(gate.gate for gate in evaluation.gates)
        reason = caveat(evaluation)
        lines.append(("warning", f"Passed, but {reason}.") if reason else ("good", f"Passed: {gates}."))
    over = None if evaluation.is_simple else evaluation.over_simple
    known = standing(over)
    if known == "worse":
        lines.append(
            ("warning", "A linear model does better on these rows. Consider it in place of this one.")
        )
    elif known == "the same":
        lines.append(("note", "A linear model is the same within chance, and is easier to explain."))
    if evaluation.undefined:
        names = ", ".join(evaluation.undefined)
        lines.append(("warning", f"Undefined on these rows and left out: {names}."))
    return lines


def _tiles(evaluation: Evaluation) -> Block:
    main = evaluation.main
    bounds = "" if main.model is None else f", 95 % interval {interval(main.model)}"
    return tiles(
        (f"{main.name}{bounds}", main.model.value if main.model else None),
        ("baseline", main.baseline),
        ("linear model", main.simple),
        ("rows to learn from", evaluation.rows_train),
        ("rows to test on", evaluation.rows_test),
    )


def _gates(evaluation: Evaluation) -> Block:
    rows = [
        [gate.gate, number(gate.value), "passed" if gate.passed else "failed"] for gate in evaluation.gates
    ]
    blocks = []
    if any(gate.gate == BEATS_BASELINE for gate in evaluation.gates):
        blocks.append(
            paragraph(
                "No gates are set, so the model must beat the baseline. The figure is the lower end of the "
                "95 % interval of the difference, and must be above 0."
            )
        )
    return section("Gates", *blocks, table(["gate", "figure", "result"], rows))


def _measures(evaluation: Evaluation, problem: Problem) -> Block:
    main = evaluation.main
    blocks = []
    for name, over in (("baseline", evaluation.over_baseline), ("linear model", evaluation.over_simple)):
        if over is not None:
            blocks.append(paragraph(compared(name, over)))
    blocks.append(paragraph(RULE))
    if main.model is not None:
        blocks.append(figure(draw.scores_figure(main)))
    rows: list[list[Cell]] = [
        [m.name, better(m), m.model.value, interval(m.model), m.baseline, m.simple]
        for m in evaluation.measures
        if m.model is not None
    ]
    headers = ["metric", "better is", "model", "95 % interval", "baseline", "linear model"]
    note = (
        f"Baseline: {evaluation.baseline_title}. The linear model has default parameters and the same "
        "recipe. Intervals are percentiles of resamples of the test rows; differences are taken within "
        "a resample."
    )
    odd = map(paragraph, explanations(evaluation, problem))
    every = [heading("Every metric"), paragraph(note), *odd, table(headers, rows)]
    return section("How good it is", *blocks, *every)


def _probabilities(evaluation: Evaluation, curves: Curves) -> list[Block]:
    if curves.binary is None:
        return []
    values = evaluation.figures()
    drawings = [
        draw.roc_figure(curves.binary.roc, values.get("roc_auc")),
        draw.precision_recall_figure(curves.binary.precision_recall, values.get("average_precision")),
        draw.calibration_figure(curves.binary.calibration),
    ]
    note = "Dotted: what chance would give; for calibration, probabilities that are exactly right."
    return [section("Probabilities", paragraph(note), grid(*map(figure, drawings)))]


def _decisions(evaluation: Evaluation, curves: Curves, problem: Problem) -> list[Block]:
    if curves.confusion is None:
        return []
    blocks = []
    if evaluation.threshold is not None:
        blocks.append(
            paragraph(
                f"{problem.positive_label} is decided from a probability of {number(evaluation.threshold)} "
                f"on, which was best for {threshold_criterion(problem)} on out-of-fold predictions of the "
                "training rows."
            )
        )
    worth = evaluation.worth
    if worth is not None:
        blocks.append(
            tiles(
                ("worth of the decisions on the test rows", worth.total),
                ("if always decided positive", worth.always),
                ("if never", worth.never),
            )
        )
    matrix = figure(draw.confusion_figure(curves.confusion))
    rows: list[list[Cell]] = [[*quality] for quality in class_qualities(curves.confusion)]
    classes = table(["class", "test rows", "precision", "recall"], rows)
    if curves.binary is None:
        blocks.append(grid(matrix, classes))
    else:
        blocks.append(grid(matrix, figure(draw.thresholds_figure(curves.binary.thresholds))))
        blocks += [heading("By class"), classes]
    return [section("Decisions", *blocks)]


def _errors(curves: Curves) -> list[Block]:
    if curves.residuals is None:
        return []
    drawings = (draw.predictions_figure, draw.residuals_figure, draw.error_distribution_figure)
    return [section("Errors", grid(*(figure(drawing(curves.residuals)) for drawing in drawings)))]


def _importances(evaluation: Evaluation) -> list[Block]:
    items = evaluation.importances
    if not items:
        return []
    drawn = items[:_DRAWN_COLUMNS]
    note = (
        f"By how much {evaluation.main.name} worsens when a column's values are shuffled among the test "
        "rows, with the spread over the repeats. Grey: no more than its spread. Columns that say the same "
        "share their importance."
    )
    blocks = [paragraph(note), figure(draw.importances_figure(drawn, evaluation.main.name))]
    if len(items) > len(drawn):
        rows: list[list[Cell]] = [[i.column, i.drop, i.spread] for i in items[_DRAWN_COLUMNS:]]
        blocks.append(folded(f"The other {len(rows)} columns", table(["column", "worse by", "spread"], rows)))
    return [section("Important columns", *blocks)]


def _groups(evaluation: Evaluation) -> list[Block]:
    if not evaluation.groups:
        return []
    rows: list[list[Cell]] = [
        [group.column, group.value, group.rows, group.score] for group in evaluation.groups
    ]
    note = "The model does not see these columns; its results in their groups may differ all the same."
    headers = ["column", "group", "test rows", evaluation.main.name]
    if evaluation.groups[0].positive_rate is not None:
        headers.append("decided positive")
        rows = [[*row, group.positive_rate] for row, group in zip(rows, evaluation.groups, strict=True)]
    return [section("Sensitive groups", paragraph(note), table(headers, rows))]


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
