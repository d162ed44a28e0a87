from collections.abc import Iterable

import pyarrow as pa
import pytest

from components._problem.spec import Problem
from components._table.arrow import get_kind
from components._table.schema import Column
from components.validate.evidence import Check
from components.validate.loaded_column import LoadedColumn
from components.validate.resolution import resolve_problem
from components.validate.target_marks import check_class_spellings, check_class_words
from components.validate.target_profile import TargetProfile, profile_target
from tests.components.validate.evidence import find_with

PRICES = [f"{i + 0.5}" for i in range(50)]


def _make_target(values: Iterable[str]) -> TargetProfile:
    array = pa.chunked_array([pa.array(list(values))])
    kind = get_kind(array.type)
    assert kind is not None
    return profile_target(LoadedColumn("left", array), Column("left", kind, 0, len(array.unique())))


def _list_errors(values: Iterable[str], **settings: object) -> list[str]:
    findings = resolve_problem(
        Problem.from_settings({"target": "left"} | settings), _make_target(values)
    ).findings
    return [str(finding) for finding in findings if finding.level == "error"]


@pytest.mark.parametrize(
    "mark",
    [
        "-",
        "--",
        ".",
        "—",
        "n/a",
        "N/A",
        "#N/A",
        "nan",
        "NaN",
        "null",
        "NULL",
        r"\N",
        "<NA>",
        "#DIV/0!",
        " - ",
    ],
)
def test_a_mark_beside_classes_is_asked_about_with_both_lines(mark: str) -> None:
    (error,) = _list_errors(["yes"] * 20 + ["no"] * 20 + [mark] * 3)
    assert f"The target column 'left' holds {mark!r} (3 rows) besides other classes" in error
    assert "`columns: {left: {nulls: [" in error
    assert "`columns: {left: {nulls: []}}` (a class like the others)" in error


@pytest.mark.parametrize("nulls", [[], ["-"]])
def test_the_answer_is_accepted(nulls: list[str]) -> None:
    assert _list_errors(["yes"] * 20 + ["no"] * 20 + ["-"] * 9, columns={"left": {"nulls": nulls}}) == []


@pytest.mark.parametrize("word", ["None", "NA", "?", "unknown", "maybe", "-1"])
def test_a_word_may_be_a_class(word: str) -> None:
    assert _list_errors(["yes"] * 20 + ["no"] * 20 + [word] * 9) == []


def test_two_marks_are_named_at_once() -> None:
    (error,) = _list_errors(["yes"] * 20 + ["-"] * 3 + ["n/a"])
    assert "holds '-' (3 rows), 'n/a' (1 row) besides" in error
    assert '`columns: {left: {nulls: ["-", "n/a"]}}` (missing: their rows are left out)' in error


@pytest.mark.parametrize(
    ("values", "texts", "line"),
    [
        ([*PRICES, *["n/a"] * 3], "'n/a' (3 rows)", 'nulls: ["n/a"]'),
        ([*PRICES, "NA", "-", "-"], "'-' (2 rows), 'NA' (1 row)", 'nulls: ["-", "NA"]'),
        (
            [f"$1,{i:03}.50" for i in range(50)] + ["on request"],
            "'on request' (1 row)",
            'nulls: ["on request"]',
        ),
        ([f"{i} 250,00 €" for i in range(50)] + ["sold"], "'sold' (1 row)", 'nulls: ["sold"]'),
        ([f"({i}.5)" for i in range(50)] + ["?"], "'?' (1 row)", 'nulls: ["?"]'),
        (
            [*PRICES, *(f"see note {i:02}" for i in range(9))],
            "'see note 00' (1 row), 'see note 01' (1 row)",
            "kind: number, unreadable: null",
        ),
    ],
)
def test_a_few_texts_among_numbers_are_asked_about(values: list[str], texts: str, line: str) -> None:
    (error,) = _list_errors(values)
    assert f"The target column 'left' holds numbers, but also texts: {texts}" in error
    assert f"`columns: {{left: {{{line}}}}}`" in error


@pytest.mark.parametrize(
    "values",
    [
        [*(["1", "2", "3"] * 20), *["x"] * 9],
        ["18-25", "26-35", "36-99"] * 9,
        [f"c{i}" for i in range(50)],
    ],
)
def test_texts_that_are_classes_are_not_asked_about(values: list[str]) -> None:
    assert _list_errors(values) == []


def test_numbers_that_a_person_calls_classes_may_have_texts_among_them() -> None:
    assert _list_errors([*PRICES, "other"] * 5, task="multiclass") == []


@pytest.mark.parametrize(
    ("check", "settings", "columns", "level", "expected"),
    [
        (
            check_class_words,
            {},
            {"y": ["NA"] * 10 + ["ZA"] * 20 + ["None"] * 10},
            "warning",
            [
                "In the target column 'y', 'NA' (10 rows), 'None' (10 rows) are classes. If they mean "
                'a missing value, write in problem.yaml: `columns: {y: {nulls: ["NA", "None"]}}`.'
            ],
        ),
        (
            check_class_words,
            {"columns": {"y": {"nulls": []}}},
            {"y": ["NA"] * 10 + ["ZA"] * 30},
            "warning",
            [],
        ),
        (
            check_class_spellings,
            {},
            {"y": ["new york"] * 10 + ["New  York"] * 20 + ["Oslo"] * 10},
            "warning",
            [
                "Classes of the target column 'y' differ only in case or blanks: 'New  York' and 'new york'. "
                "If they are one class, write in problem.yaml: `columns: {y: {case: "
                "fold}}`, or correct the blanks "
                "in the source."
            ],
        ),
        (
            check_class_spellings,
            {"columns": {"y": {"case": "keep"}}},
            {"y": ["a"] * 10 + ["A"] * 30},
            "warning",
            [],
        ),
    ],
)
def test_classes_that_may_be_missing_values_or_one_class_are_named(
    check: Check,
    settings: dict[str, object],
    columns: dict[str, list[object]],
    level: str,
    expected: list[str],
) -> None:
    found, levels = find_with(check, settings, columns)
    assert found == expected
    assert levels <= {level}
