import numpy as np
import pandas as pd
import pytest

from components._table.schema import Kind
from components.eda.claims import Claim
from components.eda.column_claims import collect_column_claims
from tests.components.eda.suspects import make_suspects

N = 200
RNG = np.random.default_rng(0)
A, B, C = RNG.normal(size=(3, N))
FRAME = pd.DataFrame(
    {
        "a": A,
        "b": B,
        "total": A + B,
        "near": C + 0.01 * A,
        "c": C,
        "tail": np.exp(3 * RNG.normal(size=N)),
        "city": [f"city {i // 2}" for i in RNG.permutation(N)],
        "id": np.arange(N),
        "number": RNG.permutation(N) * 7,
        "note": "two words",
        "none": np.full(N, np.nan),
        "y": RNG.normal(size=N),
    }
)
KINDS: dict[str, Kind] = {
    **dict.fromkeys(["a", "b", "total", "near", "c", "tail", "none"], "float"),
    **dict.fromkeys(["city", "note"], "string"),
    **dict.fromkeys(["id", "number"], "integer"),
}


@pytest.fixture(scope="module")
def claims() -> dict[str, Claim]:
    found = {
        "id": "unique",
        "number": "useful_key",
        "tail": "skewed",
        "city": "high_cardinality",
        "note": "free_text",
        "none": "empty",
    }
    suspects = make_suspects(FRAME, KINDS, found)  # type: ignore[arg-type]
    return {claim.kind: claim for claim in collect_column_claims(suspects)}


def test_there_is_a_claim_of_each_kind(claims: dict[str, Claim]) -> None:
    kinds = {"unique", "useful_key", "sum", "correlated", "skewed", "high_cardinality", "free_text", "empty"}
    assert claims.keys() == kinds


def test_a_column_that_is_left_out_is_tried_beside_the_base(claims: dict[str, Claim]) -> None:
    claim = claims["unique"]
    assert (claim.columns, claim.text) == (("id",), "Why id.")
    assert (claim.line, claim.line_meaning) == ("keep: [id]", "overrules")
    assert claim.action is not None
    assert "id" not in claim.action.after.columns
    assert claim.action.before.columns == (*claim.action.after.columns, "id")


@pytest.mark.parametrize(
    ("kind", "column", "columns", "text"),
    [
        ("sum", "total", ("total", "a", "b"), "It is made of other columns: total = a + b."),
        (
            "correlated",
            "c",
            ("c", "near"),
            "It says nearly the same as near, which predicts better: Spearman 1.00.",
        ),
        ("useful_key", "number", ("number",), "Why number."),
    ],
)
def test_a_column_that_is_not_needed_is_tried_without(kind, column, columns, text, claims) -> None:
    claim = claims[kind]
    assert (claim.columns, claim.text) == (columns, text)
    assert (claim.line, claim.line_meaning) == (f"identifiers: [{column}]", "adopts")
    assert claim.shown == (*columns, "y")
    assert set(claim.action.before.columns) - set(claim.action.after.columns) == {column}


def test_shapes_are_changed_together_and_judged_by_the_model_that_sees_them(claims) -> None:
    skewed, wide = claims["skewed"].action, claims["high_cardinality"].action
    assert (skewed.name, skewed.model, [*skewed.after.changed]) == ("Transforming `tail`", "linear", ["tail"])
    assert skewed.after.changed["tail"].tolist() == pytest.approx(np.log(FRAME["tail"]).tolist())
    # No category of 200 rows is rarer than one in a thousand.
    assert wide is None
    assert claims["high_cardinality"].unmeasured == "It would change no value of the rows that were judged."
    assert FRAME["tail"][claims["skewed"].places[0]] == FRAME["tail"].max()


def test_what_no_quick_model_can_judge_says_why(claims: dict[str, Claim]) -> None:
    assert claims["empty"].unmeasured == "A column without differences cannot change a score."
    assert claims["free_text"].unmeasured.startswith("A quick model does not read texts")
    assert claims["free_text"].line == "identifiers: [note]"
