import numpy as np
import pandas as pd
import pytest

from components._table.kinds import Kind
from components.eda.interactions import InteractionInfo, find_interactions
from components.eda.target import Target

N = 6_000
RANDOM = np.random.default_rng(0)
BINARY = Target("y", N, ("no", "yes"), (N // 2, N // 2))
THREE = Target("y", N, ("a", "b", "c"), (N // 3,) * 3)
REGRESSION = Target("y", N)
FRAME = pd.DataFrame(
    {
        "age": RANDOM.normal(size=N),
        "plan": RANDOM.choice(["basic", "plus", "pro"], N),
        "size": RANDOM.integers(0, 3, N),
        "day": pd.Timestamp(2026, 1, 1) + pd.to_timedelta(RANDOM.integers(0, 300, N), unit="D"),
        "income": pd.Series(RANDOM.lognormal(size=N)).mask(pd.Series(RANDOM.random(N) < 0.1)),
    }
)
KINDS: dict[str, Kind] = {
    "age": "float",
    "plan": "string",
    "size": "integer",
    "day": "datetime",
    "income": "float",
}
# Age counts in opposite directions in two plans, and alone says nothing.
CROSSED = FRAME["age"] * FRAME["plan"].map({"basic": 2, "plus": -2, "pro": 0})
ADDED = 2 * FRAME["age"] + FRAME["size"] + FRAME["plan"].map({"basic": 2, "plus": -2, "pro": 0})


def _find(y: np.ndarray, target: Target, frame: pd.DataFrame = FRAME) -> list[InteractionInfo]:
    return find_interactions(frame, list(frame.columns), KINDS, y, target)


def _draw_classes(log_odds: pd.Series) -> np.ndarray:
    return (RANDOM.random(N) < 1 / (1 + np.exp(-log_odds))).astype(int)


def test_a_pair_that_works_together_is_found_in_classes() -> None:
    found = _find(_draw_classes(CROSSED), BINARY)
    assert [(info.first, info.second) for info in found] == [("age", "plan")]
    (info,) = found
    assert info.low > 0.1
    assert info.rates.shape == (5, 3)
    rates = pd.DataFrame(info.rates, info.first_labels, info.second_labels)
    assert rates["basic"].iloc[-1] > 0.8 > 0.2 > rates["plus"].iloc[-1]


def test_a_pair_that_works_together_is_found_in_numbers_and_in_several_classes() -> None:
    y = (CROSSED + RANDOM.normal(size=N)).to_numpy()
    (info,) = _find(y, REGRESSION)
    assert (info.first, info.second) == ("age", "plan")
    several = np.digitize(y, [-1, 1])
    (info,) = _find(several, THREE)
    assert (info.first, info.second) == ("age", "plan")
    assert np.isnan(info.rates).all()


@pytest.mark.parametrize("strength", [0, 1, 3])
def test_effects_that_add_up_are_not_an_interaction(strength: int) -> None:
    assert _find(_draw_classes(strength * ADDED), BINARY) == []
    assert _find((strength * ADDED + RANDOM.normal(size=N)).to_numpy(), REGRESSION) == []


def test_nulls_and_rare_categories_have_bins() -> None:
    frame = FRAME[["income"]].assign(plan=[f"plan {i % 40}" for i in range(N)])
    log_odds = np.where(frame["income"].isna(), 3.0, -3.0) * np.where(np.arange(N) % 40 < 5, 1, -1)
    (info,) = _find(_draw_classes(pd.Series(log_odds)), BINARY, frame)
    assert info.first_labels[-1] == "(null)"
    assert info.second_labels[-1] == "(other)"
    assert info.rates[-1, -1] < 0.1 < 0.9 < info.rates[0, -1]


def test_days_are_written_as_days() -> None:
    late = np.where(FRAME["day"] > pd.Timestamp(2026, 7, 1), 2, -2)
    found = _find(_draw_classes(late * FRAME["age"]), BINARY, FRAME[["age", "day"]])
    assert found[0].second_labels[-1] == "to 2026-10-27"


@pytest.mark.parametrize("y", [np.zeros(N), np.zeros(50)])
def test_a_constant_target_or_few_rows_have_none(y: np.ndarray) -> None:
    assert _find(y, REGRESSION, FRAME[: len(y)]) == []
