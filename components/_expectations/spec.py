"""The expectations of a table, as a team writes them into a file."""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from math import isfinite
from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    FiniteFloat,
    StrictBool,
    ValidationError,
    field_validator,
    model_validator,
)

from components._expectations.rule_parser import Expression, RuleError, parse_rule
from components._table.kinds import Kind
from components.errors import InvalidSetting, find_nearest, suggest_name

# Kinds whose values have an order.
_ORDERED: tuple[Kind, ...] = ("integer", "float", "datetime")
# A bound of this length is a day.
_DAY_LENGTH = len("2026-01-31")

Value = bool | int | float | str


def _check_value(value: Any) -> Value:
    if not isinstance(value, bool | int | float | str) or (isinstance(value, float) and not isfinite(value)):
        raise ValueError(f"must be a text, a number, true or false, got {value!r}")
    # A cluster sends every number of a parameter as a float.
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _check_bound(bound: Any) -> Any:
    if not isinstance(bound, int | float | str) or isinstance(bound, bool):
        raise ValueError(f"must be a number or a date, got {bound!r}")
    return _check_value(bound)


def _check_expression(text: str) -> str:
    try:
        parse_rule(text)
    except RuleError as error:
        raise ValueError(str(error)) from None
    return text


def _skip_null(check: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda value: None if value is None else check(value)


AllowedValue = Annotated[Any, AfterValidator(_check_value)]
Bound = Annotated[Any, AfterValidator(_skip_null(_check_bound))]
ExpressionText = Annotated[str, Field(min_length=1), AfterValidator(_check_expression)]


class _ExpectationModel(BaseModel):
    """Refuses unknown keys."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ColumnExpectation(_ExpectationModel):
    """What is expected of one column.

    Attributes
    ----------
    type : {"integer", "float", "boolean", "string", "datetime"} or None
        Kind of its values; whole numbers are floats, too. None: any.
    required : bool
        Whether the table must have the column.
    nullable : bool
        Whether a row may have no value.
    max_null_share : float or None
        Largest share of rows without a value, from 0 to 1.
    min, max : float, str or None
        Bounds of numbers, or of dates as ISO texts; a day as ``max`` is included whole.
    allowed : tuple of values or None
        The only values that a cell may have.
    pattern : str or None
        Regular expression (RE2) that a whole text must match.
    unique : bool
        Whether no value may occur in two rows.
    """

    type: Kind | None = None
    required: StrictBool = True
    nullable: StrictBool = True
    max_null_share: Annotated[FiniteFloat, Field(ge=0, le=1)] | None = None
    min: Bound = None
    max: Bound = None
    allowed: Annotated[tuple[AllowedValue, ...], Field(min_length=1)] | None = None
    pattern: Annotated[str, Field(min_length=1)] | None = None
    unique: StrictBool = False

    @field_validator("pattern")
    @classmethod
    def _check_pattern(cls, pattern: str | None) -> str | None:
        if pattern is None:
            return None
        # They take half a second to import, and few files have a pattern.
        import pyarrow as pa
        import pyarrow.compute as pc

        try:
            pc.match_substring_regex(pa.array([""]), pattern)
        except pa.ArrowInvalid as error:
            raise ValueError(f"{pattern!r} is not a regular expression of RE2: {error}") from None
        return pattern

    @model_validator(mode="after")
    def _check_consistency(self) -> Self:
        if faults := list(self._collect_faults()):
            raise ValueError("\n".join(faults))
        return self

    def _collect_faults(self) -> Iterator[str]:
        needs = [key for key in ("min", "max", "allowed", "pattern") if getattr(self, key) is not None]
        if needs and self.type is None:
            yield f"{needs[0]} needs the type of the column, such as type: {self._suggest_type(needs[0])}"
            return
        if self.max_null_share and not self.nullable:
            yield "max_null_share allows rows without a value, and nullable: false does not; leave one out"
        for key in ("min", "max"):
            yield from self._collect_bound_faults(key, getattr(self, key))
        if self.pattern is not None and self.type != "string":
            yield f"pattern is for texts, but the type is {self.type}"
        if self.allowed is not None:
            wrong = [value for value in self.allowed if not _is_of_kind(value, self.type)]
            if wrong:
                hint = f". Write it in quotes: '{wrong[0]}'" if self.type == "string" else ""
                yield f"allowed has {wrong[0]!r}, which is not of the type {self.type}{hint}"
        if not any(self._collect_bound_faults("min", self.min)) and self.min is not None:
            low, high = self.get_bounds()
            if low is not None and high is not None and low > high:
                yield f"min must not be above max; got {self.min} and {self.max}"

    def _suggest_type(self, key: str) -> Kind:
        if key == "pattern":
            return "string"
        value = self.allowed[0] if self.allowed else self.min if self.min is not None else self.max
        if isinstance(value, bool):
            return "boolean"
        if isinstance(value, str):
            return "string" if key == "allowed" else "datetime"
        return "float"

    def _collect_bound_faults(self, key: str, bound: float | str | None) -> Iterator[str]:
        if bound is None:
            return
        if self.type not in _ORDERED:
            yield f"{key} is for numbers and dates, but the type is {self.type}"
        elif self.type == "datetime":
            if not isinstance(bound, str) or parse_date(bound) is None:
                yield f"{key} must be a date such as 2026-01-31 or 2026-01-31 13:45:00, got {bound!r}"
        elif isinstance(bound, str):
            yield f"{key} must be a number, got {bound!r}"

    def get_bounds(self) -> tuple[Any, Any]:
        """Return smallest and largest value as numbers or datetimes; None for no bound."""
        if self.type != "datetime":
            return self.min, self.max
        low, high = (None if bound is None else parse_date(str(bound)) for bound in (self.min, self.max))
        if high is not None and len(str(self.max).strip()) == _DAY_LENGTH:
            high = high.replace(hour=23, minute=59, second=59, microsecond=999_999)
        return low, high


def _fill_empty(expected: Any) -> Any:
    """Return the expectation of a column whose name has nothing behind it: that the table has it."""
    return {} if expected is None else expected


class RowExpectation(_ExpectationModel):
    """How many rows are expected.

    Attributes
    ----------
    min : int
        Least number of rows.
    """

    min: Annotated[int, Field(ge=0)] = 0


class RowRule(_ExpectationModel):
    """An expectation across columns.

    Attributes
    ----------
    name : str
        What it says, for messages.
    expression : str
        What must hold in each row, in the language of ``parse_rule``.
    when : str or None
        Condition of the rows that must keep it; None: all rows.
    """

    name: Annotated[str, Field(min_length=1)]
    expression: ExpressionText
    when: ExpressionText | None = None

    @property
    def expressions(self) -> tuple[Expression, ...]:
        """What must hold, and the condition if there is one."""
        return tuple(parse_rule(text) for text in (self.expression, self.when) if text is not None)

    @property
    def columns(self) -> list[str]:
        """The columns that it reads."""
        return list(dict.fromkeys(name for expression in self.expressions for name in expression.columns))

    def __str__(self) -> str:
        condition = f" when {self.when}" if self.when is not None else ""
        return f"{self.name!r} ({self.expression}{condition})"


class Expectations(_ExpectationModel):
    """What is expected of a table.

    Attributes
    ----------
    rows : RowExpectation
        How many rows.
    columns : dict of str to ColumnExpectation
        Each column about which something is expected.
    rules : tuple of RowRule
        Expectations across columns.
    quarantine : bool
        Whether rows that break an expectation about cells are set aside instead of stopping the run.
    """

    rows: RowExpectation = RowExpectation()
    columns: dict[str, Annotated[ColumnExpectation, BeforeValidator(_fill_empty)]] = {}
    rules: tuple[RowRule, ...] = ()
    quarantine: StrictBool = False

    @model_validator(mode="after")
    def _check_names(self) -> Self:
        names = [rule.name for rule in self.rules]
        repeated = next((name for name in names if names.count(name) > 1), None)
        if repeated is not None:
            raise ValueError(f"two rules have the name {repeated!r}")
        return self

    @property
    def sha256(self) -> str:
        """Hash of the content, which does not depend on the order of keys, on comments and on defaults."""
        text = json.dumps(self.to_settings(), sort_keys=True, allow_nan=False)
        return hashlib.sha256(text.encode()).hexdigest()

    @property
    def summary(self) -> str:
        """Of how many columns and rules it is, in words."""
        parts = []
        for n, noun in ((len(self.columns), "column"), (len(self.rules), "rule")):
            parts += [f"{n:,} {noun}{'' if n == 1 else 's'}"] if n else []
        return " and ".join(parts) or "the number of rows"

    def to_settings(self) -> dict[str, Any]:
        """Return what ``from_settings`` reads, without defaults."""
        return self.model_dump(mode="json", exclude_defaults=True)

    def list_missing_columns(self, names: Iterable[str]) -> list[str]:
        """Return the columns that must be in a table, or that a rule reads, and are not among its names."""
        needed = [name for name, expected in self.columns.items() if expected.required]
        needed += [name for rule in self.rules for name in rule.columns]
        known = set(names)
        return [name for name in dict.fromkeys(needed) if name not in known]

    def select_columns(self, names: set[str]) -> "Expectations":
        """Return the expectations about cells of some columns, for rows that are no whole table.

        The number of rows and the uniqueness of values are facts about a table, so they are left out.
        """
        columns = {
            name: expected.model_copy(update={"unique": False})
            for name, expected in self.columns.items()
            if name in names
        }
        rules = tuple(rule for rule in self.rules if names.issuperset(rule.columns))
        return Expectations(columns=columns, rules=rules, quarantine=self.quarantine)

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any]) -> "Expectations":
        """Return the expectations in a file's values.

        Raises
        ------
        InvalidSetting
            A key is unknown or a value does not fit; the error lists all faults, with the nearest known key.
        """
        try:
            # A key with nothing behind it is as if it were not there.
            given = {key: value for key, value in settings.items() if value is not None}
            if isinstance(columns := given.get("columns"), Mapping):
                # kfp gives the keys of a mapping in any order.
                given["columns"] = dict(sorted(columns.items()))
            return cls.model_validate(given)
        except ValidationError as error:
            faults = list(dict.fromkeys(line for item in error.errors() for line in _describe(item)))
        what = f"The expectations have a wrong setting: {faults[0]}"
        if len(faults) > 1:
            what = "\n- ".join(["The expectations have wrong settings:", *faults])
        raise InvalidSetting(f"{what}.", "Correct the file of the expectations.")


def parse_date(text: str) -> datetime | None:
    """Return a date of ISO 8601 without a time zone; None if the text is not one."""
    try:
        date = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return date if date.tzinfo is None else None


def _is_of_kind(value: Value, kind: Kind | None) -> bool:
    match kind:
        case "boolean":
            return isinstance(value, bool)
        case "string":
            return isinstance(value, str)
        case "datetime":
            return isinstance(value, str) and parse_date(value) is not None
        case "integer":
            return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, int | float) and not isinstance(value, bool)


_MODELS: dict[str, type[BaseModel]] = {"rows": RowExpectation, "columns": ColumnExpectation, "rules": RowRule}


def _describe(detail: Any) -> Iterator[str]:
    """Yield the faults in the words of the file."""
    place = _format_place(detail["loc"])
    if detail["type"] == "value_error":
        for line in str(detail["ctx"]["error"]).splitlines():
            yield f"{place}: {line}" if place else line
    elif detail["type"] == "extra_forbidden":
        *parents, wrong = detail["loc"]
        model = _MODELS[parents[0]] if parents else Expectations
        hint = suggest_name(str(wrong), list(model.model_fields), "key").rstrip(".")
        yield f"{place}: unknown key. {hint}"
    elif detail["type"] == "missing":
        yield f"{place} is missing"
    elif detail["type"] == "literal_error":
        allowed = Kind.__args__  # type: ignore[attr-defined]
        near = find_nearest(str(detail["input"]), allowed)
        hint = f"did you mean {near!r}?" if near else f"types are {', '.join(allowed)}"
        yield f"{place}: {detail['input']!r} is not a type; {hint}"
    elif detail["type"] in ("model_type", "dict_type"):
        yield f"{place}: must be keys with values, got {detail['input']!r:.60}"
    else:
        yield f"{place}: {detail['msg'].lower()}, got {detail['input']!r:.60}"


def _format_place(location: tuple[int | str, ...]) -> str:
    return ".".join(str(part + 1) if isinstance(part, int) else part for part in location)
