"""What becomes of each raw column, of what the recipe's steps export; for rows and for columns."""

from collections.abc import Iterator, Sequence
from itertools import count
from typing import Any, NamedTuple

import numpy as np

# What strings that are null, and those that are rare or unknown, are called.
NULL = "(null)"
OTHER = "(other)"

Exported = dict[str, dict[str, Any]]
Scaling = tuple[float, float, float]


class NumberField(NamedTuple):
    """A number's feature and its null indicator.

    Attributes
    ----------
    low, high : float or None
        What it is clipped at.
    mean, scale : float
        What it is standardised by.
    if_null : float
        The feature of a null.
    place, null_place : int or None
        Positions of the feature and of the indicator among the features; None where it is not kept.
    """

    low: float | None
    high: float | None
    mean: float
    scale: float
    if_null: float
    place: int | None
    null_place: int | None


class DatePart(NamedTuple):
    """A part of a date: its name, its feature's position, the feature of a null, and its mean and scale."""

    name: str
    place: int
    if_null: float
    mean: float
    scale: float


class DateField(NamedTuple):
    """A date's parts that are kept, the moment its days are counted from, and its null indicator.

    Attributes
    ----------
    first : int
        Microseconds since 1970.
    parts : list of Part
        What is kept of it.
    null_place : int or None
        Position of the indicator among the features.
    """

    first: int
    parts: list[DatePart]
    null_place: int | None


class CategoryField(NamedTuple):
    """A string's features, by its value.

    Attributes
    ----------
    places : list of int
        Their positions among the features.
    known : dict of str or None to tuple of float
        The features of the strings that were frequent in training, and of a null.
    other : tuple of float
        Those of all other strings.
    """

    places: list[int]
    known: dict[str | None, tuple[float, ...]]
    other: tuple[float, ...]


Field = NumberField | DateField | CategoryField


def build_fields(exported: Exported) -> dict[str, Field]:
    """Return what becomes of each raw column.

    Parameters
    ----------
    exported : dict of str to dict
        What the steps preprocess, engineer and select export.
    """
    preprocess, engineer = exported["preprocess"], exported["engineer"]
    places = _Positions(engineer, exported["select"]["kept"])
    null_places = {name: places.numbers[mark] for name, mark in preprocess["indicators"].items()}
    scaling = list(zip(engineer["fallbacks"], engineer["means"], engineer["scales"], strict=True))
    n_parts = len(engineer["parts"])
    fields: dict[str, Field] = {
        name: _build_number(facts, places.numbers[name], null_places.get(name))
        for name, facts in preprocess["numeric"].items()
    }
    parts = list(zip(engineer["parts"], places.parts, scaling[:n_parts], strict=True))
    for name in preprocess["datetime"]:
        kept = [
            DatePart(part, place, (fallback - mean) / scale, float(mean), float(scale))
            for (of, part), place, (fallback, mean, scale) in parts
            if of == name and place is not None
        ]
        fields[name] = DateField(int(engineer["first"][name]), kept, null_places.get(name))
    features = _encode_strings(engineer, places, iter(scaling[n_parts:]))
    return fields | {
        name: _build_category(kept, features[name]) for name, kept in preprocess["categorical"].items()
    }


def list_positions(field: Field) -> list[int]:
    """Return the positions among the features of what is kept of a raw column; empty for nothing."""
    if isinstance(field, CategoryField):
        return field.places
    kept = [part.place for part in field.parts] if isinstance(field, DateField) else [field.place]
    return [place for place in (*kept, field.null_place) if place is not None]


class _Positions:
    """The place among the kept ones of each of the encoder's features, None for one that is not kept."""

    def __init__(self, engineer: dict[str, Any], kept: Sequence[int]) -> None:
        places = {position: place for place, position in enumerate(kept)}
        positions = count()

        def take(n: int) -> list[int | None]:
            return [places.get(next(positions)) for _ in range(n)]

        self.numbers = dict(zip(engineer["numeric"], take(len(engineer["numeric"])), strict=True))
        self.one_hot = {name: take(len(values)) for name, values in engineer["one_hot"].items()}
        self.parts = take(len(engineer["parts"]))
        self.targets = {name: take(len(of["means"][0])) for name, of in engineer["target"].items()}


def _build_number(facts: dict[str, Any], place: int | None, null_place: int | None) -> NumberField:
    low, high = (None if fence is None else float(fence) for fence in facts["fences"])
    mean, scale, fill = float(facts["mean"]), float(facts["scale"]), float(facts["fill"])
    filled = min(max(fill, -np.inf if low is None else low), np.inf if high is None else high)
    return NumberField(low, high, mean, scale, (filled - mean) / scale, place, null_place)


def _build_category(kept: list[str], features: list[tuple[int, list[float]]]) -> CategoryField:
    if not features:
        return CategoryField([], {}, ())
    *of_kept, of_null, of_other = zip(*(values for _, values in features), strict=True)
    known: dict[str | None, tuple[float, ...]] = dict(zip(kept, of_kept, strict=True))
    known |= {None: of_null, NULL: of_null}
    return CategoryField([place for place, _ in features], known, of_other)


def _encode_strings(
    engineer: dict[str, Any], places: _Positions, scaling: Iterator[Scaling]
) -> dict[str, list[tuple[int, list[float]]]]:
    """Return place and values by code of the features that each string is encoded as."""
    features: dict[str, list[tuple[int, list[float]]]] = {}
    for name, of_column in places.one_hot.items():
        codes = range(len(of_column))
        features[name] = [
            (place, [float(code == i) for code in codes])
            for i, place in enumerate(of_column)
            if place is not None
        ]
    for name, of_column in places.targets.items():
        of_name = features.setdefault(name, [])
        for place, means in zip(of_column, np.array(engineer["target"][name]["means"]).T, strict=True):
            fallback, mean, scale = next(scaling)
            if place is not None:
                filled = np.where(np.isnan(means), fallback, means)
                of_name.append((place, ((filled - mean) / scale).tolist()))
    return features
