import pytest

from components._problem.task import TaskKind
from components.eda import receipts
from tests.components.eda.planted import find_receipts

# Whether a larger value of the metric is better.
SIGNS: dict[TaskKind, int] = {"binary": 1, "multiclass": -1, "regression": -1}
TASKS = [
    "binary",
    # Three times as many trees, and another table of the same kind.
    *(pytest.param(task, marks=pytest.mark.slow) for task in ("multiclass", "regression")),
]


@pytest.mark.parametrize("kind", TASKS)
def test_planted_findings_have_the_right_sign(kind: TaskKind) -> None:
    found = find_receipts(kind)
    changes = {
        name: (SIGNS[kind] * receipt.effect.change, receipt.effect.is_clear)
        for name, receipt in found.items()
        if receipt.effect
    }
    for name in ("leak", "group", "duplicates"):
        assert changes[name][0] < 0, name
        assert changes[name][1], name
    for name in ("nulls", "skewed"):
        assert changes[name][0] > 0, name
        assert changes[name][1], name
    for name in ("sum", "correlated"):
        assert abs(changes[name][0]) < 0.2 * abs(changes["leak"][0]), name


@pytest.mark.parametrize("kind", TASKS)
def test_the_largest_clear_effect_comes_first_and_those_without_one_last(kind: TaskKind) -> None:
    found = list(find_receipts(kind).values())
    assert found[0].kind == "leak"
    clear = [receipt.effect for receipt in found if receipt.effect and receipt.effect.is_clear]
    assert [receipt.effect for receipt in found[: len(clear)]] == clear
    assert [abs(effect.change) for effect in clear] == sorted(
        (abs(effect.change) for effect in clear), reverse=True
    )


def test_each_receipt_has_rows_and_a_line_or_none() -> None:
    found = find_receipts("binary")
    assert {name: (receipt.line, receipt.line_meaning) for name, receipt in found.items()} == {
        "leak": ("keep: [leak]", "overrules"),
        "group": ("group: customer", "adopts"),
        "event_time": ("event_time: day", "adopts"),
        "nulls": ("columns: {age: {nulls: [-999]}}", "adopts"),
        "duplicates": ("", ""),
        "sum": ("identifiers: [total]", "adopts"),
        "correlated": (f"identifiers: [{found['correlated'].columns[0]}]", "adopts"),
        "skewed": ("", ""),
        "outliers": ("", ""),
    }
    assert all(len(receipt.rows) == 4 for receipt in found.values())
    total, *parts = (float(cell) for cell in found["sum"].rows[0][:3])
    assert total == pytest.approx(sum(parts), abs=1e-4)
    assert {row[0] for row in found["nulls"].rows} == {"-999"}


def test_only_some_effects_are_measured_and_the_others_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receipts, "MOST_MEASURED", 1)
    found = find_receipts.__wrapped__("binary")
    assert [name for name, receipt in found.items() if receipt.effect] == ["leak"]
    assert found["sum"].unmeasured == "Only the effects of 1 findings are measured."
