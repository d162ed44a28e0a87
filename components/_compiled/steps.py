"""The columns that preprocess and engineer make, each as a function of a whole column.

The fitted steps and the compiled recipes call the same functions.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from components._compiled.dates import compute_date_part
from components._compiled.derived import (
    Arithmetic,
    CodeTable,
    Cross,
    CyclePosition,
    Days,
    Derived,
    TextNumber,
    Unit,
)
from components._compiled.texts import LENGTHS, TextNumbers

# Categories of null strings, and of rare and unknown strings.
NULL = "(null)"
OTHER = "(other)"

# Derivations of a text: its length, the topics of its words, and the target that they suggest.
TEXT_KINDS = ("text_length", "text_topics", "text_target")
# How the names of features write operations.
_SIGNS = {"product": "*", "difference": "-", "ratio": "/"}
_WIDEST = np.finfo(np.float32).max


class Strings(NamedTuple):
    """A column of strings: the distinct strings, and the position of each row's string.

    Attributes
    ----------
    codes : ndarray of int, shape (n_rows,)
        Position among the values; -1 for a null.
    values : sequence of str
        Distinct strings of the rows.
    """

    codes: np.ndarray
    values: Sequence[str]


# Numbers as float64, NaN or infinite for a null; dates as datetime64[us], NaT for a null; ``Strings``.
Columns = Mapping[str, Any]


class MadeColumn(NamedTuple):
    """A column that a step makes.

    Attributes
    ----------
    sources : tuple of str
        The columns that it is made of: columns of the step before, or crosses and numbers of texts.
    name : str
        Its name; engineered columns may share one.
    compute : callable
        From the values of the sources to its values, shape (n_rows,); of a text to ``Strings``, or to the
        numbers of ``TextNumbers``.
    encoding : {"one-hot", "target", ""}
        How it encodes a column that is encoded in both ways.
    derivation : tuple of str
        Kind and columns by which engineer derives it; empty for all others.
    """

    sources: tuple[str, ...]
    name: str
    compute: Callable[..., Any]
    encoding: str = ""
    derivation: tuple[str, ...] = ()


@dataclass(frozen=True)
class Scaling:
    """Fills the nulls of numbers, clips them, and standardises them by a mean and a scale.

    The attributes are numbers, or arrays with a number for each column; None does not clip.
    """

    fill: Any
    mean: Any
    scale: Any
    low: Any = None
    high: Any = None

    def __call__(self, values: np.ndarray) -> np.ndarray:
        """Return float64 of the same shape."""
        scaled = fill_and_clip(values, self.fill, self.low, self.high)
        scaled -= self.mean
        scaled /= self.scale
        return scaled


@dataclass(frozen=True)
class DatePart:
    """A standardised part of dates; see ``compute_date_part`` for ``part`` and ``first``."""

    part: str
    first: int
    scaling: Scaling

    def __call__(self, dates: np.ndarray) -> np.ndarray:
        """Return float64 of the same shape."""
        return self.scaling(compute_date_part(dates, self.part, self.first))


class Categories:
    """The codes of strings: their positions among the categories kept, ``NULL`` and ``OTHER``."""

    def __init__(self, kept: Sequence[str]) -> None:
        self.values = [*kept, NULL, OTHER]
        self._codes = {value: code for code, value in enumerate(self.values)}

    def __call__(self, strings: Strings) -> np.ndarray:
        """Return int of shape (n_rows,)."""
        codes = [self._codes.get(value, self._codes[OTHER]) for value in strings.values]
        # The code -1 finds the last.
        return np.array([*codes, self._codes[NULL]]).take(strings.codes)


def list_preprocessed(step: dict[str, Any]) -> list[MadeColumn]:
    """Return the columns that an exported preprocess makes: numbers, null indicators, codes, dates, texts."""
    made = []
    for name, of in step["numeric"].items():
        low, high = (None if fence is None else float(fence) for fence in of["fences"])
        scaling = Scaling(float(of["fill"]), float(of["mean"]), float(of["scale"]), low, high)
        made.append(MadeColumn((name,), name, scaling))
    made += [MadeColumn((source,), name, _mark_nulls) for source, name in step["indicators"].items()]
    made += [MadeColumn((name,), name, Categories(kept)) for name, kept in step["categorical"].items()]
    made += [MadeColumn((name,), name, np.asarray) for name in step["datetime"]]
    return made + [MadeColumn((source,), name, _keep_strings) for source, name in step["text"].items()]


def list_intermediate(step: dict[str, Any]) -> list[MadeColumn]:
    """Return the columns that an exported engineer makes features of.

    Codes of pairs of categories, and the numbers of texts.
    """
    crosses = [
        MadeColumn(tuple(of["columns"]), name, Cross(int(of["width"]), [int(pair) for pair in of["pairs"]]))
        for name, of in step["crosses"].items()
    ]
    return crosses + [
        MadeColumn((of["column"],), name, TextNumbers(**of["learned"])) for name, of in step["texts"].items()
    ]


def list_engineered(step: dict[str, Any]) -> list[MadeColumn]:
    """Return the columns that an exported engineer makes.

    Numbers, one-hot, date parts, mean targets, and derived features, in this order.
    """
    made = [MadeColumn((name,), name, np.asarray) for name in step["numeric"]]
    for name, categories in step["one_hot"].items():
        encoding = "one-hot" if name in step["target"] else ""
        made += [
            MadeColumn((name,), f"{name}={value}", partial(np.equal, code), encoding)
            for code, value in enumerate(categories)
        ]
    scalings = (
        Scaling(*map(float, of)) for of in zip(step["fallbacks"], step["means"], step["scales"], strict=True)
    )
    for name, part in step["parts"]:
        compute = DatePart(part, int(step["first"][name]), next(scalings))
        made.append(MadeColumn((name,), f"{name}_{part}", compute))
    crosses = step["crosses"]
    for name, of in step["target"].items():
        encoding = "target" if name in step["one_hot"] else ""
        derivation = ("cross", *crosses[name]["columns"]) if name in crosses else ()
        by_output = np.array(of["means"]).T
        for i, means in enumerate(by_output):
            suffix = f"_{i}" if len(by_output) > 1 else ""
            take = next(scalings)(means).take
            made.append(MadeColumn((name,), f"{name}_target{suffix}", take, encoding, derivation))
    return made + [
        column._replace(compute=Derived(column.compute, next(scalings))) for column in list_derived(step)
    ]


def list_derived(step: dict[str, Any]) -> list[MadeColumn]:
    """Return the derived features of an exported engineer, before they are standardised."""
    made: list[MadeColumn] = []
    texts = {of["column"]: (name, of) for name, of in step["texts"].items()}
    for of in step["derived"]:
        kind, columns = of["kind"], tuple(of["columns"])
        if kind in TEXT_KINDS:
            features = _list_text_features(kind, columns[0], *texts[columns[0]])
        else:
            features = _list_features(kind, columns, of.get("values", ()), step["units"])
        made += [feature._replace(derivation=(kind, *columns)) for feature in features]
    return made


def _list_features(
    kind: str, columns: tuple[str, ...], values: Sequence[float], units: dict[str, Sequence[float]]
) -> list[MadeColumn]:
    """Return the features of one derivation; ``values`` has a number for each category."""
    first, last = columns[0], columns[-1]
    table = CodeTable(np.array([float(value) for value in values]))
    match kind:
        case "product" | "difference" | "ratio":
            compute = Arithmetic(kind, *(_read_unit(units[name]) for name in columns))
            return [MadeColumn(columns, f"{first}{_SIGNS[kind]}{last}", compute)]
        case "days_between":
            return [MadeColumn(columns, f"{first}-{last}", Arithmetic("difference", Days(), Days()))]
        case "year_cycle" | "week_cycle" | "day_cycle":
            cycle: Any = kind.removesuffix("_cycle")
            waves = [CyclePosition(cycle, "sin"), CyclePosition(cycle, "cos")]
            return [MadeColumn(columns, f"{first}_{cycle}_{of.wave}", of) for of in waves]
        case "frequency":
            return [MadeColumn(columns, f"{first}_frequency", table)]
        case "group_mean" | "group_deviation":
            # Of the number the fitted table is enough.
            return [MadeColumn((last,), f"{first}_{kind.removeprefix('group_')}_by_{last}", table)]
        case "difference_to_group" | "ratio_to_group":
            operation: Any = kind.removesuffix("_to_group")
            compute = Arithmetic(operation, _read_unit(units[first]), table)
            return [MadeColumn(columns, f"{first}{_SIGNS[operation]}mean_by_{last}", compute)]
    raise ValueError(f"no feature is derived by {kind!r}")


def _list_text_features(kind: str, column: str, numbers: str, of: dict[str, Any]) -> list[MadeColumn]:
    """Return the features of one derivation of a text, whose numbers are an intermediate column."""
    n_topics, n_targets = int(of["n_topics"]), int(of["n_targets"])
    first_target = len(LENGTHS) + n_topics
    match kind:
        case "text_length":
            named = [(f"{column}_{name}", i) for i, name in enumerate(LENGTHS)]
        case "text_topics":
            named = [(f"{column}_topic_{i + 1}", len(LENGTHS) + i) for i in range(n_topics)]
        case _:
            suffixes = [f"_{i}" for i in range(n_targets)] if n_targets > 1 else [""]
            named = [(f"{column}_words_target{of}", first_target + i) for i, of in enumerate(suffixes)]
    return [MadeColumn((numbers,), name, TextNumber(position)) for name, position in named]


def _read_unit(unit: Sequence[float]) -> Unit:
    mean, scale = unit
    return Unit(float(mean), float(scale))


def fill_and_clip(values: np.ndarray, fill: Any, low: Any = None, high: Any = None) -> np.ndarray:
    """Return numbers with NaN and infinities replaced, then clipped.

    ``fill``, ``low`` and ``high`` are numbers, or arrays with one for each column; None does not clip.
    """
    filled: np.ndarray = np.where(np.isfinite(values), values, fill)
    if low is not None or high is not None:
        filled.clip(low, high, out=filled)
    return filled


def build_matrix(features: np.ndarray) -> np.ndarray:
    """Return features, shape (n_features, n_rows), as rows of float32.

    A number too large for float32 becomes the largest, because estimators refuse infinity.
    """
    with np.errstate(over="ignore"):
        single = features.astype(np.float32, copy=False)
    np.clip(single, -_WIDEST, _WIDEST, out=single)
    return np.ascontiguousarray(single.T)


def _keep_strings(strings: Strings) -> Strings:
    return strings


def _mark_nulls(column: np.ndarray) -> np.ndarray:
    return np.asarray(~np.isfinite(column), dtype=np.float64)
