"""Settings that the problem left open: its task, metric, classes and positive class."""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from components._problem.metrics import DEFAULT_SCORER, VALUE, describe_metric, find_scorer
from components._problem.spec import Problem
from components._problem.task import Label, TaskKind
from components._problem.yaml_lines import format_label_line, suggest_task
from components._table.notice import Level, Notice
from components.errors import InvalidData, InvalidSetting, SuiteError, format_list, suggest_name
from components.validate.positive_class import choose_positive_class
from components.validate.target_marks import ask_about_marks, ask_about_texts
from components.validate.target_profile import MAX_CLASSES, MAX_NUMBER_CLASSES, TargetProfile

# Up to so many different texts are classes; more are probably names or free text.
_MAX_TEXT_CLASSES = 100
# Whole numbers are classes if there are few of them, each in many rows.
_ROWS_PER_NUMBER_CLASS = 20
# Counts: at least so many numbers, with fewer and fewer rows towards the top, where only few are left.
_LEAST_COUNTS = 5
_TAIL_SHARE = 0.05


@dataclass(frozen=True)
class Resolution:
    """The problem with nothing left open, or the draft if the data contradict it.

    Attributes
    ----------
    problem : Problem
        The problem, resolved unless there are errors.
    findings : tuple of Notice
        Errors, or notes on what was decided and why.
    """

    problem: Problem
    findings: tuple[Notice, ...]


def resolve_problem(draft: Problem, target: TargetProfile) -> Resolution:
    """Decide what a problem left open, by the data.

    The same data and draft always give the same problem.
    """
    if questions := (*ask_about_marks(draft, target), *ask_about_texts(draft, target)):
        return Resolution(draft, questions)
    notes: list[Notice] = []
    errors: list[Notice] = []
    try:
        task = _decide_task(draft, target, notes)
    except SuiteError as error:
        return Resolution(draft, (Notice.from_error(error),))
    decided: dict[str, Any] = {"task": task, "metric": _resolve_metric(draft, task, notes)}
    if task != "regression":
        decided["classes"] = tuple(target.counts)
    if task == "binary":
        try:
            decided["positive_label"] = _decide_positive_label(draft, target.counts, notes)
        except SuiteError as error:
            errors.append(Notice.from_error(error))
    try:
        problem = Problem.from_settings(draft.model_dump(mode="json") | decided)
    except SuiteError as error:
        errors.append(Notice.from_error(error))
    if errors:
        return Resolution(draft, tuple(errors))
    return Resolution(problem, tuple(notes))


def _decide_task(draft: Problem, target: TargetProfile, notes: list[Notice]) -> TaskKind:
    column = target.column
    if column.n_distinct == 0:
        raise InvalidData(
            f"The target column {column.name!r} is empty: no row has a value.", "Name another target."
        )
    if column.n_distinct == 1:
        only = f"{next(iter(target.counts))!r}" if target.counts else f"{column.minimum}"
        raise InvalidData(
            f"The target column {column.name!r} has only one value: {only}.",
            "Add rows with other values, or name another target.",
        )
    if column.kind == "datetime":
        raise InvalidData(
            f"The target column {column.name!r} holds dates, which cannot be predicted.",
            "Turn them into a number, such as days from a given day, or name another target.",
        )
    if draft.task != "auto":
        _check_fit(draft.task, target)
        return draft.task
    task, reason, remedy = _infer_task(target)
    # Counts may be numbers or classes, so the user should check this guess.
    level: Level = "warning" if task == "regression" and _are_counts(target) else "note"
    notes.append(Notice(level, f"Task: {task}, because {reason}.", remedy))
    return task


def _infer_task(target: TargetProfile) -> tuple[TaskKind, str, str]:
    column = target.column
    n_distinct = column.n_distinct
    if n_distinct == 2 and target.counts:
        return "binary", f"{column.name!r} has two values", ""
    if column.kind == "string":
        if n_distinct <= _MAX_TEXT_CLASSES:
            return "multiclass", f"{column.name!r} is text with {n_distinct} values", ""
        start = f"{suggest_task('multiclass')} if each is a class, or name" if target.counts else "Name"
        raise InvalidData(
            f"The target column {column.name!r} is text with {n_distinct:,} different values, "
            "too many to be classes.",
            f"{start} another target.",
        )
    if not target.counts or n_distinct > MAX_NUMBER_CLASSES:
        remedy = f"{suggest_task('multiclass')} if they are classes." if target.counts else ""
        return "regression", f"{column.name!r} has {n_distinct:,} different numbers", remedy
    if _are_counts(target):
        reason = (
            f"{column.name!r} looks like counts: {n_distinct} whole numbers from {min(target.counts)} up, "
            "with fewer and fewer rows for larger ones"
        )
        return "regression", reason, f"{suggest_task('multiclass')} if each number is a class."
    if target.n_known < _ROWS_PER_NUMBER_CLASS * n_distinct:
        reason = f"{column.name!r} has {n_distinct} different numbers, each in few rows"
        return "regression", reason, f"{suggest_task('multiclass')} if they are classes."
    reason = f"{column.name!r} has only {n_distinct} different whole numbers, each in many rows"
    return "multiclass", reason, f"{suggest_task('regression')} to predict them as numbers."


def _are_counts(target: TargetProfile) -> bool:
    """Return whether few whole numbers are counts: from 0 or 1 up, fewer and fewer rows, a thin tail."""
    numbers = [label for label in target.counts if not isinstance(label, str)]
    rows = [target.counts[label] for label in numbers]
    if target.column.kind == "boolean" or not _LEAST_COUNTS <= len(numbers) <= MAX_NUMBER_CLASSES:
        return False
    top = rows.index(max(rows))
    falls = all(
        # By chance a larger number may have more rows than the one before, within two standard deviations.
        later <= earlier + 2 * (2 * earlier) ** 0.5
        for earlier, later in itertools.pairwise(rows[top:])
    )
    is_thin = rows[-1] < _TAIL_SHARE * rows[top]
    return min(numbers) in (0, 1) and top < len(rows) / 2 and falls and is_thin


def _check_fit(task: TaskKind, target: TargetProfile) -> None:
    column = target.column
    where = f"task={task} does not fit the target column {column.name!r}"
    if task == "regression":
        if column.kind in ("string", "boolean"):
            holds = "text" if column.kind == "string" else "true and false"
            advice: TaskKind = "binary" if column.n_distinct == 2 else "multiclass"
            raise InvalidData(
                f"{where}: it holds {holds}, not numbers.",
                f"{suggest_task(advice)}, or name another target.",
            )
        return
    if column.n_distinct > MAX_CLASSES:
        raise InvalidData(
            f"{where}: its {column.n_distinct:,} different values are too many to be classes "
            f"(at most {MAX_CLASSES:,}).",
            f"{suggest_task('regression')} if they are numbers, or name another target.",
        )
    if not target.counts:
        raise InvalidData(
            f"{where}: its numbers have fractions, so they are not classes.", f"{suggest_task('regression')}."
        )
    if task == "binary" and column.n_distinct != 2:
        raise InvalidData(
            f"{where}: it has {column.n_distinct} classes ({format_list(map(repr, target.counts))}).",
            f"{suggest_task('multiclass')}, or merge the classes into two.",
        )
    if task == "multiclass" and column.n_distinct == 2:
        raise InvalidData(
            f"{where}: it has two classes ({format_list(map(repr, target.counts))}).",
            f"{suggest_task('binary')}.",
        )


def _resolve_metric(draft: Problem, task: TaskKind, notes: list[Notice]) -> str:
    if draft.metric == VALUE:
        return VALUE
    if draft.metric == "auto":
        notes.append(
            Notice("note", f"Metric: {describe_metric(DEFAULT_SCORER[task])}, the default for a {task} task.")
        )
        return DEFAULT_SCORER[task]
    # Problem.from_settings refuses a metric that does not fit.
    return find_scorer(draft.metric, task) or draft.metric


def _decide_positive_label(draft: Problem, counts: Mapping[Label, int], notes: list[Notice]) -> Label:
    if draft.positive_label is not None:
        return _match_label(draft.positive_label, list(counts))
    label, reason = choose_positive_class(counts)
    (other,) = counts.keys() - {label}
    notes.append(
        Notice(
            "note",
            f"Positive class: {label!r}, {reason}.",
            f"To choose {other!r}, write in problem.yaml: `{format_label_line('positive_label', other)}`.",
        )
    )
    return label


def _match_label(wanted: Label, labels: list[Label]) -> Label:
    matches = [label for label in labels if label == wanted and type(label) is type(wanted)]
    # A form may send a number or a truth value as text.
    matches += [label for label in labels if str(label).casefold() == str(wanted).casefold()]
    matches += [label for label in labels if label == wanted]
    if matches:
        return matches[0]
    raise InvalidSetting(
        f"positive_label {wanted!r} is not a class of the target.",
        suggest_name(str(wanted), [str(label) for label in labels], "label"),
    )
