"""The language of rules: comparisons, arithmetic, and, or, not, in, is null, column names and literals.

A rule is parsed by Python's own parser, and never run: only the expressions below are allowed, and what they
mean is in ``rule_evaluation``.
"""

import ast
import re
import sys
from dataclasses import dataclass
from functools import lru_cache

from components.errors import shorten_text

# Longer rules are not for people, and deeper ones exhaust a parser.
_LONGEST = 1000
_DEEPEST = 50
_QUOTED = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|`([^`]*)`")
_COMPARISONS: dict[type[ast.cmpop], str] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
}
_ARITHMETIC: dict[type[ast.operator], str] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}
_LITERAL_WORDS = {"true": True, "false": False}
_NULL = "null"
_SHOWN = 60
_LARGEST = 2**63 - 1
_PARTS = "comparisons, + - * /, and, or, not, in, is null, columns, numbers and texts"


class RuleError(ValueError):
    """A rule that cannot be read, or does not fit the columns; the message names the place."""


@dataclass(frozen=True)
class Literal:
    """A value in the rule."""

    value: bool | int | float | str


@dataclass(frozen=True)
class ColumnValue:
    """The row's value of a column."""

    name: str


@dataclass(frozen=True)
class Calculation:
    """A calculation with two numbers."""

    operator: str
    left: "Node"
    right: "Node"


@dataclass(frozen=True)
class Comparison:
    """A comparison of two values."""

    operator: str
    left: "Node"
    right: "Node"


@dataclass(frozen=True)
class Membership:
    """Whether a value is in a list."""

    item: "Node"
    values: tuple[bool | int | float | str, ...]


@dataclass(frozen=True)
class NullTest:
    """Whether there is no value."""

    item: "Node"


@dataclass(frozen=True)
class Negation:
    """The opposite of a condition."""

    item: "Node"


@dataclass(frozen=True)
class Junction:
    """Conditions that are joined by ``and`` or ``or``."""

    operator: str
    items: tuple["Node", ...]


Node = Literal | ColumnValue | Calculation | Comparison | Membership | NullTest | Negation | Junction


@dataclass(frozen=True)
class Expression:
    """A parsed rule.

    Attributes
    ----------
    text : str
        As it was written.
    root : Node
        What it means.
    columns : tuple of str
        The columns that it reads, each once, in the order of the text.
    """

    text: str
    root: Node
    columns: tuple[str, ...]


@lru_cache(maxsize=1024)
def parse_rule(text: str) -> Expression:
    """Return a rule such as ``end >= start`` or ``plan in ["a", "b"] or price > 0``.

    A column's name that is not a plain word stands in backticks.

    Raises
    ------
    RuleError
        It is not in the language.
    """
    line = " ".join(text.split("\n")).strip()
    if len(line) > _LONGEST:
        raise RuleError(f"the rule has {len(line):,} characters; at most {_LONGEST:,} are allowed")
    try:
        parser = _RuleParser(line)
        root = parser.parse()
    except (RecursionError, MemoryError):
        raise RuleError(f"{shorten_text(line, _SHOWN)!r} is nested too deeply") from None
    if not parser.columns:
        raise RuleError(f"{line!r} names no column")
    if isinstance(root, Literal | Calculation):
        raise RuleError(f"{line!r} is a value, not a condition; compare it, such as with >=")
    return Expression(text, root, tuple(dict.fromkeys(parser.columns)))


class _RuleParser:
    """Converts Python's syntax tree of one rule."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.columns: list[str] = []
        self._depth = 0
        self._quoted: dict[int, str] = {}
        # A name of the same length instead of a quoted one, so that places in the text stay the same.
        self._plain = _QUOTED.sub(self._replace_quoted, text)

    def _replace_quoted(self, found: re.Match[str]) -> str:
        if found[1] is None:
            return found[0]
        if not found[1].strip():
            raise RuleError("a column's name in backticks is empty")
        self._quoted[found.start()] = found[1]
        return "_" * len(found[0])

    def parse(self) -> Node:
        """Return what the rule means."""
        try:
            tree = ast.parse(self._plain, mode="eval")
        except SyntaxError as error:
            raise RuleError(self._describe_syntax_error(error)) from None
        except ValueError as error:
            raise RuleError(f"{self.text!r} cannot be read: {error}") from None
        return self._convert(tree.body)

    def _describe_syntax_error(self, error: SyntaxError) -> str:
        place = self.text[max(0, (error.offset or 1) - 1) :][:20]
        where = f"near {place!r}" if place.strip() else "at its end"
        rule = repr(shorten_text(self.text, _SHOWN))
        if re.search(r"(?<![=<>!])=(?!=)", _QUOTED.sub("", self.text)):
            return f"{rule} is not a rule ({where}): compare with == instead of ="
        return f"{rule} is not a rule ({where}); names that are not plain words need backticks: `a b`"

    def _convert(self, node: ast.expr) -> Node:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise RecursionError
        converted = self._convert_node(node)
        self._depth -= 1
        return converted

    def _convert_node(self, node: ast.expr) -> Node:
        match node:
            case ast.Constant(value=bool() | str() as value):
                return Literal(value)
            case ast.Constant(value=int() | float() as value):
                if not abs(value) <= (_LARGEST if isinstance(value, int) else sys.float_info.max):
                    raise RuleError(f"the number {self._get_segment(node)[:20]} is too large")
                return Literal(value)
            case ast.Name():
                return self._convert_name(node)
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return Negation(self._convert(operand))
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                item = self._convert(operand)
                if isinstance(item, Literal) and isinstance(item.value, int | float):
                    return Literal(-item.value)
                return Calculation("-", Literal(0), item)
            case ast.BoolOp(op=op, values=values):
                word = "and" if isinstance(op, ast.And) else "or"
                return Junction(word, tuple(map(self._convert, values)))
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _ARITHMETIC:
                return Calculation(_ARITHMETIC[type(op)], self._convert(left), self._convert(right))
            case ast.Compare():
                return self._convert_comparisons(node)
        raise RuleError(
            f"{self._get_segment(node)!r} is not part of the language: {self._suggest_instead(node)}"
        )

    def _suggest_instead(self, node: ast.expr) -> str:
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitAnd | ast.BitOr):
            return "write and, or"
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Invert):
            return "write not"
        if isinstance(node, ast.IfExp):
            return "put the condition under when"
        return f"it has {_PARTS}"

    def _convert_name(self, node: ast.Name) -> Node:
        # Python normalises names, and columns are not normalised in the same way.
        segment = self._get_segment(node)
        name = self._quoted.get(self._count_characters(node.col_offset), segment)
        is_quoted = name != segment
        if is_quoted and segment != f"`{name}`":
            raise RuleError(f"{segment!r} is not one column; put an operator between two")
        if not is_quoted and name in _LITERAL_WORDS:
            return Literal(_LITERAL_WORDS[name])
        if not is_quoted and name == _NULL:
            raise RuleError("write `is null` or `is not null` to ask for a missing value".replace("`", "'"))
        self.columns.append(name)
        return ColumnValue(name)

    def _convert_comparisons(self, node: ast.Compare) -> Node:
        terms = [node.left, *node.comparators]
        found = [
            self._convert_comparison(left, op, right)
            for left, op, right in zip(terms, node.ops, terms[1:], strict=False)
        ]
        return found[0] if len(found) == 1 else Junction("and", tuple(found))

    def _convert_comparison(self, left: ast.expr, op: ast.cmpop, right: ast.expr) -> Node:
        if isinstance(op, ast.Is | ast.IsNot):
            if not self._is_null(right):
                raise RuleError(f"after is there must be null or not null, not {self._get_segment(right)!r}")
            test = NullTest(self._convert(left))
            return Negation(test) if isinstance(op, ast.IsNot) else test
        if isinstance(op, ast.In | ast.NotIn):
            member = Membership(self._convert(left), self._read_values(right))
            return Negation(member) if isinstance(op, ast.NotIn) else member
        return Comparison(_COMPARISONS[type(op)], self._convert(left), self._convert(right))

    def _is_null(self, node: ast.expr) -> bool:
        return (isinstance(node, ast.Name) and self._get_segment(node) == _NULL) or (
            isinstance(node, ast.Constant) and node.value is None
        )

    def _read_values(self, node: ast.expr) -> tuple[bool | int | float | str, ...]:
        if isinstance(node, ast.List | ast.Tuple) and node.elts:
            items = [self._convert(item) for item in node.elts]
            values = [item.value for item in items if isinstance(item, Literal)]
            if len(values) == len(items):
                return tuple(values)
        raise RuleError(
            f"after in there must be a list of values such as ['a', 'b'], not {self._get_segment(node)!r}"
        )

    def _get_segment(self, node: ast.expr) -> str:
        start, end = (self._count_characters(at) for at in (node.col_offset, node.end_col_offset or 0))
        return self.text[start:end]

    def _count_characters(self, n_bytes: int) -> int:
        # Python gives places in bytes.
        return len(self._plain.encode()[:n_bytes].decode())
