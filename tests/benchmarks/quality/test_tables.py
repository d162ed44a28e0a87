from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks.quality.public_tables import PUBLIC_TABLES, PublicTable
from benchmarks.quality.splits import compute_error, score, write_split
from benchmarks.quality.tables import METRICS, SUITES, Table, load_table


@pytest.mark.slow_variants
@pytest.mark.parametrize("name", SUITES["generated"])
def test_a_table_is_the_same_every_time_and_fits_its_question(name: str) -> None:
    table = load_table(name)
    pd.testing.assert_frame_equal(table.frame, load_table(name).frame)
    assert table.frame[table.target].notna().all()
    assert table.frame.columns.is_unique
    n_classes = {"binary": 2, "multiclass": len(table.classes), "regression": 0}[table.kind]
    assert len(table.classes) == n_classes != 1
    assert all(isinstance(label, str) for label in table.classes)


@pytest.mark.parametrize("name", ["wine", "churn", "claims"])
def test_a_split_has_every_row_once_and_depends_on_its_seed_alone(name: str, tmp_path: Path) -> None:
    table = load_table(name)
    splits = []
    for folder, seed in (("first", 0), ("again", 0), ("other", 1)):
        (tmp_path / folder).mkdir()
        splits.append(write_split(table, seed, tmp_path / folder))
    first, again, other = splits
    train, test = pd.read_parquet(first.train), pd.read_parquet(first.test)
    assert len(train) + len(test) == len(table.frame)
    assert len(test) == len(first.answers) == pytest.approx(len(table.frame) / 4, abs=1)
    assert list(train.columns) == [*test.columns, table.target]
    pd.testing.assert_frame_equal(train, pd.read_parquet(again.train))
    assert not first.answers.index.equals(other.answers.index)
    if table.classes:
        ours, theirs = (rows.value_counts(normalize=True) for rows in (train[table.target], first.answers))
        pd.testing.assert_series_equal(ours, theirs, atol=0.02, check_names=False, check_like=True)


def test_fraud_is_rare_and_merchants_are_many() -> None:
    assert 0.02 < (load_table("fraud").frame["target"] == "yes").mean() < 0.03
    assert load_table("merchants").frame["merchant"].nunique() == 200


@pytest.mark.parametrize("name", ["fraud", "merchants", "wine", "claims"])
def test_the_truth_scores_better_than_ignorance(name: str) -> None:
    table = load_table(name)
    answers = table.frame[table.target]
    if table.kind == "regression":
        truth, ignorance = answers.to_numpy(), np.full(len(answers), answers.mean())
    else:
        truth = (answers.to_numpy()[:, None] == np.array(table.classes, dtype=object)).astype(float)
        ignorance = np.full_like(truth, 1 / truth.shape[1])
    best, worst = score(table, answers, truth), score(table, answers, ignorance)
    assert best > worst
    assert compute_error(table.metric, best) == pytest.approx(0, abs=1e-9)


def test_predictions_that_are_no_numbers_are_refused() -> None:
    table = load_table("claims")
    answers = table.frame[table.target]
    with pytest.raises(ValueError, match="no finite numbers"):
        score(table, answers, np.full(len(answers), np.nan))


def test_a_split_by_time_has_its_latest_rows_to_predict(tmp_path: Path) -> None:
    days = pd.date_range("2024-01-01", periods=200).to_numpy()
    frame = pd.DataFrame({"day": np.random.default_rng(0).permutation(days), "y": np.arange(200.0)})
    table = Table("days", frame, "y", "regression", "neg_root_mean_squared_error", event_time="day")
    ends = []
    for seed in range(3):
        split = write_split(table, seed, tmp_path)
        train, test = pd.read_parquet(split.train), pd.read_parquet(split.test)
        assert train["day"].max() < test["day"].min()
        assert len(test) == pytest.approx((len(train) + len(test)) / 4, abs=1)
        ends.append(test["day"].max())
    assert ends == sorted(ends, reverse=True)


def test_a_split_by_group_has_no_group_on_both_sides(tmp_path: Path) -> None:
    person = np.random.default_rng(0).integers(0, 60, 400)
    frame = pd.DataFrame({"person": person, "y": np.arange(400.0)})
    table = Table("people", frame, "y", "regression", "neg_root_mean_squared_error", group="person")
    split = write_split(table, 0, tmp_path)
    train, test = pd.read_parquet(split.train), pd.read_parquet(split.test)
    assert not set(train["person"]) & set(test["person"])
    assert len(train) + len(test) == 400


def test_every_suite_names_tables_that_have_a_metric() -> None:
    assert set(METRICS) == {name for suite in SUITES.values() for name in suite}
    halves = SUITES["public-development"], SUITES["public-holdout"]
    assert sorted(sum(halves, ())) == sorted(SUITES["public"])
    assert len(halves[0]) == len(halves[1])


@pytest.mark.parametrize("public", PUBLIC_TABLES.values(), ids=lambda public: public.item)
def test_a_public_table_drops_neither_its_target_nor_its_roles(public: PublicTable) -> None:
    assert not {public.target, public.event_time, public.group} & set(public.dropped)
