import gzip
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from components._problem.reading_options import FileOptions
from components.errors import SuiteError
from pipelines.catalogue import ROOT
from pipelines.cli.precheck import Header, check_training, check_warm_start
from pipelines.cli.precheck import read_header as read_header_of
from pipelines.interface import Command

TABLE = "customer_id,income,churned\n" + "".join(
    f"{i},{i % 7}.5,{'yes' if i % 3 else 'no'}\n" for i in range(50)
)
PLAIN = Command(("run", "training"))


@pytest.fixture
def table(tmp_path: Path) -> str:
    path = tmp_path / "customers.csv"
    path.write_text(TABLE)
    return str(path)


def read_header(source: str) -> Header | None:
    return read_header_of(source, FileOptions(), "churned")


def check(source: str, target: str = "churned", command: Command = PLAIN, **more: Any) -> None:
    check_training({"source": source, "target": target, **more}, command)


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"metric": "AUC"},
        {"test": "sample:churn"},
        {"expectations": {"columns": {"income": None, "more": {"required": False}}}},
        {"problem": {"identifiers": ["customer_id"], "columns": {"income": {"kind": "number"}}}},
    ],
)
def test_a_sound_training_may_begin(table: str, more: dict[str, Any]) -> None:
    check(table, **more)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"target": "chrned"}, "The target column 'chrned' is not in the table.\nDid you mean 'churned'?"),
        ({"metric": "rmse", "task": "binary"}, "metric 'rmse' does not fit a binary task"),
        ({"task": "binry"}, "Did you mean 'binary'?"),
        ({"problem": {"identifers": []}}, "identifers: unknown key. Did you mean 'identifiers'?"),
        (
            {"problem": {"keep": ["incme"]}},
            "The kept column 'incme' is not in the table.\nDid you mean 'income'?",
        ),
        ({"problem": {"columns": {"Incom": {}}}}, "The described column 'Incom' is not in the table."),
        ({"source": "customer.csv"}, "There is no file customer.csv"),
        ({"expectations": {"colums": {}}}, "colums: unknown key. Did you mean 'columns'?"),
        (
            {"expectations": {"columns": {"incme": None}}},
            "The expected column 'incme' is not in the table.\nDid you mean 'income'?",
        ),
        (
            {"expectations": {"rules": [{"name": "r", "expression": "incom > 0"}]}},
            "The expected column 'incom' is not in the table.\nDid you mean 'income'?",
        ),
    ],
)
def test_what_is_wrong_is_told_before_a_run(table: str, more: dict[str, Any], message: str) -> None:
    with pytest.raises(SuiteError, match=re.escape(message)):
        check(**{"source": table, **more})


@pytest.mark.parametrize(
    ("content", "more", "message"),
    [
        (None, {}, "--test: .*none.csv"),
        ("income,churn\n1,yes\n", {}, "--test: The target column 'churned' is not in the table"),
        (TABLE, {"problem": {"split_column": "income"}}, "two choices of test rows: --test and"),
    ],
)
def test_a_wrong_test_table_is_told_before_a_run(
    table: str, tmp_path: Path, content: str | None, more: dict[str, Any], message: str
) -> None:
    path = tmp_path / ("none.csv" if content is None else "test.csv")
    if content is not None:
        path.write_text(content)
    with pytest.raises(SuiteError, match=message):
        check(table, test=str(path), **more)


def test_everything_that_is_wrong_is_told_at_once(table: str) -> None:
    problem = {"identifers": ["x"], "gates": [{"metric": "auc"}], "classes": [1], "columns": {"incom": 1}}
    with pytest.raises(SuiteError, match="3 things are wrong") as caught:
        check(table, "chrned", problem=problem)
    text = str(caught.value)
    for part in (
        "3 things are wrong",
        "'income'",
        "'identifiers'",
        "needs min or max",
        "set the classes",
        "'churned'",
    ):
        assert part in text


def test_the_corrected_command_is_offered(table: str) -> None:
    command = Command(("run", "training"), {"source": "customers.csv", "target": "chrned", "seed": "3"})
    with pytest.raises(SuiteError, match=r"next: .*--source customers.csv --target churned --seed 3$"):
        check(table, "chrned", command)


@pytest.mark.parametrize("source", ["sample:churn", "s3://bucket/t.csv", "https://host/t.csv"])
def test_what_is_elsewhere_is_left_to_the_run(source: str) -> None:
    assert read_header(source) is None


def test_the_header_is_read_from_every_kind_of_file(tmp_path: Path) -> None:
    names = ["customer_id", "income", "churned"]
    packed, parquet, lines = (tmp_path / name for name in ("t.csv.gz", "t.parquet", "t.jsonl"))
    packed.write_bytes(gzip.compress(TABLE.encode()))
    pq.write_table(pa.table({name: ["1"] for name in names}), parquet)
    lines.write_text(json.dumps(dict.fromkeys(names, 1)) + "\n")
    for file in (packed, parquet):
        header = read_header(str(file))
        assert header is not None
        assert header.names == names
    # Any later line may have the missing one.
    assert read_header(str(lines)) is None


@pytest.mark.parametrize("is_packed", [False, True])
def test_of_a_large_file_the_beginning_is_enough(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_packed: bool
) -> None:
    monkeypatch.setattr("pipelines.cli.precheck._WHOLE", 200)
    monkeypatch.setattr("pipelines.cli.precheck._HEAD", 200)
    file = tmp_path / "t.csv"
    # What is wrong further on is told by the run, which reads it.
    content = TABLE.encode() + b'7,"8\n'
    file.write_bytes(gzip.compress(content) if is_packed else content)
    header = read_header(str(file))
    assert header is not None
    assert header.names == ["customer_id", "income", "churned"]


def test_a_damaged_gzip_file_is_left_to_the_run(tmp_path: Path) -> None:
    file = tmp_path / "t.csv.gz"
    file.write_bytes(gzip.compress(TABLE.encode())[:60])
    assert read_header(str(file)) is None


def test_a_first_row_that_was_taken_for_data_is_said(tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    file.write_text("1.5,2.5,3\n2.5,3.5,4\n3.5,4.5,5\n")
    with pytest.raises(SuiteError, match="It was found so: No header was found: line 1 is read as data"):
        check(str(file), "y")


def test_a_wrong_target_is_told_without_kfp_and_leaves_nothing(table: str, tmp_path: Path) -> None:
    script = (
        "import sys\n"
        "from pipelines.cli.main import main\n"
        f"status = main(['run', 'training', '--source', {table!r}, '--target', 'chrned', '--runs', "
        f"{str(tmp_path / 'runs')!r}])\n"
        "print(status, sorted({'kfp', 'sklearn', 'mlflow'} & sys.modules.keys()))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout == "2 []\n"
    assert "Did you mean 'churned'?" in done.stderr
    assert not (tmp_path / "runs").exists()


def test_a_warm_start_needs_a_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KFP_TABULAR_STUDY_URL", raising=False)
    with pytest.raises(SuiteError, match="Train once without it"):
        check_warm_start(tmp_path, "one")
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "run.json").write_text(json.dumps({"parameters": {"study": "one"}}))
    check_warm_start(tmp_path, "one")
    with pytest.raises(SuiteError, match=r"There is no run 'onne' .*\nDid you mean 'one'"):
        check_warm_start(tmp_path, "onne")


def test_the_address_of_a_database_is_checked_before_a_run() -> None:
    assert read_header_of("postgresql://ana@host/shop?table=t", FileOptions(), "y") is None
    with pytest.raises(SuiteError, match="names neither a table nor a query"):
        read_header_of("postgresql://ana@host/shop?tabel=t", FileOptions(), "y")
