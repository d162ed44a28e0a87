import numpy as np
import pandas as pd
import pytest

from components._problem.spec import Problem
from components._table.kinds import Kind
from components.eda.exploration import explore
from components.eda.null_effects import NullEffect, describe_null_effect, find_null_effects
from components.eda.target import Target
from tests.explored_rows import BINARY, REGRESSION, open_explored_rows

N = 1_000
RANDOM = np.random.default_rng(0)
IS_POSITIVE = RANDOM.random(N) < 0.4
THREE = Problem(target="y", task="multiclass", metric="log_loss", classes=("a", "b", "c"))


def _hide(values: pd.Series, share: np.ndarray | float) -> pd.Series:
    return values.mask(pd.Series(RANDOM.random(N) < share))


FRAME = pd.DataFrame(
    {
        "income": _hide(pd.Series(RANDOM.normal(size=N)), np.where(IS_POSITIVE, 0.5, 0.1)),
        "plan": _hide(pd.Series(RANDOM.choice(["x", "z"], N)), np.where(IS_POSITIVE, 0.3, 0.1)),
        "chance": _hide(pd.Series(RANDOM.normal(size=N)), 0.3),
        "whole": RANDOM.normal(size=N),
    }
)
KINDS: dict[str, Kind] = {"income": "float", "plan": "string", "chance": "float", "whole": "float"}


def _find(y: np.ndarray, problem: Problem, kind: Kind) -> list[NullEffect]:
    kinds: dict[str, Kind] = {**KINDS, "y": kind}
    with open_explored_rows(FRAME.assign(y=y), kinds, problem) as rows:
        found = explore(rows, problem, kinds, seed=0)
    groups = {name: info.groups for name, info in found.columns.items()}
    return find_null_effects(found.relations, groups, found.target)


def test_columns_that_are_missing_for_a_reason_are_found_in_their_order() -> None:
    effects = _find(np.where(IS_POSITIVE, "yes", "no"), BINARY, "string")
    assert [effect.column for effect in effects] == ["income", "plan"]
    expected = IS_POSITIVE[FRAME["income"].isna()].mean()
    assert effects[0].value == pytest.approx(expected)
    assert effects[0].low < expected < effects[0].high


def test_means_where_a_column_is_null_are_those_of_the_target() -> None:
    y = RANDOM.normal(size=N) + 3 * IS_POSITIVE
    effects = _find(y, REGRESSION, "float")
    assert [effect.column for effect in effects] == ["income", "plan"]
    assert effects[0].value == pytest.approx(y[FRAME["income"].isna()].mean())


def test_several_classes_have_no_single_rate() -> None:
    y = np.where(IS_POSITIVE, "a", RANDOM.choice(["b", "c"], N))
    effects = _find(y, THREE, "string")
    assert effects[0].column == "income"
    assert np.isnan(effects[0].value)
    target = Target("y", 3, ("a", "b", "c"), (1, 1, 1))
    assert describe_null_effect(effects[0], target) == ["income", round(effects[0].score, 3)]


def test_an_effect_is_told_with_its_interval() -> None:
    effect = NullEffect("income", 0.7123, 0.4321, 0.4, 0.5)
    target = Target("y", 2, ("no", "yes"), (1, 1))
    assert describe_null_effect(effect, target) == ["income", 0.712, "43.2% (40.0% to 50.0%)"]
