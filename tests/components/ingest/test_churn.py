"""The generated churn table has the problems that it promises, and its truth is known."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from scipy.stats import skew
from sklearn.metrics import roc_auc_score

from components.ingest.churn import (
    SCHEMA,
    compute_best_roc_auc,
    compute_churn_probability,
    make_churn_batches,
)
from components.ingest.churn import _make_customers as customers


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    frame: pd.DataFrame = pa.Table.from_batches(make_churn_batches(40_000, seed=0), SCHEMA).to_pandas()
    return frame


def test_about_a_fifth_leave(table: pd.DataFrame) -> None:
    assert 0.18 < (table["churned"] == "yes").mean() < 0.22


def test_the_leak_alone_predicts_the_target_nearly_perfectly(table: pd.DataFrame) -> None:
    assert 0.98 < roc_auc_score(table["churned"] == "yes", table["closure_fee"]) < 1


@pytest.mark.parametrize(
    "column", ["age", "satisfaction", "payment_method", "last_login", "data_gb", "total_charges"]
)
def test_values_are_missing(table: pd.DataFrame, column: str) -> None:
    assert 0.005 < table[column].isna().mean() < 0.4


@pytest.mark.parametrize("column", ["customer_id", "signup_date", "contract", "monthly_charge", "churned"])
def test_what_is_always_known_is_never_missing(table: pd.DataFrame, column: str) -> None:
    assert not table[column].isna().any()


@pytest.mark.parametrize("column", ["monthly_charge", "data_gb", "age"])
def test_there_are_outliers(table: pd.DataFrame, column: str) -> None:
    low, high = table[column].quantile([0.25, 0.75])
    assert table[column].max() > high + 10 * (high - low)


@pytest.mark.parametrize("column", ["total_charges", "data_gb", "support_calls", "tenure_months"])
def test_there_is_skew(table: pd.DataFrame, column: str) -> None:
    assert skew(table[column].dropna()) > 1


def test_rows_repeat_and_an_identifier_names_the_others(table: pd.DataFrame) -> None:
    assert 0.003 < table.duplicated().mean() < 0.008
    assert table.drop_duplicates()["customer_id"].is_unique


def test_cities_are_many(table: pd.DataFrame) -> None:
    assert 1_400 < table["city"].nunique() <= 1_500


def test_total_charges_go_with_tenure(table: pd.DataFrame) -> None:
    known = table[table["tenure_months"] > 0]
    ratio = known["total_charges"] / (known["monthly_charge"] * known["tenure_months"])
    assert 0.95 < ratio.median() < 1.05


def test_a_shorter_table_begins_a_longer_one() -> None:
    short = pa.Table.from_batches(make_churn_batches(100, seed=5))
    long = pa.Table.from_batches(make_churn_batches(17_000, seed=5))
    assert long.num_rows == 17_000
    assert long.slice(0, 100).equals(short)


def test_blocks_and_seeds_differ() -> None:
    first, second = make_churn_batches(32_768, seed=5)
    (other,) = make_churn_batches(16_384, seed=-5)
    assert first["data_gb"].to_pylist() != second["data_gb"].to_pylist()
    assert first["data_gb"].to_pylist() != other["data_gb"].to_pylist()


def test_the_best_possible_auc_is_that_of_the_true_probability() -> None:
    probability = compute_churn_probability(customers(np.random.default_rng(11), 0))
    drawn = [np.random.default_rng(i).random(len(probability)) < probability for i in range(20)]
    reached = float(np.mean([roc_auc_score(labels, probability) for labels in drawn]))
    stated = compute_best_roc_auc(65_536, seed=0)
    assert 0.85 < stated < 0.9
    # One more or one fewer block of customers changes the value by less than this.
    assert reached == pytest.approx(stated, abs=0.006)


@pytest.mark.parametrize("n_rows", [1, 16_384])
def test_the_best_possible_auc_belongs_to_the_table_and_not_to_few_rows(n_rows: int) -> None:
    assert compute_best_roc_auc(n_rows, seed=0) == compute_best_roc_auc(10_000, seed=0)
