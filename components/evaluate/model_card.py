"""The model card in Markdown: what a model is, what it is for, and how good it is.

Its sections follow Mitchell and others, Model Cards for Model Reporting (FAT* 2019).
"""

from collections.abc import Iterator
from typing import Any

from components._problem.spec import Problem
from components._report.formats import format_significant
from components._report.markdown import escape_markdown, render_markdown_table
from components._report.page import format_share, format_value
from components.evaluate.cost_change import describe_cost_change
from components.evaluate.coverage_explanation import describe_coverage, judge_coverage
from components.evaluate.evaluation import Evaluation
from components.evaluate.explanation import (
    GROUPS_NOTE,
    conclude_groups,
    explain_figures,
    explain_importances,
    explain_search,
    explain_threshold,
)
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
from components.evaluate.significance import (
    RULE,
    describe_caveat,
    describe_differences,
    judge_difference,
)

_SHOWN_FEATURES = 10
_FEW_ROWS = 200


def render_model_card(evaluation: Evaluation, problem: Problem, lineage: dict[str, Any]) -> str:
    """Return the card."""
    parts = [
        f"# Model card: {escape_markdown(evaluation.title)} for {escape_markdown(problem.target)}",
        _describe_model(evaluation, problem),
        "## Intended use",
        _render_use(problem),
        "## How good it is",
        _render_quality(evaluation, problem),
        "## Gates",
        _render_gates(evaluation),
        *_render_threshold(evaluation, problem),
        *_render_features(evaluation),
        *_render_intervals(evaluation, problem),
        *_render_slices(evaluation, problem),
        *_render_groups(evaluation),
        "## Limits",
        "\n".join(f"- {limit}" for limit in _iterate_limits(evaluation, problem, lineage)),
        "## Data and lineage",
        _render_lineage(lineage),
    ]
    return "\n\n".join(parts) + "\n"


def _describe_model(evaluation: Evaluation, problem: Problem) -> str:
    kinds = {
        "binary": f"whether it is {escape_markdown(str(problem.positive_label))}",
        "multiclass": f"one of {len(problem.classes)} classes",
        "regression": "a number",
    }
    return (
        f"Predicts **{escape_markdown(problem.target)}**, {kinds[problem.kind]}. The model is of the family "
        f"“{escape_markdown(evaluation.title)}”. It was trained on {evaluation.rows_train:,} rows and tested "
        f"on {evaluation.used.scored:,} rows that no earlier stage had read."
    )


def _render_use(problem: Problem) -> str:
    purpose = escape_markdown(problem.description) or "*The problem does not say what the model is for.*"
    return f"{purpose}\n\nOwner: {escape_markdown(problem.owner) or '*not named*'}"


def _render_quality(evaluation: Evaluation, problem: Problem) -> str:
    main = evaluation.main
    if main.model is None:
        sentence = f"The main metric, {escape_markdown(main.title)}, is undefined on the test rows."
    else:
        sentence = (
            f"**{escape_markdown(main.title)} {format_estimate(main.model)}** on the test rows; "
            f"{describe_direction(main)} is better."
        )
    rows = [
        (
            m.title,
            format_figure(m.model.value, m.model),
            format_interval(m.model),
            format_figure(m.baseline, m.model),
            format_figure(m.simple, m.model),
            describe_direction(m),
        )
        for m in evaluation.measures
        if m.model is not None
    ]
    listing = render_markdown_table(
        ("Metric", "Model", "95 % interval", "Baseline", "Linear model", "Better is"), rows
    )
    notes = [
        f"Baseline: {escape_markdown(evaluation.baseline_title)}.",
        *describe_differences(evaluation),
        *describe_power(evaluation),
        RULE,
    ]
    notes += map(escape_markdown, explain_figures(evaluation, problem))
    if evaluation.undefined:
        notes.append(f"Undefined on these rows: {escape_markdown(', '.join(evaluation.undefined))}.")
    return "\n\n".join([sentence, listing, *notes])


def _render_gates(evaluation: Evaluation) -> str:
    rows = ((gate.gate, gate.shown, "passed" if gate.passed else "failed") for gate in evaluation.gates)
    notes = [escape_markdown(failure) for failure in evaluation.failures]
    if not notes and (reason := describe_caveat(evaluation)):
        notes = [f"**Passed, but {escape_markdown(reason)}.**"]
    return "\n\n".join([*notes, render_markdown_table(("Gate", "Figure", "Result"), rows)])


def _render_threshold(evaluation: Evaluation, problem: Problem) -> list[str]:
    if evaluation.threshold is None:
        return []
    lines = [escape_markdown(explain_threshold(evaluation, problem))]
    worth = evaluation.worth
    if worth is not None:
        total, always, never = format_alike([worth.total, worth.always, worth.never])
        lines.append(
            f"On the test rows the decisions are worth {total}; always predicting positive is "
            f"worth {always}, never {never}."
        )
    lines += map(escape_markdown, describe_cost_change(evaluation.cost_change))
    return ["## Decision threshold", *lines]


def _render_features(evaluation: Evaluation) -> list[str]:
    found = tuple(item for item in evaluation.importances if item.drop > 0)[:_SHOWN_FEATURES]
    if not found:
        return []
    rows = ((column, f"{drop} ± {spread}") for column, drop, spread in list_importances(found))
    note = escape_markdown(explain_importances(evaluation))
    return ["## Important columns", note, render_markdown_table(("Column", "Worse by"), rows)]


def _render_intervals(evaluation: Evaluation, problem: Problem) -> list[str]:
    coverage = evaluation.coverage
    if coverage is None:
        return []
    texts = [*describe_coverage(coverage, problem), judge_coverage(coverage)[1]]
    return ["## Prediction intervals", *map(escape_markdown, texts)]


def _render_slices(evaluation: Evaluation, problem: Problem) -> list[str]:
    search = evaluation.search
    if search is None:
        return []
    parts = ["## Where it does worse", escape_markdown(explain_search(search, problem))]
    if search.slices:
        rows = (map(format_value, row) for row in list_slices(search, problem))
        parts.append(render_markdown_table(SLICE_HEADERS, rows))
    return parts


def _render_groups(evaluation: Evaluation) -> list[str]:
    if not evaluation.groups:
        return []
    rows = (
        (
            group.column,
            group.value,
            f"{group.rows:,}",
            "–" if group.score is None else format_figure(group.score.value, group.score),
            format_interval(group.score),
            "–" if group.positive_rate is None else format_share(group.positive_rate),
        )
        for group in evaluation.groups
    )
    headers = ("Column", "Group", "Test rows", evaluation.main.title, "95 % interval", "Predicted positive")
    notes = map(escape_markdown, conclude_groups(evaluation))
    return ["## Sensitive groups", GROUPS_NOTE, *notes, render_markdown_table(headers, rows)]


def _iterate_limits(evaluation: Evaluation, problem: Problem, lineage: dict[str, Any]) -> Iterator[str]:
    if evaluation.rows_test < _FEW_ROWS:
        yield f"Tested on only {evaluation.rows_test:,} rows: trust the intervals more than the figures."
    if lineage.get("strategy") in ("column", "table"):
        yield "Tested on rows that a person chose. They may be unlike the rows that it will predict."
    elif problem.event_time is None:
        yield (
            "Tested on rows of the same time as the training rows. It may do worse on later rows, and the "
            "figures do not say by how much."
        )
    else:
        yield "Tested on rows later than the training rows. It is not known how long it stays good."
    if not evaluation.is_simple and judge_difference(evaluation.over_simple) != "better":
        yield "It is not shown to be better than a linear model, which is easier to explain."
    for level, text in describe_pitfalls(evaluation):
        if level == "warning":
            yield escape_markdown(text)
    if evaluation.importances:
        yield "An important column helps to predict, but it need not be a cause."
    if not problem.sensitive:
        yield "No sensitive columns were named, so groups of people were not compared."
    refusal = lineage.get("serving", {}).get("refused_because")
    if refusal:
        yield f"It is served with scikit-learn, which is slower, because it has no compiled form: {refusal}."


def _render_lineage(lineage: dict[str, Any]) -> str:
    rows = [
        (name, _format_value(value)) for name, value in _flatten(lineage) if value is not None and value != ""
    ]
    return render_markdown_table(("What", "Value"), rows)


def _flatten(values: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in values.items():
        if isinstance(value, dict):
            yield from _flatten(value, f"{prefix}{name} ")
        elif isinstance(value, list) and any(isinstance(item, dict) for item in value):
            for i, item in enumerate(value, 1):
                yield from _flatten(item, f"{prefix}{name} {i} ")
        else:
            yield f"{prefix}{name}".replace("_", " "), value


def _format_value(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(_format_value(item) for item in value)
    # A seed or a year has no thousands separators.
    return format_significant(value) if isinstance(value, float) else str(value)
