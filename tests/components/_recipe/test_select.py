import json

import numpy as np
import pandas as pd
import pytest

from components._problem.task import TaskKind
from components._recipe import select
from components._recipe.select import Selector
from components.errors import InvalidData


def draw_noise(n_rows: int, n_features: int, seed: int = 0) -> pd.DataFrame:
    values = np.random.default_rng(seed).normal(size=(n_rows, n_features))
    return pd.DataFrame(values, columns=[f"noise{i}" for i in range(n_features)])


def list_kept(selector: Selector) -> set[str]:
    return set(selector.get_feature_names_out())


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("kind", ["binary", "multiclass", "regression"])
def test_signal_is_kept_and_some_noise_is_dropped(kind: TaskKind, seed: int) -> None:
    table = draw_noise(600, 20, seed).assign(
        linear=np.random.default_rng(seed + 10).normal(size=600), square=np.linspace(-2, 2, 600)
    )
    value = table["linear"] + table["square"] ** 2
    y = value.to_numpy() if kind == "regression" else pd.qcut(value, 2 + (kind == "multiclass"), labels=False)
    selector = Selector(kind, seed=seed).fit(table, np.asarray(y))
    assert {"linear", "square"} <= list_kept(selector)
    assert sum(reason == "no use" for reason, _ in selector.dropped_.values()) >= 5
    assert min(selector.gains_[-2:]) > 5 * selector.noise_


@pytest.mark.parametrize("block", [1, 2, 500])
def test_constants_and_copies_go_with_the_reason(block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(select, "_BLOCK_FEATURES", block)
    table = draw_noise(200, 3).assign(still=0.1)
    table["copy"] = -2 * table["noise1"] + 5
    table["near"] = table["noise1"] + 0.2 * table["noise2"]
    y = (table["noise1"] > 0).to_numpy(dtype=np.int64)
    selector = Selector("binary").fit(table, y)
    assert selector.dropped_["still"] == ["no variance", "one value in training"]
    assert selector.dropped_["copy"] == ["redundant", "correlation 1.0000 with noise1"]
    assert selector.dropped_.get("near", ["stays"])[0] != "redundant"
    stricter = Selector("binary", redundant_above=0.9).fit(table, y)
    assert stricter.dropped_["near"][0] == "redundant"


@pytest.mark.parametrize(
    ("table", "n_kept"),
    [(draw_noise(400, 12), 3), (draw_noise(400, 2), 2), (draw_noise(400, 1), 1)],
)
def test_noise_alone_leaves_some_features(table: pd.DataFrame, n_kept: int) -> None:
    y = np.random.default_rng(1).integers(0, 2, len(table))
    selector = Selector("binary").fit(table, y)
    assert len(selector.kept_) >= n_kept
    assert selector.transform(table).shape == (400, len(selector.kept_))


def test_too_few_rows_for_trees_speak_against_no_feature() -> None:
    table = draw_noise(30, 8)
    selector = Selector("binary").fit(table, np.arange(30) % 2)
    assert list_kept(selector) == set(table.columns)
    assert selector.dropped_ == {}


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (pd.DataFrame(index=range(9)), "No feature varies in the 9 training rows.*Features: none"),
        (pd.DataFrame({"a": [1.0] * 4, "b": [2.0] * 4}), "No feature varies in the 4 .*Features: a, b"),
    ],
)
def test_features_that_never_vary_are_refused_by_name(table: pd.DataFrame, message: str) -> None:
    with pytest.raises(InvalidData, match=message):
        Selector("binary").fit(table, np.arange(len(table)) % 2)


def test_kept_features_come_out_as_they_went_in() -> None:
    table = draw_noise(300, 6).assign(still=1.0)
    before = table.copy(deep=True)
    y = (table["noise4"] > 0).to_numpy(dtype=np.int64)
    selector = Selector("binary").fit(table, y)
    matrix = selector.transform(table)
    assert matrix.dtype == np.float32
    names = list(selector.get_feature_names_out())
    np.testing.assert_array_equal(matrix, table[names].to_numpy(np.float32))
    pd.testing.assert_frame_equal(table, before)
    assert list_kept(selector) | set(selector.dropped_) == set(table.columns)


def test_a_number_too_large_for_float32_stays_finite() -> None:
    table = draw_noise(50, 1)
    selector = Selector("regression").fit(table, table["noise0"].to_numpy())
    unseen = selector.transform(pd.DataFrame({"noise0": [1e300, -1e300]}))
    widest = np.finfo(np.float32).max
    assert unseen.ravel().tolist() == [widest, -widest]


def test_the_same_seed_selects_the_same_from_a_sample_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(select, "_SAMPLE_ROWS", 150)
    table, y = draw_noise(400, 10), np.arange(400) % 2
    first, again, other = (Selector("binary", seed=seed).fit(table, y) for seed in (5, 5, 6))
    np.testing.assert_array_equal(first.gains_, again.gains_)
    assert (first.noise_, first.dropped_) == (again.noise_, again.dropped_)
    assert first.gains_.tolist() != other.gains_.tolist()


def test_a_feature_that_varies_outside_the_sample_alone_is_not_called_constant(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(select, "_SAMPLE_ROWS", 50)
    table = draw_noise(3000, 4).assign(seldom=0.0)
    table.loc[0, "seldom"] = 1.0
    selector = Selector("binary").fit(table, (table["noise0"] > 0).to_numpy(dtype=np.int64))
    assert selector.dropped_.get("seldom", ["stays"])[0] != "no variance"


def test_the_export_is_strict_json_and_the_description_names_dropped_features() -> None:
    table = draw_noise(200, 3).assign(still=1.0)
    selector = Selector("binary").fit(table, (table["noise0"] > 0).to_numpy(dtype=np.int64))
    exported = json.loads(json.dumps(selector.export(), allow_nan=False))
    assert exported == {"features": ["noise0", "noise1", "noise2"], "kept": [0, 1, 2]}
    assert selector.describe() == [
        "3 of 4 features are kept.",
        "still is dropped: no variance, one value in training.",
    ]
