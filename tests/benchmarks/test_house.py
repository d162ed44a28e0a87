import ast

import pytest

from benchmarks.house import count_repeated, is_participle, list_functions, list_private_hooks


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("_checked_name", True),
        ("told", True),
        ("asking", True),
        ("check_name", False),
        ("read_rows", False),
        ("embed", False),
        ("_seed", False),
    ],
)
def test_a_participle_is_told_from_a_verb(name: str, expected: bool) -> None:
    assert is_participle(name) == expected


def test_methods_nested_functions_and_properties_are_listed() -> None:
    source = (
        "class A:\n  @property\n  def rows(self):\n    return 1\n"
        "  def read(self):\n    def inner():\n      pass\n"
    )
    assert [tuple(function) for function in list_functions(ast.parse(source))] == [
        ("rows", 2, True),
        ("read", 3, False),
        ("inner", 2, False),
    ]


@pytest.mark.parametrize(
    ("source", "hooks"),
    [
        ("from optuna._x import y", ["optuna._x.y"]),
        ("from components._table import schema", []),
        ("study._storage", ["study._storage"]),
        ("self._own\nrow._replace(a=1)", []),
    ],
)
def test_private_names_of_others_are_found(source: str, hooks: list[str]) -> None:
    assert list(list_private_hooks(ast.parse(source))) == hooks


def test_windows_of_lines_that_occur_twice_are_counted() -> None:
    block = "".join(f"line_{i}()\n" for i in range(7))
    assert count_repeated([block, "import a\n" + block]) == 2
    assert count_repeated([block]) == 0
