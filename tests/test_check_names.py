import ast
from pathlib import Path

import pytest

from tests.check_names import check_module


@pytest.mark.parametrize(
    ("path", "source", "faults"),
    [
        ("components/a/rows.py", "def read_rows(): ...\ndef _is_whole(): ...", []),
        ("components/a/rows.py", "def rows(): ...", ["begins with a verb: rows"]),
        ("components/a/rows.py", "def told(): ...", ["begins with a verb: told"]),
        ("components/a/rows.py", "class A:\n def _checked(self): ...", ["begins with a verb: _checked"]),
        ("components/a/rows.py", "def read():\n def inner(): ...", ["begins with a verb: inner"]),
        ("components/a/rows.py", "class A:\n @property\n def rows(self): ...\n def __len__(self): ...", []),
        ("components/a/rows.py", "@stage\ndef eda(): ...", []),
        ("components/a/asking.py", "", ["a module is a noun: asking"]),
        ("components/a/table_reading.py", "", []),
        ("tests/a/test_rows.py", "def test_rows_are_read(): ...\n@pytest.fixture\ndef rows(): ...", []),
        ("tests/a/test_rows.py", "def rows(): ...", ["begins with a verb: rows"]),
        ("benchmarks/rows.py", "class A(B):\n def do_GET(self): ...\n def rows(self): ...", ["a verb: rows"]),
        ("pipelines/training.py", "@dsl.pipeline(name='training')\ndef training(): ...", []),
    ],
)
def test_a_name_that_breaks_the_rules_is_found(path: str, source: str, faults: list[str]) -> None:
    found = list(check_module(Path(path), ast.parse(source)))
    assert len(found) == len(faults)
    assert all(end in fault for fault, end in zip(found, faults, strict=True))
