"""The page of the evaluation: verdict, figures and curves."""

from typing import NamedTuple

from components._problem.spec import Problem
from components._report.page import (
    Block,
    Cell,
    Level,
    format_value,
    render_details,
    render_figure,
    render_grid,
    render_heading,
    render_messages,
    render_page,
    render_paragraph,
    render_section,
    render_table,
    render_tiles,
)
from components.evaluate import figures
from components.evaluate.curves import ConfusionMatrix, Curves
from components.evaluate.evaluation import Evaluation
from components.evaluate.explanation import (
    GROUPS_NOTE,
    explain_figures,
    explain_importances,
    explain_threshold,
)
from components.evaluate.gates import BEATS_BASELINE
from components.evaluate.number_format import describe_direction, format_interval
from components.evaluate.significance import (
    RULE,
    describe_caveat,
    describe_differences,
    judge_difference,
)

_DRAWN_COLUMNS = 20


class ClassQuality(NamedTuple):
    """Precision and recall of one class; None without predictions, or without rows, of the class."""

    label: str
    rows: int
    precision: float | None
    recall: float | None


def compute_class_qualities(matrix: ConfusionMatrix) -> list[ClassQuality]:
    """Return precision and recall by class."""
    predicted = [sum(column) for column in zip(*matrix.counts, strict=True)]
    return [
        ClassQuality(label, sum(row), _compute_share(row[i], predicted[i]), _compute_share(row[i], sum(row)))
        for i, (label, row) in enumerate(zip(matrix.labels, matrix.counts, strict=True))
    ]


def render_evaluation_page(evaluation: Evaluation, curves: Curves, problem: Problem) -> str:
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
        render_messages(*collect_verdict_messages(evaluation)),
        _build_tiles(evaluation),
        _build_gates_section(evaluation),
        _build_measures_section(evaluation, problem),
        *_build_probability_sections(evaluation, curves),
        *_build_decision_sections(evaluation, curves, problem),
        *_build_error_sections(curves),
        *_build_importance_sections(evaluation),
        *_build_group_sections(evaluation),
    ]
    subtitle = (
        f"{evaluation.title} predicting {evaluation.target}, tested on {evaluation.rows_test:,} rows that no "
        "earlier stage had read."
    )
    return render_page("Evaluate", subtitle, *blocks)


def collect_verdict_messages(evaluation: Evaluation) -> list[tuple[Level, str]]:
    """Return whether the model passed, and what else a reader must know before the figures."""
    messages: list[tuple[Level, str]] = [("error", f"Failed: {failure}") for failure in evaluation.failures]
    if not messages:
        gates = ", ".join(gate.gate for gate in evaluation.gates)
        reason = describe_caveat(evaluation)
        messages.append(("warning", f"Passed, but {reason}.") if reason else ("good", f"Passed: {gates}."))
    standing = judge_difference(None if evaluation.is_simple else evaluation.over_simple)
    if standing == "worse":
        messages.append(("warning", "A linear model does better on these rows. Consider using it instead."))
    elif standing == "the same":
        messages.append(("note", "A linear model is the same within chance, and easier to explain."))
    if evaluation.undefined:
        names = ", ".join(evaluation.undefined)
        messages.append(("warning", f"Undefined on these rows and left out: {names}."))
    return messages


def _build_tiles(evaluation: Evaluation) -> Block:
    main = evaluation.main
    bounds = "" if main.model is None else f", 95 % interval {format_interval(main.model)}"
    return render_tiles(
        (f"{main.title}{bounds}", main.model.value if main.model else None),
        ("baseline", main.baseline),
        ("linear model", main.simple),
        ("training rows", evaluation.rows_train),
        ("test rows", evaluation.rows_test),
    )


def _build_gates_section(evaluation: Evaluation) -> Block:
    rows = [
        [gate.gate, format_value(gate.value), "passed" if gate.passed else "failed"]
        for gate in evaluation.gates
    ]
    blocks = []
    if any(gate.gate == BEATS_BASELINE for gate in evaluation.gates):
        blocks.append(
            render_paragraph(
                "No gates are set, so the model must beat the baseline. The figure is the lower end of the "
                "95 % interval of the difference. It must be above 0."
            )
        )
    return render_section("Gates", *blocks, render_table(["gate", "figure", "result"], rows))


def _build_measures_section(evaluation: Evaluation, problem: Problem) -> Block:
    main = evaluation.main
    blocks = [render_paragraph(text) for text in (*describe_differences(evaluation), RULE)]
    if main.model is not None:
        blocks.append(render_figure(figures.draw_scores(main)))
    rows: list[list[Cell]] = [
        [m.title, describe_direction(m), m.model.value, format_interval(m.model), m.baseline, m.simple]
        for m in evaluation.measures
        if m.model is not None
    ]
    headers = ["metric", "better is", "model", "95 % interval", "baseline", "linear model"]
    note = (
        f"Baseline: {evaluation.baseline_title}. The linear model has default parameters and the same "
        "recipe. Intervals are percentiles over resamples of the test rows; differences are computed within "
        "each resample."
    )
    explanations = [render_paragraph(text) for text in (note, *explain_figures(evaluation, problem))]
    return render_section(
        "How good it is",
        *blocks,
        render_heading("Every metric"),
        *explanations,
        render_table(headers, rows),
    )


def _build_probability_sections(evaluation: Evaluation, curves: Curves) -> list[Block]:
    if curves.binary is None:
        return []
    values = evaluation.to_metrics()
    drawings = [
        figures.draw_roc_curve(curves.binary.roc, values.get("roc_auc")),
        figures.draw_precision_recall_curve(curves.binary.precision_recall, values.get("average_precision")),
        figures.draw_calibration_curve(curves.binary.calibration),
    ]
    note = "The dotted line is what chance would give; for calibration, perfectly calibrated probabilities."
    return [
        render_section("Probabilities", render_paragraph(note), render_grid(*map(render_figure, drawings)))
    ]


def _build_decision_sections(evaluation: Evaluation, curves: Curves, problem: Problem) -> list[Block]:
    if curves.confusion is None:
        return []
    blocks = []
    if evaluation.threshold is not None:
        blocks.append(render_paragraph(explain_threshold(evaluation, problem)))
    worth = evaluation.worth
    if worth is not None:
        blocks.append(
            render_tiles(
                ("worth of the decisions on the test rows", worth.total),
                ("if every row is predicted positive", worth.always),
                ("if none is", worth.never),
            )
        )
    matrix = render_figure(figures.draw_confusion_matrix(curves.confusion))
    rows: list[list[Cell]] = [[*quality] for quality in compute_class_qualities(curves.confusion)]
    classes = render_table(["class", "test rows", "precision", "recall"], rows)
    if curves.binary is None:
        blocks.append(render_grid(matrix, classes))
    else:
        blocks.append(
            render_grid(matrix, render_figure(figures.draw_threshold_curve(curves.binary.thresholds)))
        )
        blocks += [render_heading("By class"), classes]
    return [render_section("Decisions", *blocks)]


def _build_error_sections(curves: Curves) -> list[Block]:
    if curves.residuals is None:
        return []
    drawings = (figures.draw_predictions, figures.draw_residuals, figures.draw_error_distribution)
    return [
        render_section(
            "Errors", render_grid(*(render_figure(drawing(curves.residuals)) for drawing in drawings))
        )
    ]


def _build_importance_sections(evaluation: Evaluation) -> list[Block]:
    items = evaluation.importances
    if not items:
        return []
    drawn = items[:_DRAWN_COLUMNS]
    note = f"{explain_importances(evaluation)} A bar is grey if it is not larger than that deviation."
    blocks = [render_paragraph(note), render_figure(figures.draw_importances(drawn, evaluation.main.title))]
    if len(items) > len(drawn):
        rows: list[list[Cell]] = [[i.column, i.drop, i.spread] for i in items[_DRAWN_COLUMNS:]]
        blocks.append(
            render_details(
                f"The other {len(rows)} columns", render_table(["column", "worse by", "spread"], rows)
            )
        )
    return [render_section("Important columns", *blocks)]


def _build_group_sections(evaluation: Evaluation) -> list[Block]:
    if not evaluation.groups:
        return []
    rows: list[list[Cell]] = [
        [group.column, group.value, group.rows, group.score] for group in evaluation.groups
    ]
    headers = ["column", "group", "test rows", evaluation.main.title]
    if evaluation.groups[0].positive_rate is not None:
        headers.append("predicted positive")
        rows = [[*row, group.positive_rate] for row, group in zip(rows, evaluation.groups, strict=True)]
    return [render_section("Sensitive groups", render_paragraph(GROUPS_NOTE), render_table(headers, rows))]


def _compute_share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
