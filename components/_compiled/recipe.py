"""The recipe's steps for one row at a time: a function written for the model, of what the steps export.

Every number of the recipe stands in the function where it is used, so a row takes a few microseconds: there
is no loop over columns, and nothing to look up but categories.
"""

import struct
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import numpy as np

Value = float | str | datetime | None

_WIDEST = float(np.finfo(np.float32).max)
_MICROSECONDS_OF_DAY = 86_400_000_000
# What a date's parts are, of a moment v and its microseconds since 1970.
_PARTS = {
    "days": f"(microseconds - {{first}}) / {_MICROSECONDS_OF_DAY}",
    "month": "v.month",
    "day": "v.day",
    "weekday": "v.weekday()",
    "hour": "v.hour",
}


class CompiledRecipe:
    """Transforms rows as the recipe does that it was compiled from.

    Parameters
    ----------
    exported : dict of str to dict
        What the steps clean, engineer and select export.
    columns : sequence of str
        Raw columns in the order of a row's values.

    Attributes
    ----------
    n_features : int
        Features that come out.
    source : str
        The function, as it is run.
    """

    def __init__(self, exported: dict[str, dict[str, Any]], columns: Sequence[str]) -> None:
        clean, engineer, select = exported["clean"], exported["engineer"], exported["select"]
        self.n_features = len(select["kept"])
        self._constants: dict[str, Any] = {
            "epoch": datetime(1970, 1, 1),
            "microsecond": timedelta(microseconds=1),
        }
        places = _Places(engineer, select["kept"])
        null_places = {name: places.numbers[mark] for name, mark in clean["indicators"].items()}
        at = {name: i for i, name in enumerate(columns)}
        scaling = list(zip(engineer["fallbacks"], engineer["means"], engineer["scales"], strict=True))
        lines = [f"{', '.join(f'v{i}' for i in range(len(columns)))}, = values"]
        for name, facts in clean["numeric"].items():
            lines += _number(f"v{at[name]}", facts, places.numbers[name], null_places.get(name))
        n_parts = len(engineer["parts"])
        for name in clean["datetime"]:
            parts = [
                (part, place, scaled)
                for (of, part), place, scaled in zip(
                    engineer["parts"], places.parts, scaling[:n_parts], strict=True
                )
                if of == name and place is not None
            ]
            lines += _date(f"v{at[name]}", engineer["first"][name], parts, null_places.get(name))
        features = _features_of_strings(engineer, places, iter(scaling[n_parts:]))
        for name, kept in clean["categorical"].items():
            lines += self._category(at[name], kept, features[name])
        names = ", ".join(f"f{place}" for place in range(self.n_features))
        lines.append(f"return {names},")
        self.source = "\n    ".join(["def transformed(values):", *lines]) + "\n"
        # Of numbers, positions and names made here: no text of the model is in it.
        exec(compile(self.source, "<compiled recipe>", "exec"), self._constants)  # noqa: S102
        self._transformed: Callable[[Sequence[Value]], tuple[float, ...]] = self._constants["transformed"]
        self._packing = struct.Struct(f"{self.n_features}f")

    def transform(self, rows: Sequence[Sequence[Value]]) -> np.ndarray:
        """Return the features of rows, float32 of shape (n_rows, n_features).

        Parameters
        ----------
        rows : sequence of sequences of float, str, datetime or None
            Raw values in the order of the columns; None for a null, all numbers finite.
        """
        width = self._packing.size
        packed = bytearray(len(rows) * width)
        offset = 0
        for values in rows:
            features = self._transformed(values)
            try:
                self._packing.pack_into(packed, offset, *features)
            except OverflowError:
                within = (min(max(feature, -_WIDEST), _WIDEST) for feature in features)
                self._packing.pack_into(packed, offset, *within)
            offset += width
        return np.frombuffer(packed, dtype=np.float32).reshape(len(rows), self.n_features)

    def _category(self, column: int, kept: list[str], features: list[tuple[int, list[float]]]) -> list[str]:
        """Return the lines for a string: one look into a table of its features."""
        if not features:
            return []
        by_code = list(zip(*(values for _, values in features), strict=True))
        *of_kept, of_null, of_other = by_code
        table: dict[str | None, tuple[float, ...]] = dict(zip(kept, of_kept, strict=True))
        table |= {None: of_null, "(null)": of_null, "(other)": of_other}
        self._constants |= {f"table{column}": table.get, f"other{column}": of_other}
        targets = ", ".join(f"f{place}" for place, _ in features)
        return [f"{targets}, = table{column}(v{column}, other{column})"]


class _Places:
    """The place among the kept ones of each of the encoder's features, None for one that is not kept."""

    def __init__(self, engineer: dict[str, Any], kept: Sequence[int]) -> None:
        places = {position: place for place, position in enumerate(kept)}
        positions = count()

        def following(n: int) -> list[int | None]:
            return [places.get(next(positions)) for _ in range(n)]

        self.numbers = dict(zip(engineer["numeric"], following(len(engineer["numeric"])), strict=True))
        self.one_hot = {name: following(len(values)) for name, values in engineer["one_hot"].items()}
        self.parts = following(len(engineer["parts"]))
        self.targets = {name: following(len(of["means"][0])) for name, of in engineer["target"].items()}


def _number(v: str, facts: dict[str, Any], place: int | None, null_place: int | None) -> list[str]:
    """Return the lines for a number and its null indicator."""
    low, high = (None if fence is None else float(fence) for fence in facts["fences"])
    mean, scale, fill = float(facts["mean"]), float(facts["scale"]), float(facts["fill"])
    if_null, if_known = [], []
    if place is not None:
        filled = min(max(fill, -np.inf if low is None else low), np.inf if high is None else high)
        if_null.append(f"f{place} = {(filled - mean) / scale!r}")
        if low is not None:
            if_known.append(f"if {v} < {low!r}: {v} = {low!r}")
        if high is not None:
            if_known.append(f"if {v} > {high!r}: {v} = {high!r}")
        if_known.append(f"f{place} = ({v} - {mean!r}) / {scale!r}")
    return list(_either(v, if_null, if_known, null_place))


def _date(
    v: str,
    first: int,
    parts: Sequence[tuple[str, int, tuple[float, float, float]]],
    null_place: int | None,
) -> list[str]:
    """Return the lines for a date's parts and its null indicator."""
    if_null, if_known = [], []
    if any(part == "days" for part, _, _ in parts):
        if_known.append(f"microseconds = ({v} - epoch) // microsecond")
    for part, place, (fallback, mean, scale) in parts:
        if_null.append(f"f{place} = {(fallback - mean) / scale!r}")
        value = _PARTS[part].replace("{first}", str(int(first))).replace("v.", f"{v}.")
        if_known.append(f"f{place} = ({value} - {float(mean)!r}) / {float(scale)!r}")
    return list(_either(v, if_null, if_known, null_place))


def _either(v: str, if_null: list[str], if_known: list[str], null_place: int | None) -> Iterator[str]:
    if null_place is not None:
        if_null, if_known = [*if_null, f"f{null_place} = 1.0"], [*if_known, f"f{null_place} = 0.0"]
    if if_null:
        yield f"if {v} is None:"
        yield from (f"    {line}" for line in if_null)
        yield "else:"
        yield from (f"    {line}" for line in if_known)


def _features_of_strings(
    engineer: dict[str, Any], places: _Places, scaling: Iterator[tuple[float, float, float]]
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
