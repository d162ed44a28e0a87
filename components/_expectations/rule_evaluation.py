"""The values of a rule in rows, with a null where a value that it needs is missing."""

from datetime import datetime
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from components._expectations.rule_parser import (
    Calculation,
    ColumnValue,
    Comparison,
    Expression,
    Junction,
    Literal,
    Membership,
    Negation,
    Node,
    NullTest,
    RuleError,
)
from components._table.arrow import ARROW_TYPES

# Two results of arithmetic are equal if they differ by less than this share, as 0.1 + 0.2 and 0.3 do.
_CLOSE = 1e-9
_SMALLEST = 1e-3
_COMPARE = {
    "==": pc.equal,
    "!=": pc.not_equal,
    "<": pc.less,
    "<=": pc.less_equal,
    ">": pc.greater,
    ">=": pc.greater_equal,
}
_CALCULATE = {"+": pc.add, "-": pc.subtract, "*": pc.multiply, "/": pc.divide}
_KINDS = {
    pa.int64(): "a number",
    pa.float64(): "a number",
    pa.bool_(): "true or false",
    pa.string(): "a text",
    ARROW_TYPES["datetime"]: "a date",
}


class Operand(NamedTuple):
    """The values of a part of a rule.

    Attributes
    ----------
    text : str
        The part, for messages.
    values : pyarrow Array or Scalar
        Its value in each row, or the one in all rows.
    is_computed : bool
        Whether it is a result of arithmetic, which is rounded.
    """

    text: str
    values: pa.Array | pa.Scalar
    is_computed: bool = False

    @property
    def kind(self) -> str:
        """What its values are, in words."""
        return _KINDS[self.values.type]


def evaluate_rule(rule: Expression, rows: pa.RecordBatch) -> pa.BooleanArray:
    """Return whether a rule holds in each row; null where that depends on a missing value.

    Parameters
    ----------
    rule : Expression
        The rule.
    rows : RecordBatch
        The rows, with the types of ``ARROW_TYPES``; floats are never NaN.

    Raises
    ------
    RuleError
        The rule does not fit the types of its columns.
    """
    return _require_condition(_evaluate(rule.root, rows))


def _evaluate(node: Node, rows: pa.RecordBatch) -> Operand:
    match node:
        case Literal(value):
            return Operand(repr(value), pa.scalar(value))
        case ColumnValue(name):
            return Operand(name, rows.column(name))
        case Calculation():
            return _compute_numbers(node, rows)
        case Comparison():
            return _compare(node, rows)
        case Membership():
            return _find_members(node, rows)
        case NullTest(item):
            operand = _evaluate(item, rows)
            return Operand(f"{operand.text} is null", pc.is_null(operand.values))
        case Negation(item):
            return Operand("not", pc.invert(_require_condition(_evaluate(item, rows))))
        case Junction(operator, items):
            join = pc.and_kleene if operator == "and" else pc.or_kleene
            values = [_require_condition(_evaluate(item, rows)) for item in items]
            joined = values[0]
            for value in values[1:]:
                joined = join(joined, value)
            return Operand(operator, joined)


def _require_condition(operand: Operand) -> pa.BooleanArray:
    if operand.kind != "true or false":
        raise RuleError(f"{operand.text} is {operand.kind}, where a condition is needed")
    return operand.values


def _compute_numbers(node: Calculation, rows: pa.RecordBatch) -> Operand:
    left, right = _evaluate(node.left, rows), _evaluate(node.right, rows)
    for operand in (left, right):
        if operand.kind != "a number":
            raise RuleError(f"{node.operator} needs numbers, but {operand.text} is {operand.kind}")
    results = _CALCULATE[node.operator](_to_floats(left.values), _to_floats(right.values))
    # A division by zero has no result, and no row is broken by what is not known.
    results = pc.if_else(pc.is_finite(results), results, pa.scalar(None, pa.float64()))
    return Operand(f"{left.text} {node.operator} {right.text}", results, is_computed=True)


def _to_floats(values: pa.Array | pa.Scalar) -> pa.Array | pa.Scalar:
    return pc.cast(values, pa.float64(), safe=False)


def _compare(node: Comparison, rows: pa.RecordBatch) -> Operand:
    left, right = _evaluate(node.left, rows), _evaluate(node.right, rows)
    left, right = _read_date(left, right), _read_date(right, left)
    text = f"{left.text} {node.operator} {right.text}"
    if left.kind != right.kind:
        raise RuleError(f"{text} compares {left.kind} with {right.kind}")
    if node.operator not in ("==", "!=") and left.kind in ("a text", "true or false"):
        raise RuleError(f"{text} needs an order, which {left.kind} does not have; use ==, != or in")
    first, second = left.values, right.values
    if first.type != second.type or left.is_computed or right.is_computed:
        first, second = _to_floats(first), _to_floats(second)
    holds = _COMPARE[node.operator](first, second)
    if left.is_computed or right.is_computed:
        holds = _accept_rounding(node.operator, holds, first, second)
    return Operand(text, holds)


def _accept_rounding(
    operator: str, holds: pa.Array, first: pa.Array | pa.Scalar, second: pa.Array | pa.Scalar
) -> pa.Array:
    size = pc.max_element_wise(pc.abs(first), pc.abs(second), _SMALLEST, skip_nulls=False)
    is_close = pc.less_equal(pc.abs(pc.subtract(first, second)), pc.multiply(size, _CLOSE))
    if operator in ("==", "<=", ">="):
        return pc.or_kleene(holds, is_close)
    return pc.and_kleene(holds, pc.invert(is_close))


def _read_date(operand: Operand, other: Operand) -> Operand:
    """Return a text that is compared with a date as a date."""
    if other.kind != "a date" or operand.kind != "a text" or not isinstance(operand.values, pa.Scalar):
        return operand
    return operand._replace(values=_parse_date(operand.values.as_py()))


def _parse_date(text: str) -> pa.Scalar:
    try:
        return pa.scalar(datetime.fromisoformat(text), ARROW_TYPES["datetime"])
    except ValueError:
        raise RuleError(f"{text!r} is not a date such as 2026-01-31 or 2026-01-31 13:45:00") from None


def _find_members(node: Membership, rows: pa.RecordBatch) -> Operand:
    item = _evaluate(node.item, rows)
    text = f"{item.text} in {list(node.values)}"
    values = [pa.scalar(value) for value in node.values]
    if item.kind == "a date":
        values = [_parse_date(value.as_py()) if _KINDS[value.type] == "a text" else value for value in values]
    wrong = next((value for value in values if _KINDS[value.type] != item.kind), None)
    if wrong is not None:
        raise RuleError(f"{text} compares {item.kind} with {_KINDS[wrong.type]}")
    column = _to_floats(item.values) if item.kind == "a number" else item.values
    allowed = pa.array([value.as_py() for value in values], column.type)
    # Arrow says that a null is not in a list.
    is_member = pc.is_in(column, allowed)
    return Operand(text, pc.if_else(pc.is_valid(column), is_member, pa.scalar(None, pa.bool_())))


def find_broken_rows(expression: Expression, when: Expression | None, rows: pa.RecordBatch) -> np.ndarray:
    """Return which rows break a rule, shape (n_rows,): those in which it is false.

    ``when`` is a condition: rows in which it is not true are not asked.
    """
    broken = pc.invert(evaluate_rule(expression, rows))
    if when is not None:
        broken = pc.and_kleene(broken, evaluate_rule(when, rows))
    return np.asarray(pc.fill_null(broken, False).to_numpy(zero_copy_only=False))
