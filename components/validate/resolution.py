"""What the problem left to the data: its task, metric, classes and positive class."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from components._problem.metrics import DEFAULT_SCORER, VALUE, scorer_named, shown
from components._problem.spec import Problem
from components._problem.task import Label, TaskKind
from components._table.notice import Notice
from components.errors import InvalidData, InvalidSetting, SuiteError, listed, suggestion
from components.validate.profile import MAX_CLASSES, Target

# Texts are taken for classes up to this many; more are likelier names or free text.
_MAX_TEXT_CLASSES = 100
# Whole numbers are taken for classes where they are few, and each stands for many rows.
_MAX_NUMBER_CLASSES = 20
_ROWS_PER_NUMBER_CLASS = 20
_AFFIRMATIVE = frozenset(
    {"yes", "y", "true", "t", "positive", "pos", "present", "churned", "converted", "defaulted", "fraud"}
)


@dataclass(frozen=True)
class Resolution:
    """A problem with nothing left open, or the draft where the data contradict it.

    Attributes
    ----------
    problem : Problem
        Resolved unless there are errors.
    findings : tuple of Notice
        Errors, or notes on what was decided and why.
    """

    problem: Problem
    findings: tuple[Notice, ...]


def resolve(draft: Problem, target: Target) -> Resolution:
    """Decide what a problem left to the data.

    The same data and draft always give the same problem.

    Parameters
    ----------
    draft : Problem
        The problem as it was written down.
    target : Target
        The column to predict.
    """
    notes: list[str] = []
    errors: list[Notice] = []
    try:
        task = _task(draft, target, notes)
    except SuiteError as error:
        return Resolution(draft, (_error(error),))
    decided: dict[str, Any] = {"task": task, "metric": _metric(draft, task, notes)}
    if task != "regression":
        decided["classes"] = tuple(target.counts)
    if task == "binary":
        try:
            decided["positive_label"] = _positive_label(draft, target.counts, notes)
        except SuiteError as error:
            errors.append(_error(error))
    try:
        problem = Problem.parse(draft.model_dump(mode="json") | decided)
    except SuiteError as error:
        errors.append(_error(error))
    if errors:
        return Resolution(draft, tuple(errors))
    return Resolution(problem, tuple(Notice("note", note) for note in notes))


def _error(error: SuiteError) -> Notice:
    return Notice("error", error.what, error.remedy)


def _task(draft: Problem, target: Target, notes: list[str]) -> TaskKind:
    column = target.column
    if column.n_distinct == 0:
        raise InvalidData(
            f"The target column {column.name!r} is empty: no row has a value.", "Name another target."
        )
    if column.n_distinct == 1:
        only = f"{next(iter(target.counts))!r}" if target.counts else f"{column.minimum}"
        raise InvalidData(
            f"The target column {column.name!r} has one value only: {only}.",
            "Add rows with other values, or name another target.",
        )
    if column.kind == "datetime":
        raise InvalidData(
            f"The target column {column.name!r} holds dates, which are not predicted.",
            "Turn them into a number, such as days from a given day, or name another target.",
        )
    if draft.task != "auto":
        _check_fit(draft.task, target)
        return draft.task
    task, reason = _task_by_values(target)
    notes.append(f"Task: {task}, because {reason}.")
    return task


def _task_by_values(target: Target) -> tuple[TaskKind, str]:
    column = target.column
    n_distinct = column.n_distinct
    if n_distinct == 2 and target.counts:
        return "binary", f"{column.name!r} has two values"
    if column.kind == "string":
        if n_distinct <= _MAX_TEXT_CLASSES:
            return "multiclass", f"{column.name!r} is text with {n_distinct} values"
        way_out = "Set task=multiclass if each is a class, or name" if target.counts else "Name"
        raise InvalidData(
            f"The target column {column.name!r} is text with {n_distinct:,} different values, "
            "which are too many to be taken for classes.",
            f"{way_out} another target.",
        )
    is_many = n_distinct > _MAX_NUMBER_CLASSES or target.n_known < _ROWS_PER_NUMBER_CLASS * n_distinct
    if column.kind == "integer" and not is_many:
        reason = f"{column.name!r} has only {n_distinct} different whole numbers"
        return "multiclass", f"{reason}; set task=regression to predict them as numbers"
    reason = f"{column.name!r} has {n_distinct:,} different numbers"
    return "regression", reason + ("; set task=multiclass if they are classes" if target.counts else "")


def _check_fit(task: TaskKind, target: Target) -> None:
    column = target.column
    where = f"task={task} does not fit the target column {column.name!r}"
    if task == "regression":
        if column.kind in ("string", "boolean"):
            holds = "text" if column.kind == "string" else "true and false"
            advice = "binary" if column.n_distinct == 2 else "multiclass"
            raise InvalidData(
                f"{where}: it holds {holds}, not numbers.", f"Set task={advice}, or name another target."
            )
        return
    if column.n_distinct > MAX_CLASSES:
        raise InvalidData(
            f"{where}: its {column.n_distinct:,} different values are too many to be classes "
            f"(at most {MAX_CLASSES:,}).",
            "Set task=regression if they are numbers, or name another target.",
        )
    if not target.counts:
        raise InvalidData(
            f"{where}: its numbers have fractions, so they are no classes.", "Set task=regression."
        )
    if task == "binary" and column.n_distinct != 2:
        raise InvalidData(
            f"{where}: it has {column.n_distinct} classes ({listed(map(repr, target.counts))}).",
            "Set task=multiclass, or merge the classes into two.",
        )
    if task == "multiclass" and column.n_distinct == 2:
        raise InvalidData(
            f"{where}: it has two classes ({listed(map(repr, target.counts))}).", "Set task=binary."
        )


def _metric(draft: Problem, task: TaskKind, notes: list[str]) -> str:
    if draft.metric == VALUE:
        return VALUE
    if draft.metric == "auto":
        notes.append(f"Metric: {shown(DEFAULT_SCORER[task])}, the default for a {task} task.")
        return DEFAULT_SCORER[task]
    # A metric that does not fit is refused with the whole specification.
    return scorer_named(draft.metric, task) or draft.metric


def _positive_label(draft: Problem, counts: Mapping[Label, int], notes: list[str]) -> Label:
    if draft.positive_label is not None:
        return _named_label(draft.positive_label, list(counts))
    affirmative = [label for label in counts if _is_affirmative(label, counts)]
    if len(affirmative) == 1:
        notes.append(f"Positive class: {affirmative[0]!r}, by its name.")
        return affirmative[0]
    # Of two equally frequent classes the last in order, as estimators number it.
    rarer = min(reversed(counts), key=lambda label: counts[label])
    reason = "the rarer one" if len(set(counts.values())) > 1 else "the last in order"
    notes.append(f"Positive class: {rarer!r}, {reason}; set positive_label to choose.")
    return rarer


def _named_label(given: Label, labels: list[Label]) -> Label:
    matches = [label for label in labels if label == given and type(label) is type(given)]
    # A form may send a number or a truth value as text.
    matches += [label for label in labels if str(label).casefold() == str(given).casefold()]
    matches += [label for label in labels if label == given]
    if matches:
        return matches[0]
    raise InvalidSetting(
        f"positive_label {given!r} is none of the target's classes.",
        suggestion(str(given), [str(label) for label in labels], "label"),
    )


def _is_affirmative(label: Label, counts: Mapping[Label, int]) -> bool:
    texts = {str(other).strip(" '\"").casefold() for other in counts}
    text = str(label).strip(" '\"").casefold()
    # 1 says yes beside 0 or -1 only: beside 2 it is a code like any other.
    return text in _AFFIRMATIVE or (text == "1" and not texts.isdisjoint({"0", "-1"}))
