from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components._problem.spec import Problem
from components.errors import InvalidData
from components.monitor.truth import KnownTruth, read_truth
from tests.components.monitor.truths import MEMORY, store_truth
from tests.tables import write_frame

CHURN = Problem(
    target="churned", task="binary", metric="roc_auc", positive_label="yes", classes=("no", "yes"),
    identifiers=("customer",),
)  # fmt: skip


def make_log(**keys: list[str | None]) -> pa.Table:
    """Return the keys of logged rows, as the reader of the log has them."""
    return pa.table({f"key:{name}": pa.chunked_array([pa.array(k, pa.string())]) for name, k in keys.items()})


def find_by_key(known: KnownTruth, keys: list[str]) -> dict[str, float]:
    """Return the targets of the keys that are known."""
    found = known.find_targets(make_log(customer=[*keys]))
    return {key: target for key, target in zip(keys, found.tolist(), strict=True) if target == target}


def test_each_logged_row_gets_the_target_of_its_key(tmp_path: Path) -> None:
    known = store_truth(pd.DataFrame({"customer": ["a", "b"], "churned": ["yes", "no"]}), CHURN, tmp_path)
    found = known.find_targets(make_log(customer=["b", None, "a", "c", "a"]))
    np.testing.assert_array_equal(found, [0, np.nan, 1, np.nan, 1])
    assert known.notes == ()


@pytest.mark.parametrize(
    ("column", "logged"),
    [
        (pa.array([7, None, 2**53 + 1, 2**53]), ["7", "9007199254740993", "9007199254740992"]),
        (pa.array([7.0, None, 0.5, float("inf")]), ["7", "0.5", "inf"]),
        (pa.array([True, None, False, None]), ["True", "False"]),
        (pa.array(["", None, "a\x00b", "a"]), ["", "a\x00b", "a"]),
    ],
)
def test_keys_match_the_texts_of_the_log(tmp_path: Path, column: pa.Array, logged: list[str]) -> None:
    (tmp_path / "table").mkdir()
    targets = ["yes" if value.is_valid else None for value in column]
    pq.write_table(pa.table({"customer": column, "churned": targets}), tmp_path / "table" / "part.parquet")
    known = read_truth(tmp_path / "table", CHURN, MEMORY, tmp_path)
    assert known.find_targets(make_log(customer=[*logged, "8"])).tolist()[:-1] == [1.0] * len(logged)
    assert len(known.targets) == len(logged)


def test_keys_of_several_columns_must_all_match(tmp_path: Path) -> None:
    problem = CHURN.model_copy(update={"identifiers": ("customer", "month")})
    truth = pd.DataFrame({"customer": ["a", "a"], "month": [1, 2], "churned": ["yes", "no"]})
    known = store_truth(truth, problem, tmp_path)
    found = known.find_targets(make_log(customer=["a", "a", "a", "a"], month=["2", "1", "3", None]))
    np.testing.assert_array_equal(found, [0, 1, np.nan, np.nan])


def test_truth_that_is_double_conflicting_or_incomplete_is_said(tmp_path: Path) -> None:
    truth = pd.DataFrame(
        {"customer": ["a", "a", "b", "b", None, "c"], "churned": ["yes", "yes", "yes", "no", "no", None]}
    )
    known = store_truth(truth, CHURN, tmp_path)
    assert find_by_key(known, ["a", "b", "c"]) == {"a": 1.0}
    assert list(known.notes) == [
        "Not used: 2 rows of the truth without a target or a key.",
        "Not used: 1 key with several different targets, for example 'b'.",
        "Counted once: keys that 1 row of the truth repeat with an equal target.",
    ]


def test_columns_with_a_role_come_along_by_key(tmp_path: Path) -> None:
    problem = CHURN.model_copy(update={"sensitive": ("sex",)})
    truth = pd.DataFrame(
        {"customer": ["b", "a", "b"], "sex": ["f", "m", "x"], "churned": ["yes", "no", "yes"]}
    )
    known = store_truth(truth, problem, tmp_path)
    found = known.find(make_log(customer=["a", "b", "a"]))
    assert (known.others, known.read_others(found).to_pydict()) == (("sex",), {"sex": ["m", "f", "m"]})


def test_truth_without_an_identifier_names_requests(tmp_path: Path) -> None:
    known = store_truth(pd.DataFrame({"request_id": ["r1"], "churned": ["yes"]}), CHURN, tmp_path)
    assert known.keys == ("request_id",)
    np.testing.assert_array_equal(known.find(pa.table({"id": ["r0", "r1"]})), [-1, 0])


def test_truth_that_matches_nothing_is_said(tmp_path: Path) -> None:
    known = store_truth(pd.DataFrame({"customer": ["a"], "churned": ["yes"]}), CHURN, tmp_path)
    (note,) = known.describe_matches(0)
    assert "None of the 1 true targets matches a logged row by customer" in note
    assert list(known.describe_matches(1)) == []


@pytest.mark.parametrize("truth", [[], ["yes", "no"]])
def test_truth_without_a_clear_key_labels_no_row(tmp_path: Path, truth: list[str]) -> None:
    frame = pd.DataFrame({"customer": ["a"] * len(truth), "churned": truth}, dtype=object)
    known = store_truth(frame, CHURN, tmp_path)
    assert known.find(make_log(customer=["a", None])).tolist() == [-1, -1]


@pytest.mark.parametrize(
    ("n_values", "named"),
    [(1, "model: v0."), (7, "model: v0, v1, v2, v3, v4 and 2 more."), (2_000, "model: at least v0, v1, v10")],
)
def test_unknown_classes_are_named(tmp_path: Path, n_values: int, named: str) -> None:
    names = [f"v{i}" for i in range(n_values)]
    with pytest.raises(InvalidData, match=f"not classes of the {named}"):
        store_truth(pd.DataFrame({"customer": names, "churned": names}), CHURN, tmp_path)


def test_values_of_a_regression_stay_as_they_are(tmp_path: Path) -> None:
    problem = Problem(target="price", task="regression", metric="rmse", identifiers=("customer",))
    known = store_truth(pd.DataFrame({"customer": [1, 2], "price": [2.5, -np.inf]}), problem, tmp_path)
    assert find_by_key(known, ["1", "2"]) == {"1": 2.5, "2": -np.inf}


def test_targets_in_memory_are_found_as_those_of_a_table(tmp_path: Path) -> None:
    texts = [f"c{i}" for i in range(50)]
    targets = pd.Series(np.arange(50.0) % 2, index=texts)
    frame = pd.DataFrame({"customer": texts, "churned": np.where(targets == 1, "yes", "no")})
    known = KnownTruth.from_targets(("customer",), targets)
    assert find_by_key(known, [*texts, "d"]) == targets.to_dict()
    assert find_by_key(known, texts) == find_by_key(store_truth(frame, CHURN, tmp_path), texts)


@settings(max_examples=15, deadline=None)
@given(
    rows=st.lists(
        st.tuples(st.sampled_from("abcdefgh"), st.sampled_from(["yes", "no", None])), min_size=1, max_size=40
    ),
    cuts=st.lists(st.integers(1, 39), max_size=4),
)
def test_parts_of_the_table_do_not_matter(
    rows: list[tuple[str, str | None]], cuts: list[int], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("truth")
    frame = pd.DataFrame(rows, columns=["customer", "churned"], dtype=object)
    frame["sex"] = [f"s{i}" for i in range(len(rows))]
    problem = CHURN.model_copy(update={"sensitive": ("sex",)})
    whole = store_truth(frame, problem, folder)
    (folder / "parts").mkdir()
    ends = sorted({0, len(rows), *(cut for cut in cuts if cut < len(rows))})
    for number, (start, end) in enumerate(pairwise(ends)):
        write_frame(frame[start:end], dict.fromkeys(frame, "string"), folder / "part")
        (folder / "part" / "part-00000.parquet").rename(folder / "parts" / f"part-{number:05d}.parquet")
    (folder / "scratch").mkdir()
    cut = read_truth(folder / "parts", problem, MEMORY, folder / "scratch")
    for name in ("hashes", "targets", "rows"):
        np.testing.assert_array_equal(getattr(cut, name), getattr(whole, name))
    assert cut.notes == whole.notes
    assert cut.targets.tolist() == expect_targets(frame).reindex(list_keys(cut, "abcdefgh")).tolist()
    log = make_log(customer=list_keys(cut, "abcdefgh"))
    assert cut.read_others(cut.find(log)).equals(whole.read_others(whole.find(log)))


def list_keys(known: KnownTruth, keys: str) -> list[str]:
    """Return the keys that are known, in the order of their hashes."""
    places = known.find(make_log(customer=list(keys)))
    return [key for place, key in sorted(zip(places, keys, strict=True)) if place >= 0]


def expect_targets(frame: pd.DataFrame) -> pd.Series:
    """Return the targets by key, found by pandas."""
    known = frame.dropna(subset="churned")
    targets = (known["churned"] == "yes").astype(float).groupby(known["customer"]).agg(["nunique", "first"])
    found: pd.Series = targets.loc[targets["nunique"] == 1, "first"]
    return found
