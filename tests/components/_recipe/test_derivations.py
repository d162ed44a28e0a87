import numpy as np
import pandas as pd
import pytest

from components._recipe.derivations import Derivation, compute_derived, learn_derived

CATEGORIES = {"s": [f"s{i}" for i in range(12)]}
UNITS = {"a": [10.0, 2.0], "b": [5.0, 1.0]}


def draw_rows(n_rows: int = 500) -> pd.DataFrame:
    """Return two numbers in their units, codes of ten of twelve categories, and two dates."""
    rng = np.random.default_rng(0)
    hours = rng.integers(0, 900, (n_rows, 2)).astype("timedelta64[h]")
    return pd.DataFrame(
        {
            "a": rng.normal(10, 2, n_rows),
            "b": rng.normal(5, 1, n_rows),
            "s": rng.integers(0, 10, n_rows),
            "d": np.datetime64("2020-01-01", "us") + hours[:, 0],
            "e": np.datetime64("2020-01-01", "us") + hours[:, 1],
        }
    )


def standardise(rows: pd.DataFrame) -> dict[str, np.ndarray]:
    numbers = {name: ((rows[name] - mean) / scale).to_numpy() for name, (mean, scale) in UNITS.items()}
    return numbers | {name: rows[name].to_numpy() for name in "sde"}


def derive(rows: pd.DataFrame, *derivations: Derivation) -> list[np.ndarray]:
    columns = standardise(rows)
    learned = learn_derived(derivations, columns, CATEGORIES, UNITS)
    return compute_derived({"derived": learned, "units": UNITS, "texts": {}}, columns)


def test_arithmetic_is_that_of_the_raw_numbers() -> None:
    rows = draw_rows()
    a, b = rows["a"], rows["b"]
    product, difference, ratio = derive(
        rows, ["product", "a", "b"], ["difference", "a", "b"], ["ratio", "a", "b"]
    )
    np.testing.assert_allclose(product, a * b)
    np.testing.assert_allclose(difference, a - b, atol=1e-9)
    np.testing.assert_allclose(ratio, (a / b) / (1 + (a / b).abs()))


def test_statistics_of_categories_are_those_of_pandas() -> None:
    rows = draw_rows()
    groups = rows.groupby("s")["a"]
    mean, deviation, difference, frequency = derive(
        rows,
        ["group_mean", "a", "s"],
        ["group_deviation", "a", "s"],
        ["difference_to_group", "a", "s"],
        ["frequency", "s"],
    )
    np.testing.assert_allclose(mean, groups.transform("mean"))
    np.testing.assert_allclose(deviation, groups.transform("std", ddof=0))
    np.testing.assert_allclose(difference, rows["a"] - groups.transform("mean"), atol=1e-9)
    np.testing.assert_allclose(frequency, groups.transform("size") / len(rows))


def test_dates_have_a_difference_and_cycles() -> None:
    rows = draw_rows()
    days, sine, cosine = derive(rows, ["days_between", "d", "e"], ["week_cycle", "d"])
    np.testing.assert_allclose(days, (rows["d"] - rows["e"]).dt.total_seconds() / 86_400, atol=1e-9)
    angle = 2 * np.pi * rows["d"].dt.weekday / 7
    np.testing.assert_allclose(sine, np.sin(angle), atol=1e-9)
    np.testing.assert_allclose(cosine, np.cos(angle), atol=1e-9)


def test_a_category_without_rows_has_the_statistic_of_all_rows() -> None:
    rows = draw_rows()
    derivations = [["group_mean", "a", "s"], ["group_deviation", "a", "s"], ["frequency", "s"]]
    learned = learn_derived(derivations, standardise(rows), CATEGORIES, UNITS)
    last = [of["values"][-1] for of in learned]
    assert last == pytest.approx([rows["a"].mean(), rows["a"].std(ddof=0), 0.0])


def test_without_rows_the_values_are_unknown() -> None:
    (learned,) = learn_derived([["frequency", "s"]], standardise(draw_rows(0)), CATEGORIES, UNITS)
    assert np.isnan(learned["values"]).all()


def test_crosses_are_left_out_and_only_statistics_of_categories_have_values() -> None:
    derivations = [["cross", "s", "s"], ["product", "a", "b"], ["frequency", "s"]]
    product, frequency = learn_derived(derivations, standardise(draw_rows()), CATEGORIES, UNITS)
    assert product == {"kind": "product", "columns": ["a", "b"]}
    assert len(frequency["values"]) == 12
