import numpy as np
import pandas as pd
import pytest

from components._problem.proposal import Proposal
from components._table.schema import Kind
from components.eda.effects import FoldPlan
from components.eda.proposal_claims import collect_proposal_claims, collect_role_claims
from tests.components.eda.suspects import make_suspects
from tests.explored_rows import REGRESSION

N = 60
KINDS: dict[str, Kind] = {"customer": "string", "day": "datetime", "age": "integer"}
FRAME = pd.DataFrame(
    {
        "customer": [f"c{i % 7}" for i in range(N)],
        "day": pd.date_range("2026-01-01", periods=N),
        "age": [-999 if i % 10 == 3 else i for i in range(N)],
        "y": np.arange(float(N)),
    }
)
GROUP = Proposal("group", ("customer",), "They repeat.", "group: customer")
TIME = Proposal("event_time", ("day",), "It has dates.", "event_time: day")
NULLS = Proposal("nulls", ("age",), "-999 is far.", "columns: {age: {nulls: [-999]}}", ("-999",))
COPIES = Proposal("duplicates", (), "Rows repeat.")


def claim(proposal: Proposal, frame: pd.DataFrame = FRAME):
    (found,) = collect_proposal_claims(make_suspects(frame, KINDS, proposals=[proposal]))
    return found


@pytest.mark.parametrize(
    ("proposal", "name", "plan"),
    [
        (GROUP, "Scoring rows with new values of `customer`", FoldPlan("group", "customer")),
        (TIME, "Scoring rows that are later in `day`", FoldPlan("event_time", "day")),
    ],
)
def test_a_role_is_tried_by_its_folds_without_its_column(proposal, name, plan) -> None:
    found = claim(proposal)
    assert (found.kind, found.text, found.line) == (proposal.kind, proposal.text, proposal.line)
    assert (found.action.name, found.action.after.folds) == (name, plan)
    assert found.action.before.folds == FoldPlan()
    assert set(found.action.before.columns) - set(found.action.after.columns) == set(proposal.columns)


def test_a_group_is_shown_by_rows_of_one_value() -> None:
    found = claim(GROUP)
    assert FRAME["customer"][found.places].nunique() == 1


def test_marks_are_tried_as_nulls_by_the_linear_model() -> None:
    found = claim(NULLS)
    assert (found.action.name, found.action.model) == ("Reading -999 in `age` as null", "linear")
    assert found.action.after.changed["age"].isna().sum() == N // 10
    assert FRAME["age"][found.places].unique().tolist() == [-999]


def test_marks_of_the_target_are_not_tried() -> None:
    found = claim(Proposal("nulls", ("y",), "0 is far.", "", ("0",)))
    assert found.action is None
    assert found.unmeasured


def test_copies_are_tried_apart_and_together() -> None:
    frame = pd.concat([FRAME[:10], FRAME[:10], FRAME[10:]], ignore_index=True)
    found = claim(COPIES, frame)
    assert found.action.before.folds == FoldPlan("scattered")
    assert found.action.after.folds == FoldPlan("mixed")
    assert (found.line, found.line_meaning) == ("", "")
    assert frame.iloc[found.places[:2]].duplicated().tolist() == [False, True]


@pytest.mark.parametrize(
    ("roles", "lines", "name"),
    [
        ({}, [], ""),
        ({"group": "customer"}, ["group: customer"], "Splitting rows by `customer`"),
        (
            {"group": "customer", "event_time": "day"},
            ["group: customer", "event_time: day"],
            "Splitting rows by `customer` and `day`",
        ),
    ],
)
def test_roles_of_the_problem_are_compared_with_mixed_rows(roles, lines, name) -> None:
    suspects = make_suspects(FRAME, KINDS, problem=REGRESSION.model_copy(update=roles))
    found = collect_role_claims(suspects)
    assert [(claim.line, claim.line_meaning) for claim in found] == [(line, "is there") for line in lines]
    for claim in found:
        assert claim.action is not None
        assert claim.action.name == name
        assert (claim.action.before.folds, claim.action.after.folds) == (FoldPlan("mixed"), FoldPlan())
