"""The index page of a run: a sidebar, an overview, and the pages of the stages."""

import json
import shutil
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from markdown_it import MarkdownIt

from components._problem.metrics import SCORERS, describe_metric
from components._report.page import Cell, Message, format_value, render_page
from pipelines.catalogue import PIPELINES
from pipelines.local.run_folder import RunFolder
from pipelines.local.run_result import RunResult, describe_gate
from pipelines.local.summary import format_figure
from pipelines.parameters import read_signature


class ScoreMark(NamedTuple):
    """A score on the scale of scores.

    Attributes
    ----------
    title : str
        What has the score.
    score : str
        The score.
    position : float or None
        Its place on the scale, from 0 to 100.
    interval : tuple of (float, float) or None
        Start and width of the model's interval on the scale.
    is_model : bool
        Whether it is the model's.
    """

    title: str
    score: str
    position: float | None
    interval: tuple[float, float] | None
    is_model: bool


class LinkedTile(NamedTuple):
    """A value in large type that leads to the page of the stage that found it."""

    label: str
    value: Cell
    page: str


class Document(NamedTuple):
    """A document of the run; its slug is its name in addresses."""

    title: str
    slug: str
    html: str


def write_index(folder: RunFolder, result: RunResult) -> None:
    """Copy the stages' pages to ``pages/`` and write ``index.html`` beside it."""
    folder.pages.mkdir()
    for stage in result.stages:
        if stage.page is not None:
            shutil.copyfile(stage.page, folder.pages / f"{stage.name}.html")
    folder.index.write_text(render_index(result), encoding="utf-8")


def render_index(result: RunResult) -> str:
    """Return the HTML of the index page, which loads ``pages/<stage>.html`` for each stage with a page."""
    values: dict[str, object] = {}
    problem = result.parameters.get("problem") or {}
    if result.evaluation is not None:
        values = _describe_evaluation(result.evaluation)
    if result.use is not None:
        values["use_facts"] = result.use.list_tiles()
    return render_page(
        "pipelines/local/index.html",
        result=result,
        evaluation=result.evaluation,
        banner=[*result.failures, result.remedy] if result.failures else [describe_result(result)],
        decisions=list(_iterate_decisions(result)),
        longest=max((stage.seconds for stage in result.stages), default=0.0),
        facts=list(_iterate_facts(result)),
        # The brief describes the problem, and the validation page what was expected.
        question=problem.get("description", ""),
        owner=problem.get("owner", ""),
        parameters=_list_parameters(result, are_set=True),
        defaults=_list_parameters(result, are_set=False),
        documents=[_render_document(title, text) for title, text in result.documents.items()],
        **values,
    )


def describe_result(result: RunResult) -> str:
    """Return the result of a run without failures, in a sentence."""
    if result.use is not None:
        return result.use.sentence
    evaluation = result.evaluation or {}
    score, low, high = (format_figure(evaluation[name], evaluation) for name in ("score", "low", "high"))
    return (
        f"{evaluation['model']} predicts {result.parameters['target']} with "
        f"{describe_metric(evaluation['metric'])} "
        f"{score} on rows it has not seen (95\u00a0% interval {low} to {high})."
        f"{_describe_simple_model(evaluation)}"
    )


def _describe_simple_model(evaluation: Mapping[str, Any]) -> str:
    words = evaluation.get("against_simple", {}).get("words", "")
    if evaluation["simple"] is None or not words:
        return ""
    return f" A linear model gets {format_figure(evaluation['simple'], evaluation)}: {words}."


def _describe_evaluation(evaluation: Mapping[str, Any]) -> dict[str, object]:
    gates: list[Message] = [
        ("good" if gate["passed"] else "error", f"{gate['gate']}: {describe_gate(gate)}")
        for gate in evaluation["gates"]
    ]
    metric = describe_metric(evaluation["metric"])
    return {
        "metric": metric,
        "better": "smaller" if _is_error(evaluation["metric"]) else "larger",
        "scale": _build_score_scale(evaluation),
        "comparison": evaluation.get("against_simple", {}).get("words", ""),
        "gates": gates,
        "linked_tiles": [
            LinkedTile(f"{metric} on test rows", format_figure(evaluation["score"], evaluation), "evaluate"),
            LinkedTile("baseline", format_figure(evaluation["baseline"], evaluation), "evaluate"),
            LinkedTile("simple model", format_figure(evaluation["simple"], evaluation), "evaluate"),
            LinkedTile("trials", evaluation["trials"], "tune"),
            LinkedTile("training rows", evaluation["rows_train"], "eda"),
            LinkedTile("test rows", evaluation["rows_test"], "evaluate"),
        ],
    }


def _build_score_scale(evaluation: Mapping[str, Any]) -> list[ScoreMark]:
    scores = {
        "Baseline": evaluation["baseline"],
        "Simple model": evaluation["simple"],
        evaluation["model"]: evaluation["score"],
    }
    ends = evaluation["low"], evaluation["high"]
    known = [value for value in (*scores.values(), *ends) if value is not None]
    low, high = min(known), max(known)

    def compute_position(value: float) -> float:
        return 4 + 92 * (value - low) / (high - low) if high > low else 50.0

    marks = []
    for title, score in scores.items():
        is_model = title == evaluation["model"]
        position = None if score is None else compute_position(score)
        interval = None
        if is_model and evaluation["low"] is not None:
            left, right = map(compute_position, ends)
            interval = left, right - left
        marks.append(ScoreMark(title, format_figure(score, evaluation), position, interval, is_model))
    return marks


def _iterate_decisions(result: RunResult) -> Iterator[tuple[str, str]]:
    decisions = result.decisions
    if not decisions.facts:
        return
    for label, text in decisions.facts:
        yield label.capitalize(), text
    for label, texts in {"Left out": decisions.left_out, "Read as": decisions.readings}.items():
        if texts:
            yield label, ", ".join(texts)
    if decisions.features:
        yield "Features", decisions.features


def _list_parameters(result: RunResult, *, are_set: bool) -> list[tuple[str, str]]:
    """Return the parameters that differ from their defaults, or those that do not."""
    pipeline = result.command.words[-1]
    # A pipeline outside the catalogue has no defaults to compare with.
    declared = read_signature(pipeline) if pipeline in PIPELINES else {}
    # The brief describes the problem, and the validation page what was expected. A study has the run's name.
    hidden = {
        "source",
        "problem",
        "expectations",
        *(["study"] if result.parameters.get("study") == result.name else []),
    }
    return [
        (name, _format_value(value))
        for name, value in result.parameters.items()
        if name not in hidden and (name not in declared or declared[name].default != value) == are_set
    ]


def _is_error(metric: str) -> bool:
    return any(f"neg_{metric}" in scorers for scorers in SCORERS.values())


def _iterate_facts(result: RunResult) -> Iterable[tuple[str, Cell]]:
    names = {"source": "Source", "rows": "Rows", "columns": "Columns", "sha256": "Content hash (SHA-256)"}
    for key, name in names.items():
        if key in result.data:
            yield name, _format_value(result.data[key])
    if result.decisions.expectations:
        yield "Expectations (SHA-256)", result.decisions.expectations
    if result.evaluation is not None and result.evaluation.get("threshold") is not None:
        yield "Decision threshold", format_value(result.evaluation["threshold"])
    yield "Commit", result.commit


def _format_value(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int | float):
        return format_value(value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _render_document(title: str, text: str) -> Document:
    html = MarkdownIt("commonmark", {"html": False}).enable("table").render(text)
    return Document(title, title.lower().replace(" ", "-"), html)
