from pathlib import Path

import pandas as pd
import pytest

from components._problem.spec import Problem
from components._table.schema import Column, Kind, Schema
from components._table.storage import read_frame
from components.errors import InvalidData
from components.ingest.truth import run_truth


@pytest.fixture
def model(tmp_path: Path) -> Path:
    folder = tmp_path / "model"
    folder.mkdir()
    problem = Problem(target="churned", identifiers=("customer",), sensitive=("sex",), group="household")
    problem.save(folder / "problem.json")
    kinds: dict[str, Kind] = {
        "customer": "integer", "income": "float", "churned": "string", "sex": "string",
    }  # fmt: skip
    Schema(tuple(Column(name, kind) for name, kind in kinds.items()), 10).save(folder / "schema.json")
    return folder


def read_truth(model: Path, text: str) -> pd.DataFrame:
    (model / "truth.csv").write_text(text, encoding="utf-8")
    dataset = model / "dataset"
    run_truth(dataset=str(dataset), model=str(model), source=str(model / "truth.csv"), seed=0)
    return read_frame(dataset)


def test_only_target_and_keys_are_kept(model: Path) -> None:
    frame = read_truth(model, "customer,churned,request_id,note\n7,yes,r1,x\n8,,r2,y\n")
    assert frame.columns.tolist() == ["churned", "customer", "request_id"]
    assert frame["customer"].tolist() == [7, 8]
    assert frame["churned"].tolist() == ["yes", None]


def test_columns_with_a_role_are_kept_if_the_table_has_them(model: Path) -> None:
    frame = read_truth(model, "customer,income,sex,churned\n7,1.5,f,yes\n")
    assert frame.to_dict("records") == [{"churned": "yes", "customer": 7, "sex": "f"}]


def test_a_request_is_a_key_where_there_is_no_identifier(model: Path) -> None:
    assert read_truth(model, "churned,request_id\nyes,r1\n")["request_id"].tolist() == ["r1"]


def test_without_a_source_there_are_no_rows(model: Path) -> None:
    facts = run_truth(dataset=str(model / "dataset"), model=str(model), source="", seed=0)
    assert facts["rows"] == 0
    assert read_frame(model / "dataset").columns.tolist() == ["churned", "customer", "sex", "request_id"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("customer,chuned\n7,yes\n", "has no column 'churned', the target"),
        ("client,churned\n7,yes\n", "none of the columns that name a row of the log: customer, request_id"),
        ("customer,churned\nseven,yes\n", "customer"),
    ],
)
def test_a_table_that_cannot_be_joined_says_why(model: Path, text: str, message: str) -> None:
    with pytest.raises(InvalidData, match=message):
        read_truth(model, text)
    assert not (model / "dataset").exists()
