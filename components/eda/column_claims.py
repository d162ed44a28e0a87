"""The claims about columns: what eda itself finds."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import pandas as pd

from components._problem.yaml_lines import format_list_line
from components._table.findings import ColumnFinding, Finding
from components.eda import examples, shape_changes
from components.eda.claims import Action, Claim, Suspects
from components.eda.effects import QuickModel, Variant
from components.eda.redundancy import describe_sum, find_correlated_pairs, find_sums
from components.eda.values import to_numbers
from components.errors import format_list

_MOST_NAMED = 8


def collect_column_claims(suspects: Suspects) -> list[Claim]:
    """Return a claim for each finding about columns, those about shape together."""
    finders = (
        _claim_leaks,
        _claim_keys,
        _claim_sums,
        _claim_pairs,
        _claim_shapes,
        _claim_unmeasured,
    )
    return [claim for finder in finders for claim in finder(suspects)]


def _claim_leaks(suspects: Suspects) -> Iterator[Claim]:
    for item in suspects.select("leak"):
        yield _claim_left_out(item, suspects, np.arange(examples.MOST_EXAMPLES))


def _claim_keys(suspects: Suspects) -> Iterator[Claim]:
    for item in suspects.select("unique"):
        yield _claim_left_out(item, suspects, np.arange(examples.MOST_EXAMPLES))
    for item in suspects.select("useful_key"):
        yield _claim_droppable("useful_key", item.column, (item.column,), item.reason, suspects)


def _claim_left_out(item: ColumnFinding, suspects: Suspects, places: np.ndarray) -> Claim:
    """Return the claim about a column that the later stages do not get."""
    name = item.column
    return Claim(
        item.finding,
        (name,),
        item.reason,
        format_list_line("keep", [name]),
        "overrules",
        (name, suspects.target),
        places,
        Action(f"Leaving out `{name}`", Variant((*suspects.base, name)), Variant(suspects.base)),
    )


def _claim_droppable(
    kind: str, column: str, columns: tuple[str, ...], text: str, suspects: Suspects
) -> Claim:
    """Return the claim that the model does not need a column; a line of problem.yaml would leave it out."""
    return Claim(
        kind,
        columns,
        text,
        format_list_line("identifiers", [column]),
        "adopts",
        (*columns[: examples.MOST_SHOWN], suspects.target),
        np.arange(examples.MOST_EXAMPLES),
        Action(f"Leaving out `{column}`", Variant(suspects.base), Variant(suspects.drop(column))),
    )


def _claim_sums(suspects: Suspects) -> Iterator[Claim]:
    names = [name for name in suspects.base if suspects.kinds[name] in ("integer", "float")]
    numbers = pd.DataFrame({name: to_numbers(suspects.frame[name]) for name in names})
    for found in find_sums(numbers):
        columns = (found.column, *(name for name, _ in found.terms))
        text = f"It is made of other columns: {describe_sum(found)}."
        yield _claim_droppable("sum", found.column, columns, text, suspects)


def _claim_pairs(suspects: Suspects) -> Iterator[Claim]:
    for pair in find_correlated_pairs(suspects.associations, suspects.base):
        strength = f"{pair.measure} {pair.strength:.2f}"
        text = f"It says nearly the same as {pair.other}, which predicts better: {strength}."
        yield _claim_droppable("correlated", pair.column, (pair.column, pair.other), text, suspects)


def _claim_shapes(suspects: Suspects) -> Iterator[Claim]:
    """Yield the claims about the shape of columns, one of each kind for all its columns."""

    def shorten(name: str) -> pd.Series:
        return shape_changes.shorten_tail(suspects.frame[name], suspects.get_numbers(name))

    def clip(name: str) -> pd.Series:
        return shape_changes.clip_outliers(suspects.frame[name], suspects.get_numbers(name))

    def merge(name: str) -> pd.Series:
        return shape_changes.merge_rare(suspects.frame[name])

    actions: tuple[tuple[Finding, str, QuickModel, Callable[[str], pd.Series]], ...] = (
        ("skewed", "Transforming", "linear", shorten),
        ("outliers", "Clipping", "linear", clip),
        ("high_cardinality", "Merging the rare categories of", "trees", merge),
    )
    for kind, action, model, change in actions:
        items = [item for item in suspects.select(kind) if item.column in suspects.base]
        if not items:
            continue
        names = tuple(item.column for item in items)
        first = suspects.frame[names[0]]
        extremes = (
            np.argsort(first.map(first.value_counts()).fillna(np.inf).to_numpy(), kind="stable")
            if kind == "high_cardinality"
            else examples.find_extremes(to_numbers(first))
        )
        changed = {name: change(name) for name in names}
        changed = {
            name: values for name, values in changed.items() if not values.equals(suspects.frame[name])
        }
        after = Variant(suspects.base, changed=changed)
        yield Claim(
            kind,
            names,
            _describe_items(items),
            shown=(names[0], suspects.target),
            places=extremes,
            action=Action(f"{action} {_list_names([*changed])}", Variant(suspects.base), after, model)
            if changed
            else None,
            unmeasured="" if changed else "It would change no value of the rows that were judged.",
        )


def _claim_unmeasured(suspects: Suspects) -> Iterator[Claim]:
    nothing = "A column without differences cannot change a score."
    texts = "A quick model does not read texts; the page of engineer shows what they add."
    kinds: tuple[tuple[Finding, str], ...] = (("constant", nothing), ("empty", nothing), ("free_text", texts))
    for kind, reason in kinds:
        items = suspects.select(kind)
        if items:
            names = tuple(item.column for item in items)
            is_text = kind == "free_text"
            yield Claim(
                kind,
                names,
                _describe_items(items),
                line=format_list_line("identifiers", names) if is_text else "",
                line_meaning="adopts" if is_text else "",
                shown=names[: examples.MOST_SHOWN] if is_text else (),
                places=np.arange(examples.MOST_EXAMPLES) if is_text else (),
                unmeasured=reason,
            )


def _describe_items(items: Sequence[ColumnFinding]) -> str:
    if len(items) == 1:
        return items[0].reason
    return f"{len(items)} columns: {format_list([item.column for item in items], _MOST_NAMED)}."


def _list_names(names: Sequence[str]) -> str:
    return f"`{names[0]}`" if len(names) == 1 else f"{len(names)} columns"
