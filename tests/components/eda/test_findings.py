import re

import numpy as np
import pandas as pd
import pytest
from sklearn import datasets

from components.eda.findings import collect_findings
from components.eda.relations import compute_relations
from components.eda.summaries import summarise_columns
from components.eda.target import Target
from tests.explored_rows import open_explored_rows
from tests.foreign import find_foreign

RANDOM = np.random.default_rng(1)
N_ROWS = 1_000
CLASSES = RANDOM.integers(0, 2, N_ROWS)
AMOUNT = RANDOM.lognormal(size=N_ROWS)
NOISE = RANDOM.normal(size=N_ROWS)


def _make_classes(codes, labels=("no", "yes")):
    return codes, Target("y", len(codes), labels, tuple(np.bincount(codes, minlength=len(labels))))


def _make_regression(values):
    return values, Target("y", len(values))


BINARY = _make_classes(CLASSES)
REGRESSION = _make_regression(AMOUNT)


def _make_kinds(frame):
    by_dtype = {"i": "integer", "f": "float", "b": "boolean", "M": "datetime", "O": "string"}
    return {name: by_dtype[frame[name].dtype.kind] for name in frame}


def _find_items(frame, target, unjudged=(), kept=()):
    y, facts = target
    kinds = _make_kinds(frame)
    order = np.random.default_rng(0).permutation(len(frame))
    related = compute_relations(frame.iloc[order], kinds, y[order], facts)
    with open_explored_rows(frame, kinds) as rows:
        summaries = summarise_columns(rows, list(frame), kinds, seed=0)
    return collect_findings(summaries, related, facts, unjudged, kept)


def _select(values, target=BINARY):
    items = _find_items(pd.DataFrame({"x": values}), target).items
    return {item.finding: item.reason for item in items}


def _make_target(frame, name, *, is_regression=False):
    if is_regression:
        return _make_regression(frame[name].to_numpy(dtype=float))
    codes, labels = pd.factorize(frame[name], sort=True)
    return _make_classes(codes, tuple(map(str, labels)))


@pytest.mark.slow_variants
@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([None] * N_ROWS, ["empty"]),
        (np.full(N_ROWS, np.nan), ["empty"]),
        (np.full(N_ROWS, 7), ["constant"]),
        (["same"] * N_ROWS, ["constant"]),
        # Whether there is a value tells rows apart, even if the value does not.
        (["same", None] * (N_ROWS // 2), []),
        (np.arange(N_ROWS), ["unique"]),
        (RANDOM.integers(0, 2**50, N_ROWS), ["unique"]),
        ([f"customer {i}" for i in range(N_ROWS)], ["unique"]),
        ([f"customer {max(i, 20)}" for i in range(N_ROWS)], ["unique"]),
        ([f"arrived late, lid broken {i}" for i in range(N_ROWS)], ["free_text"]),
        # Different in every row, and yet measurements.
        (20_000 + RANDOM.permutation(N_ROWS) * 997 + RANDOM.integers(0, 997, N_ROWS), []),
        ((1e9 + 1e8 * NOISE).astype(int), []),
        (np.linspace(0, 1, N_ROWS), []),
        (pd.date_range("2020-01-01", periods=N_ROWS, freq="h"), []),
        (AMOUNT[::-1], ["skewed", "outliers"]),
        (np.tile(["a", "b"], N_ROWS // 2), []),
        ([f"town {i % 51}" for i in range(N_ROWS)], ["high_cardinality"]),
        ([f"town {i % 50}" for i in range(N_ROWS)], []),
        (np.tile([0, 1, 1, 1, 1, 1, 1, 1], N_ROWS // 8), []),
    ],
)
def test_columns_get_the_findings_they_deserve(values, expected):
    assert list(_select(values)) == expected


@pytest.mark.parametrize(
    ("values", "target", "reason"),
    [
        (np.where(CLASSES, "x", "z"), BINARY, "copy of the target"),
        (CLASSES + 0.001 * NOISE, BINARY, r"AUC (1\.000|0\.999) of"),
        (np.where(CLASSES, NOISE, np.nan), BINARY, "from its nulls alone"),
        # One row in 200 is recorded wrongly.
        (np.where(CLASSES ^ (np.arange(N_ROWS) % 200 == 7), 20 + NOISE, 0), BINARY, r"AUC 0\.99"),
        (np.where(CLASSES ^ (np.arange(N_ROWS) % 200 == 7), NOISE, np.nan), BINARY, r"AUC 0\.99"),
        (AMOUNT * 2.2, REGRESSION, r"R² of ranks 0\.99"),
        (1 / AMOUNT, REGRESSION, r"R² of ranks 0\.99"),
        (
            pd.Series(pd.date_range("2020-01-01", periods=N_ROWS, freq="h")).where(CLASSES == 1),
            BINARY,
            "from its nulls alone",
        ),
    ],
)
def test_a_leak_is_found_with_its_figure(values, target, reason):
    found = _select(values, target)
    assert list(found) == ["leak"]
    assert re.search(reason, found["leak"])


@pytest.mark.parametrize(
    ("values", "target"),
    [
        (2 * CLASSES + NOISE, BINARY),
        (np.where(NOISE > -2, CLASSES, 1 - CLASSES), BINARY),
        (AMOUNT * np.exp(0.1 * NOISE), REGRESSION),
        # A target may follow time without being known early.
        (pd.to_datetime((AMOUNT * 1e15).astype(int)), REGRESSION),
    ],
)
def test_a_strong_feature_is_not_a_leak(values, target):
    assert "leak" not in _select(values, target)


ROWS = RANDOM.permutation(N_ROWS)
FOLLOWS = (RANDOM.random(N_ROWS) < 0.3 + 0.4 * ROWS / N_ROWS).astype(int)


@pytest.mark.parametrize(
    ("values", "target", "figure"),
    [
        (ROWS, _make_classes(FOLLOWS), r"ROC AUC 0\.[56]\d+, by chance 0\.5"),
        (ROWS, _make_regression(ROWS + 300 * NOISE), r"R² of ranks 0\.\d+, by chance 0"),
    ],
)
def test_a_useful_identifier_is_kept_and_reported(values, target, figure):
    found = _select(values, target)
    assert "unique" not in found
    assert re.search(
        f"It looks like an identifier .* but predicts .*: {figure}. It is kept", found["useful_key"]
    )


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        (
            ROWS,
            "It identifies rows (its whole numbers follow each other, one for each row), and does not",
        ),
        (
            [f"C{i}" for i in ROWS],
            "It identifies rows: 100% of its texts are different, and new rows have new ones.",
        ),
    ],
)
def test_an_identifier_is_left_out_with_its_reason(values, reason):
    assert _select(values)["unique"].startswith(reason)


def test_numbers_that_say_nothing_are_seldom_kept():
    frame = pd.DataFrame({f"x{i}": RANDOM.permutation(300) for i in range(100)})
    found = _find_items(frame, _make_classes(CLASSES[:300]))
    assert len(found.get_reasons("useful_key")) <= 5


def test_in_few_rows_only_a_copy_is_a_leak():
    target = _make_classes(CLASSES[:60])
    frame = pd.DataFrame(
        {"apart": CLASSES[:60] + 0.01 * NOISE[:60], "copy": np.where(CLASSES[:60], "x", "z")}
    )
    assert list(_find_items(frame, target).get_reasons("leak")) == ["copy"]


def _draw_samples():
    for name in ("iris", "wine", "breast_cancer"):
        yield getattr(datasets, f"load_{name}")(as_frame=True).frame
    iris = datasets.load_iris(as_frame=True).frame
    yield iris[iris["target"] < 2]


@pytest.mark.parametrize("frame", list(_draw_samples()), ids=["iris", "wine", "breast cancer", "two of iris"])
def test_genuine_features_of_clean_samples_are_not_leaks(frame):
    found = _find_items(frame.drop(columns="target"), _make_target(frame, "target"))
    assert found.get_reasons("leak", "unique") == {}


@pytest.mark.parametrize(
    ("file", "target", "is_regression"),
    [
        ("penguins.csv", "species", False),
        ("mpg.csv", "mpg", True),
        ("taxis.csv", "tip", True),
        ("taxis.csv", "total", True),
    ],
)
def test_genuine_features_of_real_tables_are_not_leaks(file, target, is_regression):
    frame = pd.read_csv(find_foreign("data", file))
    found = _find_items(frame.drop(columns=target), _make_target(frame, target, is_regression=is_regression))
    assert found.get_reasons("leak") == {}


@pytest.mark.parametrize(
    ("values", "transformation"),
    [
        (AMOUNT, r"log\(x\)"),
        (AMOUNT - AMOUNT.min(), r"log\(1 \+ x\)"),
        (-AMOUNT, "Yeo-Johnson"),
        (AMOUNT - 5, "Yeo-Johnson"),
    ],
)
def test_a_skewed_column_gets_the_transformation_that_fits(values, transformation):
    assert re.search(transformation, _select(values)["skewed"])


def test_outliers_are_stated_as_shares():
    values = np.concatenate([np.tile(np.arange(10.0), 99), np.full(10, 1000.0)])
    assert _select(values)["outliers"].startswith("1.0 % of its values")


def test_columns_that_are_not_features_are_not_judged():
    frame = pd.DataFrame({"id": np.arange(N_ROWS), "other": np.arange(N_ROWS)})
    assert [item.column for item in _find_items(frame, BINARY, unjudged=["id"]).items] == ["other"]


def test_a_kept_column_is_left_out_only_if_there_is_nothing_in_it() -> None:
    leak, name = CLASSES * 3, [f"customer {i}" for i in range(N_ROWS)]
    frame = pd.DataFrame({"leak": leak, "name": name, "constant": 7, "empty": [None] * N_ROWS})
    judged = {item.column: item.finding for item in _find_items(frame, BINARY).items}
    assert judged == {"leak": "leak", "name": "unique", "constant": "constant", "empty": "empty"}
    protected = {item.column: item.finding for item in _find_items(frame, BINARY, kept=list(frame)).items}
    assert protected == {"name": "high_cardinality", "constant": "constant", "empty": "empty"}
