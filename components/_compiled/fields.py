"""The features of each raw column, from the exports of the recipe's steps."""

from collections.abc import Iterator, Sequence
from itertools import count
from typing import Any, NamedTuple

import numpy as np

# Categories of null strings, and of rare and unknown strings.
NULL = "(null)"
OTHER = "(other)"

Exported = dict[str, dict[str, Any]]
Scaling = tuple[float, float, float]


class NumberField(NamedTuple):
    """A number's feature and its null indicator.

    Attributes
    ----------
    low, high : float or None
        Bounds that it is clipped at.
    mean, scale : float
        Mean and scale of its standardisation.
    if_null : float
        The feature of a null.
    position, null_position : int or None
        Positions of the feature and of the indicator among the features; None if it is not kept.
    """

    low: float | None
    high: float | None
    mean: float
    scale: float
    if_null: float
    position: int | None
    null_position: int | None


class DatePart(NamedTuple):
    """A part of a date: its name, its feature's position, the feature of a null, and its mean and scale."""

    name: str
    position: int
    if_null: float
    mean: float
    scale: float


class DateField(NamedTuple):
    """A date's kept parts, the start of its days, and its null indicator.

    Attributes
    ----------
    first : int
        Microseconds since 1970.
    parts : list of Part
        Its kept parts.
    null_position : int or None
        Position of the indicator among the features.
    """

    first: int
    parts: list[DatePart]
    null_position: int | None


class CategoryField(NamedTuple):
    """A string's features by its value.

    Attributes
    ----------
    positions : list of int
        Their positions among the features.
    known : dict of str or None to tuple of float
        Features of the strings that were frequent in training, and of a null.
    other : tuple of float
        Features of all other strings.
    """

    positions: list[int]
    known: dict[str | None, tuple[float, ...]]
    other: tuple[float, ...]


Field = NumberField | DateField | CategoryField


def build_fields(exported: Exported) -> dict[str, Field]:
    """Return the field of each raw column, from the exports of preprocess, engineer and select."""
    preprocess, engineer = exported["preprocess"], exported["engineer"]
    positions = _Positions(engineer, exported["select"]["kept"])
    null_positions = {name: positions.numbers[mark] for name, mark in preprocess["indicators"].items()}
    scaling = list(zip(engineer["fallbacks"], engineer["means"], engineer["scales"], strict=True))
    n_parts = len(engineer["parts"])
    fields: dict[str, Field] = {
        name: _build_number(facts, positions.numbers[name], null_positions.get(name))
        for name, facts in preprocess["numeric"].items()
    }
    parts = list(zip(engineer["parts"], positions.parts, scaling[:n_parts], strict=True))
    for name in preprocess["datetime"]:
        kept = [
            DatePart(part, position, (fallback - mean) / scale, float(mean), float(scale))
            for (of, part), position, (fallback, mean, scale) in parts
            if of == name and position is not None
        ]
        fields[name] = DateField(int(engineer["first"][name]), kept, null_positions.get(name))
    features = _encode_strings(engineer, positions, iter(scaling[n_parts:]))
    return fields | {
        name: _build_category(kept, features[name]) for name, kept in preprocess["categorical"].items()
    }


def list_positions(field: Field) -> list[int]:
    """Return the positions of a raw column's features; empty if none is kept."""
    if isinstance(field, CategoryField):
        return field.positions
    kept = [part.position for part in field.parts] if isinstance(field, DateField) else [field.position]
    return [position for position in (*kept, field.null_position) if position is not None]


class _Positions:
    """The position of each engineered feature among the kept ones; None if it is not kept."""

    def __init__(self, engineer: dict[str, Any], kept: Sequence[int]) -> None:
        kept_positions = {feature: position for position, feature in enumerate(kept)}
        features = count()

        def take(n: int) -> list[int | None]:
            return [kept_positions.get(next(features)) for _ in range(n)]

        self.numbers = dict(zip(engineer["numeric"], take(len(engineer["numeric"])), strict=True))
        self.one_hot = {name: take(len(values)) for name, values in engineer["one_hot"].items()}
        self.parts = take(len(engineer["parts"]))
        self.targets = {name: take(len(of["means"][0])) for name, of in engineer["target"].items()}


def _build_number(facts: dict[str, Any], position: int | None, null_position: int | None) -> NumberField:
    low, high = (None if fence is None else float(fence) for fence in facts["fences"])
    mean, scale, fill = float(facts["mean"]), float(facts["scale"]), float(facts["fill"])
    filled = min(max(fill, -np.inf if low is None else low), np.inf if high is None else high)
    return NumberField(low, high, mean, scale, (filled - mean) / scale, position, null_position)


def _build_category(kept: list[str], features: list[tuple[int, list[float]]]) -> CategoryField:
    if not features:
        return CategoryField([], {}, ())
    *of_kept, of_null, of_other = zip(*(values for _, values in features), strict=True)
    known: dict[str | None, tuple[float, ...]] = dict(zip(kept, of_kept, strict=True))
    known |= {None: of_null, NULL: of_null}
    return CategoryField([position for position, _ in features], known, of_other)


def _encode_strings(
    engineer: dict[str, Any], positions: _Positions, scaling: Iterator[Scaling]
) -> dict[str, list[tuple[int, list[float]]]]:
    """Return the features of each string, as position and values by category code."""
    features: dict[str, list[tuple[int, list[float]]]] = {}
    for name, of_column in positions.one_hot.items():
        codes = range(len(of_column))
        features[name] = [
            (position, [float(code == i) for code in codes])
            for i, position in enumerate(of_column)
            if position is not None
        ]
    for name, of_column in positions.targets.items():
        of_name = features.setdefault(name, [])
        for position, means in zip(of_column, np.array(engineer["target"][name]["means"]).T, strict=True):
            fallback, mean, scale = next(scaling)
            if position is not None:
                filled = np.where(np.isnan(means), fallback, means)
                of_name.append((position, ((filled - mean) / scale).tolist()))
    return features
