from pathlib import Path

import pandas as pd
import pytest

from components._problem.reading_options import ColumnOptions
from components._problem.spec import Problem
from components.errors import InvalidSource
from pipelines.data.table_comparison import compare_rows, find_common_kinds
from pipelines.data.table_source import is_source, store_source, strip_source
from tests.pipelines.data.versions import write_csv

_FRAME = pd.DataFrame(
    {
        "id": [1, 2, 3], "size": [1.5, 2.0, None], "plan": ["Basic", "basic", ""],
        "is_new": [True, False, True], "day": pd.to_datetime(["2026-01-31", "2026-02-01", "2026-02-02"]),
    }
)  # fmt: skip


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("a.csv", False),
        ("first", False),
        ("./first", True),
        ("s3://bucket/a", True),
        ("sample:churn", True),
        ("dvc+.@v1:a.csv", True),
        ("delta+a@3", True),
    ],
)
def test_a_word_with_a_folder_or_a_scheme_is_a_source(given: str, expected: bool) -> None:
    assert is_source(given) is expected


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("https://me:secret@host/a.csv?token=x", "https://host/a.csv"),
        ("s3://bucket/a.csv?versionId=7", "s3://bucket/a.csv?versionId=7"),
        ("postgresql://me:secret@host/db?table=customers", "postgresql://host/db?table=customers"),
        ("a?b.csv", "a?b.csv"),
        ("sample:churn", "sample:churn"),
    ],
)
def test_an_address_is_shown_without_credentials(address: str, shown: str) -> None:
    assert strip_source(address) == shown


def test_csv_and_parquet_of_the_same_rows_are_the_same_table(tmp_path: Path) -> None:
    parquet = tmp_path / "b.parquet"
    _FRAME.sample(frac=1, random_state=1).to_parquet(parquet, index=False)
    old = store_source(write_csv(tmp_path / "a.csv", _FRAME), tmp_path / "old")
    new = store_source(str(parquet), tmp_path / "new")
    assert old.kinds == new.kinds
    match = compare_rows(old, new, find_common_kinds(old, new), ["id"]).match
    assert (match.n_same, len(match.removed), len(match.added), len(match.rewritten)) == (3, 0, 0, 0)


def test_texts_that_differ_in_case_only_are_different_cells(tmp_path: Path) -> None:
    changed = _FRAME.assign(plan=["basic", "basic", ""])
    old = store_source(write_csv(tmp_path / "a.csv", _FRAME), tmp_path / "old")
    new = store_source(write_csv(tmp_path / "b.csv", changed), tmp_path / "new")
    assert compare_rows(old, new, find_common_kinds(old, new), ["id"]).changed == {"plan": 1}


def test_a_column_that_can_be_read_in_two_ways_is_compared_as_text_and_that_is_said(tmp_path: Path) -> None:
    file = write_csv(tmp_path / "a.csv", pd.DataFrame({"id": [1, 2], "day": ["01/02/2026", "03/04/2026"]}))
    stored = store_source(file, tmp_path / "stored")
    assert stored.kinds == {"id": "integer", "day": "string"}
    assert "'day' cannot be read without doubt" in stored.notes[0]


def test_a_table_is_read_as_the_other_one_where_its_cells_fit(tmp_path: Path) -> None:
    problem = Problem(target="y", columns={"amount": ColumnOptions(decimal=",", thousands=".")})
    old = store_source(
        write_csv(tmp_path / "a.csv", pd.DataFrame({"amount": ["1.000", "2.500"], "n": [1, 2], "y": [0, 1]})),
        tmp_path / "old",
        problem,
    )
    new = store_source(
        write_csv(
            tmp_path / "b.csv", pd.DataFrame({"amount": ["1.000", "2.500"], "n": ["x", "y"], "y": [0, 1]})
        ),
        tmp_path / "new",
        problem,
        old.readings,
    )
    assert new.kinds == {"amount": old.kinds["amount"], "n": "string", "y": "integer"}
    match = compare_rows(old, new, {"amount": old.kinds["amount"]}, []).match
    assert match.n_same == 2


def test_a_table_without_rows_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a,b\n")
    with pytest.raises(InvalidSource, match="has no rows"):
        store_source(str(tmp_path / "a.csv"), tmp_path / "stored")
