"""The rules that turn statistics into findings, each with its reason in words."""

from collections.abc import Iterable, Iterator, Mapping

from components._table.findings import ColumnFinding, Findings
from components.eda.relations import Relation, compute_chance_error, compute_standard_error
from components.eda.summaries import ColumnSummary, NumericSummary
from components.eda.target import Target

# A column that alone scores above this, by more than chance explains, leaks the target. Genuine features of
# clean data stay below: the best of scikit-learn's breast cancer table has an AUC of 0.965. Leaks need not be
# perfect: with one row in 200 recorded wrongly, a leak has 0.995.
LEAK_AUC = 0.985
LEAK_R_SQUARED = 0.99
# One-sided 95 % bound of the normal distribution.
_MARGIN = 1.645

# Standard errors above chance from which a number that looks like an identifier is kept. About 1 % of those
# without information exceed it, because folds spread the score more than the formula assumes.
_KEY_MARGIN = 3.5
_SKEW = 1.0
# In a normal distribution, 0.7 % of the rows are beyond the IQR fences.
_OUTLIER_SHARE = 0.01
_MANY_CATEGORIES = 50
_CATEGORY_SHARE = 0.10
_LEAST_CATEGORIES = 10


def collect_findings(
    summaries: Iterable[ColumnSummary],
    relations: Iterable[Relation],
    target: Target,
    unjudged: Iterable[str] = (),
    kept: Iterable[str] = (),
) -> Findings:
    """Return the findings about the columns.

    Parameters
    ----------
    summaries : iterable of ColumnSummary
        The columns, in the order of the table.
    relations : iterable of Relation
        Each column's relation to the target.
    target : Target
        The target.
    unjudged : iterable of str
        Columns that are not features.
    kept : iterable of str
        Columns that stay features even if they leak the target or identify rows.

    Returns
    -------
    Findings
        In the order of the columns. A column to leave out has only one finding.
    """
    by_column = {relation.column: relation for relation in relations}
    threshold = LEAK_AUC if target.labels else LEAK_R_SQUARED
    bound = threshold + _MARGIN * compute_standard_error(threshold, target)
    skipped, protected = set(unjudged), set(kept)
    items: list[ColumnFinding] = []
    for summary in summaries:
        if summary.name in skipped:
            continue
        drop = _find_empty_or_constant(summary)
        if drop is None and summary.name not in protected:
            drop = _find_drop_reason(summary, by_column, target, bound)
        if drop is not None:
            items.append(drop)
        else:
            items += [*_iterate_useful_key(summary, by_column, target), *_iterate_remarks(summary)]
    return Findings(tuple(items))


def name_transformation(values: NumericSummary) -> str:
    """Return the name of the transformation that would make a column more symmetric."""
    if values.skew < 0 or values.minimum < 0:
        return "Yeo-Johnson"
    return "log(x)" if values.minimum > 0 else "log(1 + x)"


def _find_empty_or_constant(summary: ColumnSummary) -> ColumnFinding | None:
    if summary.n_known == 0:
        return ColumnFinding(summary.name, "empty", "It has no values.")
    if summary.n_distinct == 1 and summary.n_null == 0:
        return ColumnFinding(summary.name, "constant", "Every row has the same value.")
    return None


def _find_drop_reason(
    summary: ColumnSummary, relations: Mapping[str, Relation], target: Target, bound: float
) -> ColumnFinding | None:
    name = summary.name
    leak = _find_leak(summary, relations[name], target, bound) if name in relations else None
    if leak:
        return ColumnFinding(name, "leak", leak)
    if summary.is_free_text:
        return ColumnFinding(name, "free_text", f"It is free text: {summary.key}, of several words.")
    if not summary.key or _find_useful_score(summary, relations, target) is not None:
        return None
    if summary.kind == "string":
        return ColumnFinding(
            name, "unique", f"It identifies rows: {summary.key}, and new rows have new ones."
        )
    reason = f"It identifies rows ({summary.key}), and does not predict the target."
    return ColumnFinding(name, "unique", reason)


def _find_useful_score(
    summary: ColumnSummary, relations: Mapping[str, Relation], target: Target
) -> float | None:
    """Return the score of numbers that look like an identifier, if it is above chance."""
    relation = relations.get(summary.name)
    if summary.kind == "string" or not summary.key or relation is None or relation.score is None:
        return None
    bound = target.chance + _KEY_MARGIN * compute_chance_error(target)
    return relation.score if relation.score > bound else None


def _iterate_useful_key(
    summary: ColumnSummary, relations: Mapping[str, Relation], target: Target
) -> Iterator[ColumnFinding]:
    score = _find_useful_score(summary, relations, target)
    if score is not None:
        reason = (
            f"It looks like an identifier ({summary.key}), but predicts the target of unseen rows: "
            f"{target.measure} {score:.3f}, by chance {target.chance:g}. It is kept."
        )
        yield ColumnFinding(summary.name, "useful_key", reason)


def _find_leak(summary: ColumnSummary, relation: Relation, target: Target, bound: float) -> str | None:
    """Return why a column leaks the target; None if it does not.

    A few rows can agree by chance, or because classes are far apart in clean data. So the score must exceed
    the bound by more than its standard error explains, unless the column is a copy of the target with other
    values. A datetime is judged by its nulls only, because a target may follow time.
    """
    if relation.is_null_copy or (relation.null_score or 0.0) > bound:
        return (
            f"Whether it has a value predicts the target: {target.measure} {relation.null_score:.3f} "
            "from its nulls alone."
        )
    if summary.kind == "datetime":
        return None
    if relation.is_copy:
        n_values = len(target.labels)
        return f"It is a copy of the target with other values: each of its {n_values} values means one class."
    if (relation.score or 0.0) > bound:
        return (
            f"This column alone predicts the target: {target.measure} {relation.score:.3f} of at most 1, "
            "too high for a value that is known before the target."
        )
    return None


def _iterate_remarks(summary: ColumnSummary) -> Iterator[ColumnFinding]:
    values = summary.numbers
    if values is not None and summary.n_distinct > 2:
        if abs(values.skew) > _SKEW:
            yield ColumnFinding(
                summary.name, "skewed", f"Skew {values.skew:.2f}: {_suggest_transformation(values)}."
            )
        share = values.n_outside / summary.n_known
        if share > _OUTLIER_SHARE or values.n_far_outside:
            reason = (
                f"{_format_percent(share)} of its values are more than 1.5 interquartile ranges beyond the "
                f"quartiles, {_format_percent(values.n_far_outside / summary.n_known)} more than 3."
            )
            yield ColumnFinding(summary.name, "outliers", reason)
    if summary.kind == "string":
        share = summary.n_distinct / summary.n_known
        is_wide = share > _CATEGORY_SHARE and summary.n_distinct > _LEAST_CATEGORIES
        if summary.n_distinct > _MANY_CATEGORIES or is_wide:
            reason = f"{summary.n_distinct:,} categories in {summary.n_known:,} values."
            yield ColumnFinding(summary.name, "high_cardinality", reason)


def _suggest_transformation(values: NumericSummary) -> str:
    """Return the transformation that would make a column more symmetric."""
    name = name_transformation(values)
    tail = "left" if values.skew < 0 else "right"
    named = "a Yeo-Johnson transformation" if name == "Yeo-Johnson" else name
    return f"the tail is to the {tail}; {named} would shorten it"


def _format_percent(share: float) -> str:
    return "none" if share == 0 else "under 0.1 %" if share < 0.001 else f"{100 * share:.1f} %"
