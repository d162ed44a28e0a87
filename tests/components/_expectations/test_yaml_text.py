from pathlib import Path

import pyarrow as pa
import pyarrow.dataset as ds
import pytest

from components._expectations.inference import infer_expectations
from components._expectations.yaml_text import quote_yaml, write_yaml
from pipelines.problem_file import read_mapping

TABLE = pa.table(
    {"plan": ["yes", "no"] * 60, "": list(range(120)), "empty": pa.array([None] * 120, pa.string())}
)


def test_the_file_says_what_was_seen_beside_what_is_expected() -> None:
    text = write_yaml(infer_expectations(ds.dataset(TABLE)), "t\n.csv")
    assert text == (
        """\
# What is expected of tables like t?.csv, guessed from its 120 rows.
# A line above a column says what was seen in it. Bounds lie farther out, by the width of what was
# seen, but not beyond 0. Check each expectation and correct it.
rows:
  min: 60  # half of the rows seen
# true: rows that break an expectation about their cells are set aside, and do not stop the run.
quarantine: false
columns:
  # every row has a value; seen: 2 different values
  plan:
    type: string
    nullable: false
    allowed: ["no", "yes"]
  # every row has a value; an identifier: its whole numbers follow each other, one for each row, and no value occurs twice
  "":
    type: integer
    nullable: false
    unique: true
  # no row has a value
  empty: {}
# Expectations across columns are rules:
# rules:
#   - name: a discount is not larger than the price
#     expression: discount <= price
"""  # noqa: E501
    )


@pytest.mark.parametrize(
    "text",
    [
        *("plain words", "no", "Null", "1e5", "007", "a: b", "#", "it's", 'say "x"', "a\\b", " blank "),
        *("", "~", "tab\there", "line\nbreak", "\x00", "\x85", "\ufeff", "\u2028", "Größe", "客户", "😀\x01"),
        *("-", "- a", "? a", "[a]", "{a}", "&a", "*a", "!a", "%a", "@a", "`a`", "true", "2024-01-31"),
    ],
)  # fmt: skip
def test_any_text_is_read_as_it_was(text: str, tmp_path: Path) -> None:
    (tmp_path / "t.yaml").write_text(f"a: [{quote_yaml(text)}]\n", encoding="utf-8")
    assert read_mapping(str(tmp_path / "t.yaml"), "expectations") == {"a": [text]}


@pytest.mark.parametrize("number", [0.1, -2.5e-300, 1e20, 1e308, 123456789.25, 5e-324])
def test_a_bound_is_read_as_it_was(number: float, tmp_path: Path) -> None:
    table = pa.table({"x" * 2000: [0.0, number] * 100})
    guess = infer_expectations(ds.dataset(table))
    (tmp_path / "t.yaml").write_text(write_yaml(guess, "t"), encoding="utf-8")
    read = read_mapping(str(tmp_path / "t.yaml"), "expectations")
    assert read["columns"]["x" * 2000] == guess.expectations.to_settings()["columns"]["x" * 2000]
