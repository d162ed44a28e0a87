"""The tables: scikit-learn's own, generated ones that resemble real tables, and public ones.

A table is the same in every run; only its split into training and test rows has a seed. Only the public
tables need a network, once.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
import pyarrow as pa
from sklearn import datasets

from benchmarks.quality.public_tables import PUBLIC_TABLES, load_public_frame
from components.ingest.churn import make_churn_batches

Kind = Literal["binary", "multiclass", "regression"]

TARGET = "target"
_SEED = 20_260
_DIGITS_OF_FLOATS = 6


@dataclass(frozen=True)
class Table:
    """A table with its question.

    Attributes
    ----------
    name : str
        Key of ``TABLES``.
    frame : DataFrame of shape (n_rows, n_columns)
        The rows, the target included; classes are strings.
    target : str
        Column to predict.
    kind : {"binary", "multiclass", "regression"}
        Kind of prediction.
    metric : str
        Scorer of scikit-learn.
    event_time : str or None
        Column by whose order the rows are split: the test rows are the latest.
    group : str or None
        Column whose values are on one side of a split each.
    """

    name: str
    frame: pd.DataFrame
    target: str
    kind: Kind
    metric: str
    event_time: str | None = None
    group: str | None = None

    @property
    def classes(self) -> list[str]:
        """The classes in sorted order; empty for a regression."""
        return [] if self.kind == "regression" else sorted(self.frame[self.target].unique())


def load_table(name: str) -> Table:
    """Make the table of a name.

    Raises
    ------
    KeyError
        There is no such table.
    NotInstalled
        The packages that carry a public table cannot be installed.
    """
    if name in PUBLIC_TABLES:
        public = PUBLIC_TABLES[name]
        frame = load_public_frame(name)
        return Table(name, frame, public.target, public.kind, public.metric, public.event_time, public.group)
    make, kind, metric = _GENERATED[name]
    frame = make()
    return Table(name, frame, _draw_target(frame), kind, metric)


def _draw_target(frame: pd.DataFrame) -> str:
    return str(frame.columns[-1])


def _load_breast_cancer() -> pd.DataFrame:
    return _load_bundled("breast_cancer")


def _load_wine() -> pd.DataFrame:
    return _load_bundled("wine")


def _load_digits() -> pd.DataFrame:
    bunch = datasets.load_digits(as_frame=True)
    frame: pd.DataFrame = bunch.data
    # Words, for a system may take classes that are numbers for something to regress on.
    return frame.assign(**{TARGET: "digit " + bunch.target.astype(str)})


def _load_diabetes() -> pd.DataFrame:
    bunch = datasets.load_diabetes(as_frame=True, scaled=False)
    frame: pd.DataFrame = bunch.data
    return frame.assign(**{TARGET: bunch.target})


def _load_bundled(name: str) -> pd.DataFrame:
    bunch = getattr(datasets, f"load_{name}")(as_frame=True)
    frame: pd.DataFrame = bunch.data
    return frame.assign(**{TARGET: bunch.target_names[bunch.target].astype(object)})


def _draw_churn() -> pd.DataFrame:
    """Strings, numbers, nulls, dates and 1,500 cities; without the name of the row and what leaks."""
    frame: pd.DataFrame = pa.Table.from_batches(make_churn_batches(10_000, _SEED)).to_pandas()
    return frame.drop(columns=["customer_id", "closure_fee"])


def _draw_clusters() -> pd.DataFrame:
    """Eight classes of three rotated clusters each: smooth borders along no axis."""
    return _draw_classification(
        5_000, labels=8, n_features=16, n_informative=8, n_redundant=4, n_clusters_per_class=3, class_sep=1.6
    )


def _draw_fraud() -> pd.DataFrame:
    """2.5 % positives."""
    return _draw_classification(
        10_000,
        labels=2,
        n_features=24,
        n_informative=8,
        n_redundant=4,
        n_clusters_per_class=4,
        class_sep=0.9,
        flip_y=0.006,
        weights=[0.978],
    )


def _add_noise() -> pd.DataFrame:
    """200 columns, of which 8 tell something."""
    return _draw_classification(
        2_000,
        labels=2,
        n_features=200,
        n_informative=8,
        n_redundant=4,
        n_clusters_per_class=2,
        class_sep=1.1,
        flip_y=0.05,
    )


def _draw_classification(n_rows: int, *, labels: int, **shape: object) -> pd.DataFrame:
    X, y = datasets.make_classification(n_rows, n_classes=labels, random_state=_SEED, **shape)
    frame = pd.DataFrame(X.round(_DIGITS_OF_FLOATS), columns=[f"x{i:03d}" for i in range(X.shape[1])])
    names = np.array(["no", "yes"] if labels == 2 else [f"class {i}" for i in range(labels)], dtype=object)
    return frame.assign(**{TARGET: names[y]})


def _draw_claims() -> pd.DataFrame:
    """Friedman's first function (1991) and effects of categories, on a scale with a heavy tail."""
    rng = np.random.default_rng(_SEED)
    n = 8_000
    X, friedman = datasets.make_friedman1(n, n_features=9, noise=1.0, random_state=_SEED)
    region, model, cover = rng.integers(0, 12, n), rng.integers(0, 40, n), rng.integers(0, 4, n)
    log_cost = (
        0.13 * friedman
        + rng.normal(0, 0.25, 12)[region]
        + rng.normal(0, 0.35, 40)[model]
        # Age counts under two of the covers only.
        + np.array([0.0, 0.9, 0.0, -0.7])[cover] * X[:, 5]
        + 0.15 * rng.standard_t(5, n)
    )
    frame = pd.DataFrame(X[:, :6].round(_DIGITS_OF_FLOATS), columns=[f"x{i}" for i in range(5)] + ["age"])
    frame[[f"noise_{i}" for i in range(3)]] = X[:, 6:].round(_DIGITS_OF_FLOATS)
    frame["x2"] = frame["x2"].mask(rng.random(n) < 0.06)
    frame["region"] = _name_columns("region", region, rng, gaps=0.03)
    frame["model"] = _name_columns("model", model, rng)
    frame["cover"] = np.array(["basic", "plus", "group", "senior"], dtype=object)[cover]
    return frame.assign(**{TARGET: np.round(50 * np.exp(log_cost), 2)})


def _draw_merchants() -> pd.DataFrame:
    """Columns of 200, 120 and 30 categories, whose effects add up and interact with numbers."""
    rng = np.random.default_rng(_SEED)
    n = 20_000
    shares = 1 / (np.arange(200) + 8.0)
    merchant = rng.choice(200, n, p=shares / shares.sum())
    town, product = rng.integers(0, 120, n), rng.integers(0, 30, n)
    amount, hour, visits = rng.lognormal(3.2, 0.9, n), rng.integers(0, 24, n), rng.poisson(3, n)
    score = (
        -1.2
        + rng.normal(0, 0.9, 200)[merchant]
        + rng.normal(0, 0.5, 120)[town]
        + rng.normal(0, 0.6, 30)[product] * (np.log(amount) - 3.2)
        + np.where((hour < 6) & (product % 3 == 0), 1.1, 0.0)
        - 0.15 * visits
    )
    frame = pd.DataFrame(
        {
            "merchant": _name_columns("merchant", merchant, rng),
            "town": _name_columns("town", town, rng, gaps=0.02),
            "product": _name_columns("product", product, rng),
            "amount": amount.round(2),
            "hour": hour,
            "visits": visits,
        }
    )
    is_returned = rng.random(n) < 1 / (1 + np.exp(-score))
    return frame.assign(**{TARGET: np.where(is_returned, "yes", "no").astype(object)})


def _draw_letters() -> pd.DataFrame:
    """50 classes."""
    return _draw_classification(
        20_000,
        labels=50,
        n_features=24,
        n_informative=12,
        n_redundant=4,
        n_clusters_per_class=1,
        class_sep=1.2,
    )


def _draw_glyphs() -> pd.DataFrame:
    """26 classes in four styles each, by 16 numbers from 0 to 15."""
    rng = np.random.default_rng(_SEED)
    n = 20_000
    letter, style = rng.integers(0, 26, n), rng.integers(0, 4, n)
    shape = rng.normal(7.5, 2.4, (26, 16))[letter] + rng.normal(0, 1.5, (26, 4, 16))[letter, style]
    drawn = (shape + rng.normal(0, 1.6, (n, 16))).round().clip(0, 15).astype(int)
    frame = pd.DataFrame(drawn, columns=[f"x{i:02d}" for i in range(16)])
    return frame.assign(**{TARGET: np.array([f"glyph {i:02d}" for i in range(26)], dtype=object)[letter]})


def _draw_clicks() -> pd.DataFrame:
    return _draw_classification(
        200_000,
        labels=2,
        n_features=30,
        n_informative=12,
        n_redundant=6,
        n_clusters_per_class=6,
        class_sep=0.7,
        flip_y=0.05,
        weights=[0.9],
    )


def _draw_trips() -> pd.DataFrame:
    """A million rows of 20 columns: Friedman's first function, noise, and effects of places."""
    rng = np.random.default_rng(_SEED)
    n = 1_000_000
    X, friedman = datasets.make_friedman1(n, n_features=18, noise=1.0, random_state=_SEED)
    start, end = rng.integers(0, 60, n), rng.integers(0, 60, n)
    minutes = friedman + rng.normal(0, 1.5, 60)[start] + rng.normal(0, 1.5, (60, 60))[start, end]
    frame = pd.DataFrame(X.round(_DIGITS_OF_FLOATS), columns=[f"x{i:02d}" for i in range(18)])
    frame["start"], frame["end"] = _name_columns("place", start, rng), _name_columns("place", end, rng)
    return frame.assign(**{TARGET: minutes.round(3)})


def _name_columns(prefix: str, codes: np.ndarray, rng: np.random.Generator, gaps: float = 0.0) -> pd.Series:
    # Shuffled, or the order of the names would tell how common a category is.
    numbers = rng.permutation(codes.max() + 1)
    names = pd.Series([f"{prefix} {number:03d}" for number in numbers[codes]], dtype=object)
    return names.mask(rng.random(len(codes)) < gaps, None)


_GENERATED: dict[str, tuple[Callable[[], pd.DataFrame], Kind, str]] = {
    "breast_cancer": (_load_breast_cancer, "binary", "roc_auc"),
    "wine": (_load_wine, "multiclass", "neg_log_loss"),
    "digits": (_load_digits, "multiclass", "neg_log_loss"),
    "diabetes": (_load_diabetes, "regression", "neg_root_mean_squared_error"),
    "churn": (_draw_churn, "binary", "roc_auc"),
    "clusters": (_draw_clusters, "multiclass", "neg_log_loss"),
    "claims": (_draw_claims, "regression", "neg_root_mean_squared_error"),
    "fraud": (_draw_fraud, "binary", "roc_auc"),
    "merchants": (_draw_merchants, "binary", "neg_log_loss"),
    "noisy": (_add_noise, "binary", "roc_auc"),
    "letters": (_draw_letters, "multiclass", "neg_log_loss"),
    "glyphs": (_draw_glyphs, "multiclass", "neg_log_loss"),
    "clicks": (_draw_clicks, "binary", "roc_auc"),
    "trips": (_draw_trips, "regression", "neg_root_mean_squared_error"),
}
_LARGE = ("letters", "glyphs", "clicks", "trips")

# The metric of each table.
METRICS: dict[str, str] = {name: metric for name, (_, _, metric) in _GENERATED.items()} | {
    name: table.metric for name, table in PUBLIC_TABLES.items()
}
# The half of the public tables that a table is in, or "generated".
HALVES: dict[str, str] = dict.fromkeys(_GENERATED, "generated") | {
    name: table.half for name, table in PUBLIC_TABLES.items()
}
# How a table's rows are split.
REGIMES: dict[str, str] = dict.fromkeys(_GENERATED, "independent") | {
    name: "by time" if table.event_time else "by group" if table.group else "independent"
    for name, table in PUBLIC_TABLES.items()
}
SUITES: dict[str, tuple[str, ...]] = {
    "generated": tuple(name for name in _GENERATED if name not in _LARGE),
    "large": _LARGE,
    "public": tuple(PUBLIC_TABLES),
    "public-development": tuple(name for name, table in PUBLIC_TABLES.items() if table.half == "development"),
    "public-holdout": tuple(name for name, table in PUBLIC_TABLES.items() if table.half == "holdout"),
}
