"""Columns whose nulls tell something about the target: they are missing for a reason."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from components._report.page import Cell, format_share, format_value
from components.eda.group_targets import GroupTargets
from components.eda.relations import Relation, compute_chance_error
from components.eda.target import Target

# Standard errors above chance. One column in 1,000 without a reason exceeds it.
_MARGIN = 3.1


class NullEffect(NamedTuple):
    """A column whose nulls alone predict the target better than by chance.

    ``score`` is the measure of its nulls alone; ``value``, ``low`` and ``high`` are rate or mean of the
    target in the rows with null, NaN for several classes.
    """

    column: str
    score: float
    value: float
    low: float
    high: float


def find_null_effects(
    relations: Iterable[Relation], groups: Mapping[str, GroupTargets], target: Target
) -> list[NullEffect]:
    """Return the columns that are missing for a reason, the strongest first.

    Parameters
    ----------
    relations : iterable of Relation
        Each column's relation to the target.
    groups : mapping of str to GroupTargets
        The target by the values of columns, null at the last place; only these are looked at.
    target : Target
        The target.
    """
    bound = target.chance + _MARGIN * compute_chance_error(target)
    found: list[NullEffect] = []
    for relation in relations:
        if relation.column in groups and (relation.null_score or 0.0) > bound:
            assert relation.null_score is not None  # it is above the bound
            part = groups[relation.column]
            ends = [
                float(side[-1]) if len(side) else float("nan")
                for side in (part.values, part.lows, part.highs)
            ]
            found.append(NullEffect(relation.column, relation.null_score, *ends))
    return sorted(found, key=lambda effect: -effect.score)


def describe_null_effect(effect: NullEffect, target: Target) -> list[Cell]:
    """Return column and measure, and for rates and means also the target where the column is null."""
    cells: list[Cell] = [effect.column, round(effect.score, 3)]
    if target.is_multiclass:
        return cells
    form = format_share if target.is_binary else format_value
    return [*cells, f"{form(effect.value)} ({form(effect.low)} to {form(effect.high)})"]
