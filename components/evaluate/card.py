"""The model card: what a model is, what it is for and what it is worth, in Markdown.

Its parts follow Mitchell and others, Model Cards for Model Reporting (FAT* 2019).
"""

from collections.abc import Iterator
from typing import Any

from components._model.scoring import threshold_criterion
from components._problem.spec import Problem
from components._report.markdown import escaped, markdown_table
from components.evaluate.explanation import explanations
from components.evaluate.record import Evaluation
from components.evaluate.standing import RULE, caveat, standing
from components.evaluate.wording import better, compared, figure, interval, with_interval

_SHOWN_FEATURES = 10
_FEW_ROWS = 200


def model_card(evaluation: Evaluation, problem: Problem, lineage: dict[str, Any]) -> str:
    """Return the card.

    Parameters
    ----------
    evaluation : Evaluation
        The model on the test rows.
    problem : Problem
        The resolved problem.
    lineage : dict
        Where the model comes from, JSON values, nested or not; what is not known is left out.
    """
    parts = [
        f"# Model card: {escaped(evaluation.title)} for {escaped(problem.target)}",
        _what(evaluation, problem),
        "## Intended use",
        _use(problem),
        "## How good it is",
        _quality(evaluation, problem),
        "## Gates",
        _gates(evaluation),
        *_threshold(evaluation, problem),
        *_features(evaluation),
        *_groups(evaluation),
        "## Limits",
        "\n".join(f"- {limit}" for limit in _limits(evaluation, problem, lineage)),
        "## Data and lineage",
        _lineage(lineage),
    ]
    return "\n\n".join(parts) + "\n"


def _what(evaluation: Evaluation, problem: Problem) -> str:
    kinds = {
        "binary": f"whether it is {escaped(str(problem.positive_label))}",
        "multiclass": f"one of {len(problem.classes)} classes",
        "regression": "a number",
    }
    return (
        f"Predicts **{escaped(problem.target)}**, {kinds[problem.kind]}. A model of the family "
        f"“{escaped(evaluation.title)}”, learnt from {evaluation.rows_train:,} rows and judged on "
        f"{evaluation.rows_test:,} rows that no earlier stage had read."
    )


def _use(problem: Problem) -> str:
    purpose = escaped(problem.description) or "*Nobody has written down what the model is for.*"
    return f"{purpose}\n\nOwner: {escaped(problem.owner) or '*nobody yet*'}"


def _quality(evaluation: Evaluation, problem: Problem) -> str:
    main = evaluation.main
    if main.model is None:
        sentence = f"The main metric, {escaped(main.name)}, is undefined on the test rows."
    else:
        sentence = (
            f"**{escaped(main.name)} {with_interval(main.model)}** on the test rows; {better(main)} is "
            "better."
        )
    rows = [
        (m.name, figure(m.model.value), interval(m.model), figure(m.baseline), figure(m.simple), better(m))
        for m in evaluation.measures
        if m.model is not None
    ]
    listing = markdown_table(
        ("Metric", "Model", "95 % interval", "Baseline", "Linear model", "Better is"), rows
    )
    notes = [f"Baseline: {escaped(evaluation.baseline_title)}.", *_comparisons(evaluation), RULE]
    notes += map(escaped, explanations(evaluation, problem))
    if evaluation.undefined:
        notes.append(f"Undefined on these rows: {escaped(', '.join(evaluation.undefined))}.")
    return "\n\n".join([sentence, listing, *notes])


def _comparisons(evaluation: Evaluation) -> Iterator[str]:
    for name, over in (("baseline", evaluation.over_baseline), ("linear model", evaluation.over_simple)):
        if over is not None:
            yield compared(name, over)


def _gates(evaluation: Evaluation) -> str:
    rows = (
        (gate.gate, figure(gate.value), "passed" if gate.passed else "failed") for gate in evaluation.gates
    )
    remarks = [escaped(failure) for failure in evaluation.failures]
    if not remarks and (reason := caveat(evaluation)):
        remarks = [f"**Passed, but {escaped(reason)}.**"]
    return "\n\n".join([*remarks, markdown_table(("Gate", "Figure", "Result"), rows)])


def _threshold(evaluation: Evaluation, problem: Problem) -> list[str]:
    if evaluation.threshold is None:
        return []
    lines = [
        f"{escaped(str(problem.positive_label))} is decided from a probability of "
        f"{figure(evaluation.threshold)} on: of all thresholds this was best for "
        f"{escaped(threshold_criterion(problem))} on out-of-fold predictions of the training rows."
    ]
    worth = evaluation.worth
    if worth is not None:
        lines.append(
            f"On the test rows the decisions are worth {figure(worth.total)}; always deciding positive is "
            f"worth {figure(worth.always)}, never {figure(worth.never)}."
        )
    return ["## Decision threshold", *lines]


def _features(evaluation: Evaluation) -> list[str]:
    found = [item for item in evaluation.importances if item.drop > 0][:_SHOWN_FEATURES]
    if not found:
        return []
    rows = ((item.column, f"{figure(item.drop)} ± {figure(item.spread)}") for item in found)
    how = (
        f"By how much {escaped(evaluation.main.name)} worsens when a column's values are shuffled among the "
        "test rows. Columns that say the same share their importance."
    )
    return ["## Important columns", how, markdown_table(("Column", "Worse by"), rows)]


def _groups(evaluation: Evaluation) -> list[str]:
    if not evaluation.groups:
        return []
    rows = (
        (group.column, group.value, f"{group.rows:,}", figure(group.score), figure(group.positive_rate))
        for group in evaluation.groups
    )
    headers = ("Column", "Group", "Test rows", evaluation.main.name, "Decided positive")
    how = "The model does not see these columns; its results in their groups may differ all the same."
    return ["## Sensitive groups", how, markdown_table(headers, rows)]


def _limits(evaluation: Evaluation, problem: Problem, lineage: dict[str, Any]) -> Iterator[str]:
    if evaluation.rows_test < _FEW_ROWS:
        yield f"Only {evaluation.rows_test:,} rows to test on: trust the intervals rather than the figures."
    if problem.event_time is None:
        yield (
            "Tested on rows of the same time as those it learnt from; it may do worse on later ones, and the "
            "figures do not say by how much."
        )
    else:
        yield "Tested on rows later than those it learnt from; how long it stays good is not known."
    if not evaluation.is_simple and standing(evaluation.over_simple) != "better":
        yield "It is not shown to be better than a linear model, which is easier to explain."
    if evaluation.importances:
        yield "An important column helps to predict; it need not be a cause."
    if not problem.sensitive:
        yield "No sensitive columns were named, so groups of people were not compared."
    refusal = lineage.get("serving", {}).get("refused_because")
    if refusal:
        yield f"It is served in scikit-learn's form, which is slower, as its fast one was refused: {refusal}."


def _lineage(lineage: dict[str, Any]) -> str:
    rows = [(name, _word(value)) for name, value in _flat(lineage) if value is not None and value != ""]
    return markdown_table(("What", "Value"), rows)


def _flat(values: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in values.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{name} ")
        elif isinstance(value, list) and any(isinstance(item, dict) for item in value):
            for i, item in enumerate(value, 1):
                yield from _flat(item, f"{prefix}{name} {i} ")
        else:
            yield f"{prefix}{name}".replace("_", " "), value


def _word(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(_word(item) for item in value)
    # A seed or a year is no quantity to be grouped by thousands.
    return f"{value:.4g}" if isinstance(value, float) else str(value)
