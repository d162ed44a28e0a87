from typing import Any

import numpy as np
import pandas as pd
import pytest

from components._table.schema import Kind
from components.eda import effects
from components.eda.effects import EffectMeter, FoldPlan, Variant
from tests.explored_rows import REGRESSION

N = 400
RNG = np.random.default_rng(0)
GROUPS = RNG.integers(0, 40, N)
Y = RNG.normal(size=40)[GROUPS] + RNG.normal(size=N)
FRAME = pd.DataFrame(
    {
        "x": Y + RNG.normal(size=N),
        "noise": RNG.normal(size=N),
        "group": GROUPS.astype(float),
        "day": pd.date_range("2026-01-01", periods=N),
        "y": Y,
    }
)
KINDS: dict[str, Kind] = {
    "x": "float",
    "noise": "float",
    "group": "float",
    "name": "string",
    "day": "datetime",
}
X = Variant(("x",))


def make_meter(frame: pd.DataFrame = FRAME, **settings: Any) -> EffectMeter:
    problem = REGRESSION.model_copy(update=settings)
    return EffectMeter(frame, KINDS, frame["y"].to_numpy(), np.ones(len(frame)), problem, ["x", "noise"], 0)


@pytest.fixture(scope="module")
def meter() -> EffectMeter:
    return make_meter()


def test_leaving_out_the_signal_raises_the_error_and_leaving_out_noise_does_not(meter: EffectMeter) -> None:
    both = Variant(("x", "noise"))
    without_x = meter.measure("a", both, Variant(("noise",)), "trees")
    without_noise = meter.measure("b", both, X, "trees")
    assert without_x is not None
    assert without_noise is not None
    assert without_x.low > 0.2
    assert without_x.change == pytest.approx(without_x.after - without_x.before)
    assert abs(without_noise.change) < 0.1 * without_x.change
    assert (without_x.action, without_x.metric, without_x.n_rows) == ("a", "neg_root_mean_squared_error", N)


def test_nothing_changes_nothing(meter: EffectMeter) -> None:
    effect = meter.measure("a", X, X, "linear")
    assert effect is not None
    assert (effect.change, effect.low, effect.high) == (0, 0, 0)


def test_new_groups_are_harder(meter: EffectMeter) -> None:
    effect = meter.measure("a", Variant(("group",)), Variant(("group",), FoldPlan("group", "group")), "trees")
    assert effect is not None
    assert effect.low > 0


def test_rows_are_mixed_whatever_the_roles() -> None:
    grouped = make_meter(group="group")
    effect = grouped.measure("a", Variant(("group",), FoldPlan("mixed")), Variant(("group",)), "trees")
    assert effect is not None
    assert effect.low > 0


def test_later_rows_are_scored_by_models_of_as_many_rows(meter: EffectMeter) -> None:
    effect = meter.measure("a", X, Variant(("x",), FoldPlan("event_time", "day")), "trees")
    assert effect is not None
    assert effect.n_rows == pytest.approx(0.75 * N, abs=2)
    assert abs(effect.change) < 0.2


def test_without_copies_it_does_not_matter_whether_they_are_together(meter: EffectMeter) -> None:
    effect = meter.measure("a", Variant(("x",), FoldPlan("scattered")), X, "trees")
    assert effect is not None
    assert effect.change == 0


def test_copies_in_several_folds_make_the_score_too_good() -> None:
    frame = pd.concat([FRAME, FRAME[: N // 3]], ignore_index=True)
    frame = frame.sample(frac=1, random_state=0).reset_index(drop=True)
    columns = ("x", "noise", "day")
    effect = make_meter(frame).measure(
        "a", Variant(columns, FoldPlan("scattered")), Variant(columns), "trees"
    )
    assert effect is not None
    assert effect.low > 0


def test_changed_values_are_what_the_model_sees(meter: EffectMeter) -> None:
    nothing = pd.Series(np.zeros(N))
    effect = meter.measure("a", X, Variant(("x",), changed={"x": nothing}), "linear")
    assert effect is not None
    assert effect.after == pytest.approx(Y.std(), rel=0.02)
    assert effect.low > 0


def test_weights_count() -> None:
    is_odd = np.arange(N) % 2 == 1
    frame = FRAME.assign(x=np.where(is_odd, Y, 0.0))
    weights = np.where(is_odd, 1.0, 1e-6)
    meter = EffectMeter(frame, KINDS, Y, weights, REGRESSION.model_copy(update={"weight": "w"}), ["x"], 0)
    effect = meter.measure("a", Variant(()), X, "linear")
    assert effect is not None
    assert effect.after < 0.2


def test_few_rows_or_folds_are_explained() -> None:
    assert "150 rows are too few" in make_meter(FRAME[:150]).explain_no_folds(FoldPlan())
    one = FRAME.assign(group=1.0)
    assert "Fewer than two folds" in make_meter(one).explain_no_folds(FoldPlan("group", "group"))
    assert make_meter().explain_no_folds(FoldPlan()) == ""


def test_wide_tables_are_judged_on_fewer_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    assert make_meter().n_rows == N
    monkeypatch.setattr(effects, "_MOST_CELLS", 600)
    monkeypatch.setattr(effects, "_LEAST_SAMPLE", 200)
    assert make_meter().n_rows == 300
