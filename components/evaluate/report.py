"""The page of the evaluation: verdict, figures and curves."""

from collections.abc import Iterable
from typing import NamedTuple

from components._metrics.scores import judges_decisions
from components._problem.spec import Problem
from components._report.page import Message, format_share, render_page
from components.evaluate import figures
from components.evaluate.cost_change import describe_cost_change
from components.evaluate.coverage_explanation import describe_coverage, judge_coverage, list_coverage
from components.evaluate.curves import ConfusionMatrix, Curves, list_lifts
from components.evaluate.evaluation import Evaluation, Measure
from components.evaluate.explanation import (
    GROUPS_NOTE,
    conclude_groups,
    explain_figures,
    explain_importances,
    explain_search,
    explain_threshold,
)
from components.evaluate.gates import BEATS_BASELINE
from components.evaluate.number_format import (
    SLICE_HEADERS,
    describe_direction,
    format_alike,
    format_estimate,
    format_figure,
    format_interval,
    list_importances,
    list_slices,
)
from components.evaluate.pitfalls import describe_pitfalls
from components.evaluate.power import describe_power
from components.evaluate.side_description import judge_sides, list_differences
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
    """Return the page."""
    main, worth, coverage = evaluation.main, evaluation.worth, evaluation.coverage
    return render_page(
        "components/evaluate/report.html",
        evaluation=evaluation,
        curves=curves,
        figures=figures,
        verdict=collect_verdict_messages(evaluation),
        interval="" if main.model is None else format_interval(main.model),
        scores=[
            format_figure(value, main.model)
            for value in (None if main.model is None else main.model.value, main.baseline, main.simple)
        ],
        is_without_gates=any(gate.gate == BEATS_BASELINE for gate in evaluation.gates),
        gates=[(gate.gate, gate.shown, "passed" if gate.passed else "failed") for gate in evaluation.gates],
        paragraphs=[*describe_differences(evaluation), RULE],
        explanations=explain_figures(evaluation, problem),
        measures=_list_measures(m for m in evaluation.measures if not _is_of_decisions(m, problem)),
        decisions=_list_measures(m for m in evaluation.measures if _is_of_decisions(m, problem)),
        metrics=evaluation.to_metrics(),
        threshold="" if evaluation.threshold is None else explain_threshold(evaluation, problem),
        classes=[]
        if curves.confusion is None
        else [
            (of.label, of.rows, *(None if share is None else format_share(share) for share in of[2:]))
            for of in compute_class_qualities(curves.confusion)
        ],
        importance_note=explain_importances(evaluation),
        drawn_importances=evaluation.importances[:_DRAWN_COLUMNS],
        other_importances=list_importances(evaluation.importances)[_DRAWN_COLUMNS:],
        groups_notes=[GROUPS_NOTE, *conclude_groups(evaluation)],
        groups=[
            (
                g.column,
                g.value,
                g.rows,
                "–" if g.score is None else format_figure(g.score.value, g.score),
                format_interval(g.score),
                *([] if g.positive_rate is None else [format_share(g.positive_rate)]),
            )
            for g in evaluation.groups
        ],
        lifts=[] if curves.binary is None else list_lifts(curves.binary.gain, evaluation.used.scored),
        coverage=coverage,
        coverage_notes=[] if coverage is None else describe_coverage(coverage, problem),
        coverage_message=[] if coverage is None else [judge_coverage(coverage)],
        coverages=[] if coverage is None else list_coverage(coverage),
        pitfalls=describe_pitfalls(evaluation),
        sides=evaluation.sides,
        sides_messages=[] if evaluation.sides is None else judge_sides(evaluation.sides),
        differences=[] if evaluation.sides is None else list_differences(evaluation.sides),
        origin_score=(
            format_estimate(evaluation.sides.origin.roc_auc)
            if evaluation.sides and evaluation.sides.origin
            else ""
        ),
        search=evaluation.search,
        search_note="" if evaluation.search is None else explain_search(evaluation.search, problem),
        slice_headers=SLICE_HEADERS,
        slices=[] if evaluation.search is None else list_slices(evaluation.search, problem),
        cost_change=describe_cost_change(evaluation.cost_change),
        worths=[] if worth is None else format_alike([worth.total, worth.always, worth.never]),
    )


def collect_verdict_messages(evaluation: Evaluation) -> list[Message]:
    """Return whether the model passed, and what else a reader must know before the figures."""
    messages: list[Message] = [("error", f"Failed: {failure}") for failure in evaluation.failures]
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
    if power := describe_power(evaluation):
        messages.append(("note", " ".join(power)))
    return messages


def _is_of_decisions(measure: Measure, problem: Problem) -> bool:
    return problem.kind != "regression" and judges_decisions(measure.scorer)


def _list_measures(measures: Iterable[Measure]) -> list[tuple[str, ...]]:
    return [
        (
            m.title,
            describe_direction(m),
            format_figure(m.model.value, m.model),
            format_interval(m.model),
            format_figure(m.baseline, m.model),
            format_figure(m.simple, m.model),
        )
        for m in measures
        if m.model is not None
    ]


def _compute_share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
