"""Texts in a target that may stand for no value; nothing but an empty cell does unless a person says so."""

import unicodedata
from collections.abc import Iterator, Mapping

from components._problem.spec import Problem
from components._problem.task import Label
from components._problem.yaml_lines import format_column_line, format_nulls_line
from components._table.notice import Notice
from components.errors import format_list
from components.validate.target_profile import TargetProfile

# Marks that no class is called by: a person is asked.
_MARKS = (
    "- -- --- – — . .. ... * / n/a n.a. n.a #n/a #n/d nan nat null nil (null) [null] <null> <na> <n/a> "
    "#div/0! #value! #ref! #num! #name? #null! k.a. k/a n/d s/d n/v \\n"
)
# Words that may be classes: they are named.
_WORDS = frozenset({"none", "na", "?", "??", "unknown", "missing", "not available", "not known", "undefined"})
_MOST_NAMED = 5


def ask_about_marks(draft: Problem, target: TargetProfile) -> Iterator[Notice]:
    """Ask whether the marks in a target are no value or a class; refuse the table until a person says so.

    Parameters
    ----------
    draft : Problem
        The problem; what it says of the target's nulls is the answer.
    target : Target
        The column to predict.
    """
    name = target.column.name
    marks = [label for label in _list_texts(target.counts) if _fold_text(label) in _MARKS.split()]
    if _has_given_nulls(draft, name) or _has_hidden_numbers(draft, target):
        return
    if not marks or len(marks) == len(target.counts):
        return
    found = format_list(
        [f"{mark!r} ({_format_row_count(target.counts[mark])})" for mark in marks], len(marks)
    )
    is_one = len(marks) == 1
    yield Notice(
        "error",
        f"The target column {name!r} holds {found} beside other classes: is that no value, or a class?",
        f"Write one of these lines in problem.yaml: `{format_nulls_line({name: marks})}` (no value: "
        f"{'its' if is_one else 'their'} rows are left out), or `{format_nulls_line({name: ()})}` "
        f"({'a class' if is_one else 'classes'} like the others).",
    )


def ask_about_texts(draft: Problem, target: TargetProfile) -> Iterator[Notice]:
    """Ask about a few texts in a target of numbers, which would make it text as a whole."""
    others = target.texts_among_numbers
    if not _has_hidden_numbers(draft, target):
        return
    name = target.column.name
    shown = [f"{text!r} ({_format_row_count(n)})" for text, n in list(others.items())[:_MOST_NAMED]]
    if len(others) <= _MOST_NAMED:
        line = format_nulls_line({name: others})
        remedy = f"If that is no value, write in problem.yaml: `{line}`. Or correct the rows."
    else:
        remedy = (
            "Correct the rows, or leave them all out by this line in problem.yaml: "
            f"`{format_column_line(name, kind='number', unreadable=None)}`."
        )
    yield Notice(
        "error", f"The target column {name!r} holds numbers, but also texts: {format_list(shown)}.", remedy
    )


def warn_about_words(draft: Problem, target: TargetProfile) -> Iterator[Notice]:
    """Tell of classes whose name may mean that the value is not known."""
    name = target.column.name
    words = [label for label in _list_texts(target.counts) if _fold_text(label) in _WORDS]
    if not words or _has_given_nulls(draft, name):
        return
    found = format_list(
        [f"{word!r} ({_format_row_count(target.counts[word])})" for word in words], len(words)
    )
    are_classes, mean = (
        ("is a class of its own", "it means") if len(words) == 1 else ("are classes", "they mean")
    )
    yield Notice(
        "warning",
        f"In the target column {name!r}, {found} {are_classes}.",
        f"If {mean} no value, write in problem.yaml: `{format_nulls_line({name: words})}`.",
    )


def warn_about_spellings(draft: Problem, target: TargetProfile) -> Iterator[Notice]:
    """Tell of classes whose names differ only in case, blanks or the form of their letters."""
    name = target.column.name
    options = draft.columns.get(name)
    if options is not None and options.case is not None:
        return
    spellings: dict[str, list[str]] = {}
    for label in _list_texts(target.counts):
        spellings.setdefault("".join(_fold_text(label).split()), []).append(label)
    same = [" and ".join(map(repr, labels)) for labels in spellings.values() if len(labels) > 1]
    if same:
        yield Notice(
            "warning",
            f"Classes of the target column {name!r} differ only in case or blanks: {format_list(same)}.",
            f"If they are one class, write in problem.yaml: `{format_column_line(name, case='fold')}`, "
            "or correct blanks in the source.",
        )


def _has_hidden_numbers(draft: Problem, target: TargetProfile) -> bool:
    return bool(target.texts_among_numbers) and draft.task not in ("binary", "multiclass")


def _has_given_nulls(draft: Problem, name: str) -> bool:
    options = draft.columns.get(name)
    return options is not None and options.nulls is not None


def _list_texts(counts: Mapping[Label, int]) -> list[str]:
    return [label for label in counts if isinstance(label, str)]


def _fold_text(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip().casefold()


def _format_row_count(n: int) -> str:
    return f"{n:,} row" if n == 1 else f"{n:,} rows"
