"""JSON lines: values as text, late keys, and lines that are not flat objects."""

from pathlib import Path

import pytest

from components._files.json_lines import open_json_lines
from components.errors import InvalidSource


def write(folder: Path, content: str) -> Path:
    file = folder / "table.jsonl"
    file.write_text(content, encoding="utf-8")
    return file


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ('{"a": 1, "b": "x"}\n{"a": 2.50, "b": null}\n', {"a": [1.0, 2.5], "b": ["x", None]}),
        ('{"a": 1}\n{"a": null}\n', {"a": [1, None]}),
        ('{"a": true}\n{"a": false}\n', {"a": [True, False]}),
        ('{"a": true}\n{"a": "x"}\n', {"a": ["true", "x"]}),
        (
            '{"a": 1}\n{"a": "1.10"}\n',
            {"a": [{"number": 1.0, "text": None}, {"number": None, "text": "1.10"}]},
        ),
        ('{"a": NaN}\n{"a": -Infinity}\n', {"a": [None, float("-inf")]}),
        ('{"a": 1}\n\n  \n{"b": 2}\n', {"a": [1, None], "b": [None, 2]}),
        ('{" a ": 1, "": 2}\n', {"a": [1], "column_1": [2]}),
        ('{"a": 12345678901234567890123}\n', {"a": ["12345678901234567890123"]}),
        ('{"a": "two\\nlines"}', {"a": ["two\nlines"]}),
    ],
)
def test_values_keep_their_type(tmp_path: Path, content: str, expected: object) -> None:
    (batch,) = open_json_lines(write(tmp_path, content), "utf-8", "table").iterate_batches()
    assert batch.to_pydict() == expected


def test_a_late_key_is_a_column_from_its_batch_on(tmp_path: Path) -> None:
    file = write(tmp_path, '{"a": 1}\n' * 10_000 + '{"a": 2, "b": 3}\n')
    first, second = open_json_lines(file, "utf-8", "table").iterate_batches()
    assert first.schema.names == ["a"]
    assert second.schema.names == ["a", "b"]
    assert first.num_rows + second.num_rows == 10_001


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            '{"a": 1}\n{"a": \n{"a": 2}\n{"a"}\n',
            r"line 2 \(Expecting value\), line 4 \(Expecting ':' delimiter\)",
        ),
        ('{"a": 1}\n[1]\n2\n', r"line 2 \(not an object\), line 3 \(not an object\)"),
        ('{"a": 1}\n\n{"a": {"b": 1}}\n', r"line 3 \('a' contains a nested object\)"),
        ('{"a": [1]}\n', r"line 1 \('a' contains a list\)"),
        ('{"a": 1, "a": 2}\n', r"line 1 \(duplicate key\)"),
        ('{"a": "\\ud800"}\n', r"line 1 \('a' contains half a character\)"),
        ('{"a": 1}\n' + "{\n" * 8, "line 2 .*line 6 .* and 3 more"),
        ('{"a": 1, " a": 2}\n', "more than one column named 'a'"),
    ],
)
def test_lines_that_are_not_flat_objects_are_named(tmp_path: Path, content: str, message: str) -> None:
    with pytest.raises(InvalidSource, match=message):
        list(open_json_lines(write(tmp_path, content), "utf-8", "table").iterate_batches())
