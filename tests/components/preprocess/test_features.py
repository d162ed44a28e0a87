import pytest

from components._problem.spec import Problem
from components._table.findings import ColumnFinding, Finding, Findings
from components._table.schema import Column, Kind, Schema
from components.errors import InvalidData
from components.preprocess.features import choose_features

KINDS: dict[str, Kind] = {
    "id": "string",
    "age": "integer",
    "spent": "float",
    "member": "boolean",
    "city": "string",
    "since": "datetime",
    "house": "integer",
    "sex": "string",
    "y": "boolean",
}
SCHEMA = Schema(tuple(Column(name, kind) for name, kind in KINDS.items()), 10)
PROBLEM = Problem(target="y", identifiers=("id",), event_time="since", group="house", sensitive=("sex",))


def find_items(**findings: Finding) -> Findings:
    return Findings(tuple(ColumnFinding(name, finding, "because") for name, finding in findings.items()))


def test_columns_are_used_as_their_kind_in_the_order_of_the_table() -> None:
    features = choose_features(SCHEMA, Problem(target="y"), find_items())
    assert features.numeric == ["age", "spent", "member", "house"]
    assert features.categorical == ["id", "city", "sex"]
    assert features.datetime == ["since"]
    assert features.left_out == {"y": "the problem's target"}


def test_columns_with_a_role_are_left_out_and_the_role_is_said() -> None:
    features = choose_features(SCHEMA, PROBLEM, find_items(id="unique"))
    assert [*features.numeric, *features.categorical, *features.datetime] == [
        "age",
        "spent",
        "member",
        "city",
    ]
    assert features.left_out == {
        "id": "the problem's identifier",
        "house": "the problem's group",
        "sex": "the problem's sensitive",
        "y": "the problem's target",
    }
    assert features.tried == {
        "since": "It is the event time. Engineer tries its cycles, and the days from other dates to it."
    }


def test_an_event_time_of_numbers_has_no_calendar() -> None:
    features = choose_features(SCHEMA, Problem(target="y", event_time="age"), find_items())
    assert features.left_out["age"] == "the problem's event time"
    assert features.tried == {}


def test_free_text_is_left_to_engineer() -> None:
    features = choose_features(SCHEMA, PROBLEM, find_items(city="free_text", age="constant"))
    assert (features.text, features.categorical) == (["city"], [])
    assert "city" not in features.left_out
    assert features.tried["city"] == "because Engineer tries its length and its words."


@pytest.mark.parametrize("role", ["sensitive", "identifiers"])
def test_free_text_with_a_role_is_not_left_to_engineer(role: str) -> None:
    problem = Problem(target="y").model_copy(update={role: ("city",)})
    features = choose_features(SCHEMA, problem, find_items(city="free_text"))
    assert features.text == []
    assert "city" in features.left_out
    assert "city" not in features.tried


def test_a_table_of_nothing_but_free_text_may_be_learned_from() -> None:
    others = tuple(name for name in KINDS if name not in ("city", "y"))
    features = choose_features(SCHEMA, Problem(target="y", identifiers=others), find_items(city="free_text"))
    assert features.text == ["city"]


def test_a_role_does_not_withhold_a_column_that_the_problem_keeps() -> None:
    features = choose_features(SCHEMA, PROBLEM.model_copy(update={"keep": ("since", "sex")}), find_items())
    assert (features.datetime, features.categorical) == (["since"], ["city", "sex"])
    assert set(features.left_out) == {"id", "house", "y"}


@pytest.mark.parametrize(
    ("finding", "stays"),
    [
        ("leak", False),
        ("constant", False),
        ("unique", False),
        ("empty", False),
        ("skewed", True),
        ("outliers", True),
        ("high_cardinality", True),
    ],
)
def test_a_finding_decides_whether_a_column_stays(finding: Finding, stays: bool) -> None:
    features = choose_features(SCHEMA, PROBLEM, find_items(age=finding))
    assert ("age" in features.numeric) == stays
    assert features.left_out.get("age") == (None if stays else "because")


def test_a_table_without_a_column_to_learn_from_is_refused_with_every_reason() -> None:
    findings = find_items(age="constant", spent="leak", member="empty", city="unique")
    with pytest.raises(
        InvalidData, match=r"(?s)No column is left.*- spent: because.*- id: the problem's ide"
    ):
        choose_features(SCHEMA, PROBLEM, findings)
