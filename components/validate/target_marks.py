"""Texts in a target that may mean a missing value; only an empty cell does unless a person says so."""

import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping

from components._problem.spec import Problem
from components._problem.task import Label
from components._problem.yaml_lines import format_column_line, format_nulls_line
from components._table.notice import Notice
from components.errors import format_count, format_list
from components.validate.evidence import TableEvidence
from components.validate.target_profile import TargetProfile

# Marks that are never the name of a class: a person must say what they mean.
_MARKS = (
    "- -- --- – — . .. ... * / n/a n.a. n.a #n/a #n/d nan nat null nil (null) [null] <null> <na> <n/a> "
    "#div/0! #value! #ref! #num! #name? #null! k.a. k/a n/d s/d n/v \\n"
)
# Words that may be classes: a warning names them.
_WORDS = frozenset({"none", "na", "?", "??", "unknown", "missing", "not available", "not known", "undefined"})
_MOST_NAMED = 5


def ask_about_marks(draft: Problem, target: TargetProfile) -> Iterator[Notice]:
    """Refuse a target with null marks until a person says whether they are missing values or a class.

    The problem's ``nulls`` for the target column are the answer.
    """
    name = target.column.name
    marks = _list_texts(target, _MARKS.split())
    if not marks or len(marks) == len(target.counts):
        return
    if _has_null_marks(draft, name) or _has_hidden_numbers(draft, target):
        return
    is_one = len(marks) == 1
    yield Notice(
        "error",
        f"The target column {name!r} holds {_format_counts(target.counts, marks)} besides other classes: "
        f"{'is it a missing value, or a class' if is_one else 'are they missing values, or classes'}?",
        f"Write one of these lines in problem.yaml: `{format_nulls_line({name: marks})}` (missing: "
        f"{'its' if is_one else 'their'} rows are left out), or `{format_nulls_line({name: ()})}` "
        f"({'a class' if is_one else 'classes'} like the others).",
    )


def ask_about_texts(draft: Problem, target: TargetProfile) -> Iterator[Notice]:
    """Refuse a target of numbers that also holds a few texts, which would make all of it text."""
    if not _has_hidden_numbers(draft, target):
        return
    texts = target.texts_among_numbers
    name = target.column.name
    if len(texts) <= _MOST_NAMED:
        line = format_nulls_line({name: texts})
        remedy = f"If they are missing values, write in problem.yaml: `{line}`. Otherwise correct the rows."
    else:
        line = format_column_line(name, kind="number", unreadable=None)
        remedy = f"Correct the rows, or leave all of them out with this line in problem.yaml: `{line}`."
    named = _format_counts(texts, list(texts)[:_MOST_NAMED])
    yield Notice("error", f"The target column {name!r} holds numbers, but also texts: {named}.", remedy)


def check_class_words(evidence: TableEvidence) -> Iterator[Notice]:
    """Warn about classes whose name may mean that the value is missing."""
    target = evidence.profile.target
    if target is None or not evidence.problem.classes:
        return
    name = target.column.name
    words = _list_texts(target, _WORDS)
    if not words or _has_null_marks(evidence.problem, name):
        return
    are_classes, mean = (
        ("is a class of its own", "it means") if len(words) == 1 else ("are classes", "they mean")
    )
    yield Notice(
        "warning",
        f"In the target column {name!r}, {_format_counts(target.counts, words)} {are_classes}.",
        f"If {mean} a missing value, write in problem.yaml: `{format_nulls_line({name: words})}`.",
    )


def check_class_spellings(evidence: TableEvidence) -> Iterator[Notice]:
    """Warn about classes whose names differ only in case, blanks or the form of their letters."""
    target = evidence.profile.target
    if target is None or not evidence.problem.classes:
        return
    name = target.column.name
    if evidence.problem.get_column_options(name).case is not None:
        return
    spellings: dict[str, list[str]] = {}
    for label in _list_texts(target):
        spellings.setdefault("".join(_fold_text(label).split()), []).append(label)
    same = [" and ".join(map(repr, labels)) for labels in spellings.values() if len(labels) > 1]
    if same:
        yield Notice(
            "warning",
            f"Classes of the target column {name!r} differ only in case or blanks: {format_list(same)}.",
            f"If they are one class, write in problem.yaml: `{format_column_line(name, case='fold')}`, "
            "or correct the blanks in the source.",
        )


def _has_hidden_numbers(draft: Problem, target: TargetProfile) -> bool:
    return bool(target.texts_among_numbers) and draft.task not in ("binary", "multiclass")


def _has_null_marks(problem: Problem, column: str) -> bool:
    return problem.get_column_options(column).nulls is not None


def _list_texts(target: TargetProfile, known: Collection[str] | None = None) -> list[str]:
    """Return the classes that are texts, or only those that are known in some spelling."""
    texts = [label for label in target.counts if isinstance(label, str)]
    return texts if known is None else [text for text in texts if _fold_text(text) in known]


def _fold_text(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip().casefold()


def _format_counts(counts: Mapping[Label, int] | Mapping[str, int], texts: Iterable[str]) -> str:
    return ", ".join(f"{text!r} ({format_count(counts[text], 'row')})" for text in texts)
