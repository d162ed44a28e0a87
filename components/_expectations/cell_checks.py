"""The expectations about single cells and rows, each as a function that finds the rows that break it."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from components._expectations.rule_evaluation import find_broken_rows
from components._expectations.spec import ColumnExpectation, RowRule, parse_date
from components._table.arrow import ARROW_TYPES
from components._table.kinds import Kind


class CellCheck(NamedTuple):
    """An expectation about each row.

    Attributes
    ----------
    text : str
        What a row does that breaks it: the beginning of a sentence.
    reason : str
        The expectation in a few words, for a row that was set aside.
    columns : tuple of str
        The columns whose values it is about.
    find : callable
        Returns which of some rows break it, as a bool array.
    """

    text: str
    reason: str
    columns: tuple[str, ...]
    find: Callable[[pa.RecordBatch], np.ndarray]


def build_column_checks(
    name: str, expected: ColumnExpectation, kind: Kind, where: str
) -> Iterator[CellCheck]:
    """Yield the checks of a column's cells.

    Parameters
    ----------
    name : str
        The column.
    expected : ColumnExpectation
        What is expected of it.
    kind : Kind
        Its kind, which fits the expected type.
    where : str
        What is said after the column's name, such as ``" of the test table"``.
    """
    column = f"Column {name!r}{where}"
    if not expected.nullable:
        yield CellCheck(
            f"{column} has no value",
            f"{name}: nullable",
            (name,),
            lambda rows: _to_mask(rows[name].is_null()),
        )
    low, high = expected.get_bounds()
    type_ = ARROW_TYPES[kind]
    if low is not None:
        yield CellCheck(
            f"{column} is below its min of {expected.min}",
            f"{name}: min",
            (name,),
            lambda rows: _compare(rows[name], low, pc.less),
        )
    if high is not None:
        yield CellCheck(
            f"{column} is above its max of {expected.max}",
            f"{name}: max",
            (name,),
            lambda rows: _compare(rows[name], high, pc.greater),
        )
    if expected.allowed is not None:
        allowed = _build_allowed(expected.allowed, type_)
        yield CellCheck(
            f"{column} has a value that is not allowed",
            f"{name}: allowed",
            (name,),
            lambda rows: _to_mask(pc.invert(pc.is_in(_convert_to_floats(rows[name]), allowed)), rows[name]),
        )
    if expected.pattern is not None:
        pattern = f"^(?:{expected.pattern})$"
        yield CellCheck(
            f"{column} does not match its pattern {expected.pattern}",
            f"{name}: pattern",
            (name,),
            lambda rows: _to_mask(pc.invert(pc.match_substring_regex(rows[name], pattern))),
        )


def build_rule_check(rule: RowRule, where: str) -> CellCheck:
    """Return the check of a rule across columns."""
    expression, *rest = rule.expressions
    when = rest[0] if rest else None
    return CellCheck(
        f"The rule {rule}{where} is broken",
        f"rule: {rule.name}",
        tuple(rule.columns),
        lambda rows: find_broken_rows(expression, when, rows),
    )


def _compare(
    values: pa.Array, bound: Any, compare: Callable[[pa.Array, pa.Scalar], pa.BooleanArray]
) -> np.ndarray:
    # As floats, because a bound of whole numbers may be 0.5, and lie beyond what whole numbers can be.
    if not pa.types.is_timestamp(values.type):
        return _to_mask(compare(_convert_to_floats(values), pa.scalar(float(bound))))
    return _to_mask(compare(values, pa.scalar(bound, values.type)))


def _convert_to_floats(values: pa.Array) -> pa.Array:
    return values.cast(pa.float64(), safe=False) if pa.types.is_integer(values.type) else values


def _build_allowed(values: tuple[Any, ...], type_: pa.DataType) -> pa.Array:
    if pa.types.is_timestamp(type_):
        return pa.array([parse_date(value) for value in values], type_)
    if pa.types.is_integer(type_) or pa.types.is_floating(type_):
        return pa.array([float(value) for value in values])
    return pa.array(values, type_)


def _to_mask(broken: pa.BooleanArray, values: pa.Array | None = None) -> np.ndarray:
    """Return an array without nulls: a cell without a value breaks nothing but nullable."""
    if values is not None:
        broken = pc.and_(broken, values.is_valid())
    return np.asarray(pc.fill_null(broken, False).to_numpy(zero_copy_only=False))
