"""The whole stage: sources of every format to one table."""

import datetime as dt
import gzip
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from components._problem.spec import Problem
from components._store.failures import StorageError
from components._table.storage import open_table
from components._table.table_reading import Example, TableReading
from components.errors import InvalidData, InvalidSetting, InvalidSource
from components.ingest.run import run
from tests.foreign import find_foreign
from tests.s3 import S3Server, make_secret
from tests.tables import read_kinds

HEADER = ["number", "amount", "label", "flag", "day", "moment", "code", "note", "empty"]
# The same rows as cells of a text file, with different null marks.
CELLS = [
    ["1", "0.5", "Köln", "true", "2024-01-31", "2024-01-31 10:20:30", "007", "a, b", ""],
    ["NA", "", "Zürich", "False", "2024-02-29", "2024-02-29T00:00:00.5", "010", 'say "so"', "NA"],
    ["-3", "1e-07", "null", "?", "N/A", "NaN", "123", "two\nlines; |", "None"],
    ["9007199254740993", "2.5E3", "Ålesund", "TRUE", "1969-12-31", "2024-03-01 01:02", "", "-", "?"],
]
MOMENTS = [
    dt.datetime(2024, 1, 31, 10, 20, 30),
    dt.datetime(2024, 2, 29, 0, 0, 0, 500_000),
    None,
    dt.datetime(2024, 3, 1, 1, 2),
]
VALUES: dict[str, list[Any]] = {
    "number": [1, None, -3, 9007199254740993],
    "amount": [0.5, None, 1e-07, 2500.0],
    "label": ["Köln", "Zürich", None, "Ålesund"],
    "flag": [True, False, None, True],
    "day": [dt.date(2024, 1, 31), dt.date(2024, 2, 29), None, dt.date(1969, 12, 31)],
    "moment": list(MOMENTS),
    "code": ["007", "010", "123", None],
    "note": ["a, b", 'say "so"', "two\nlines; |", None],
    "empty": [None, None, None, None],
}
KINDS = ["integer", "float", "string", "boolean", "datetime", "datetime", "string", "string", "string"]


def ingest(folder: Path, source: str, *, seed: int = 0, **problem: Any) -> dict[str, Any]:
    """Run the stage into a folder's ``out``, and return its facts."""
    folder.mkdir(parents=True, exist_ok=True)
    Problem.from_settings({"target": "target", **problem}).save(folder / "problem")
    return run(
        dataset=str(folder / "out" / "dataset"),
        reading=str(folder / "reading"),
        problem=str(folder / "problem"),
        source=source,
        seed=seed,
    )


def read_dataset(folder: Path) -> dict[str, list[Any]]:
    return open_table(folder / "out" / "dataset").to_table().to_pydict()


def write_delimited(delimiter: str) -> str:
    rows = [HEADER, *CELLS]
    return "".join(delimiter.join('"' + cell.replace('"', '""') + '"' for cell in row) + "\n" for row in rows)


def write_json_lines() -> str:
    written = {**VALUES, "day": [str(day) if day else None for day in VALUES["day"]]}
    written["moment"] = [moment.isoformat() if moment else None for moment in MOMENTS]
    rows = [{name: values[i] for name, values in written.items()} for i in range(4)]
    # A key that appears late, and numbers as in JSON.
    del rows[0]["empty"]
    return "".join(json.dumps(row) + "\n" for row in rows)


def write_sources(folder: Path) -> dict[str, Path]:
    table = pa.table(VALUES)
    parts = folder / "parts"
    parts.mkdir()
    pq.write_table(table.slice(0, 1), parts / "a.parquet")
    pq.write_table(table.slice(1), parts / "b.parquet")
    pq.write_table(table, folder / "table.parquet")
    zoned = table.set_column(5, "moment", table["moment"].cast(pa.timestamp("ns", "UTC")))
    coded = zoned.set_column(2, "label", table["label"].dictionary_encode())
    pq.write_table(coded, folder / "other_types.parquet")
    contents = {
        "comma.csv": write_delimited(",").encode(),
        "semicolon_latin1.csv": write_delimited(";").encode("latin-1"),
        "tab_bom.txt": write_delimited("\t").encode("utf-8-sig"),
        "bar_utf16.csv": write_delimited("|").encode("utf-16"),
        "windows_lines.csv": write_delimited(",").replace("\n", "\r\n").replace("two\r\n", "two\n").encode(),
        "gzip.csv": gzip.compress(write_delimited(",").encode()),
        "lines.jsonl": write_json_lines().encode(),
        "lines.json.gz": gzip.compress(write_json_lines().encode()),
    }
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    return {name: folder / name for name in [*contents, "table.parquet", "other_types.parquet", "parts"]}


def test_the_same_rows_have_the_same_hash_in_every_format(tmp_path: Path) -> None:
    sources = write_sources(tmp_path)
    facts = {name: ingest(tmp_path / "out" / name, str(path)) for name, path in sources.items()}
    assert {name: fact["sha256"] for name, fact in facts.items()} == dict.fromkeys(
        sources, facts["comma.csv"]["sha256"]
    )


@pytest.mark.slow
def test_every_format_is_read_from_object_storage(
    tmp_path: Path, s3: S3Server, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3.endpoint)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "owner")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", make_secret("owner"))
    sources = {name: path for name, path in write_sources(tmp_path).items() if path.is_file()}
    for name, path in sources.items():
        etag = s3.put(bucket, name, path.read_bytes())
        source = f"s3://{bucket}/{name}"
        facts = ingest(tmp_path, source)
        from_file = ingest(tmp_path, str(path))
        assert facts == {**from_file, "source": source, "etag": etag}


def test_an_object_that_is_not_there_leaves_nothing_behind(
    tmp_path: Path, s3: S3Server, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3.endpoint)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "owner")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", make_secret("owner"))
    with pytest.raises(StorageError, match="There is no object s3://"):
        ingest(tmp_path, f"s3://{bucket}/none.csv")
    assert list((tmp_path / "out").iterdir()) == []


def test_values_of_every_kind_arrive(tmp_path: Path) -> None:
    source = tmp_path / "table.csv"
    source.write_text(write_delimited(","), encoding="utf-8")
    facts = ingest(tmp_path, str(source), seed=3)
    table = open_table(tmp_path / "out" / "dataset").to_table()
    expected = {**VALUES, "day": [day and dt.datetime.combine(day, dt.time()) for day in VALUES["day"]]}
    assert table.to_pydict() == expected
    assert read_kinds(tmp_path / "out" / "dataset") == dict(zip(HEADER, KINDS, strict=True))
    assert {name: facts[name] for name in ("rows", "columns", "format", "encoding", "delimiter", "seed")} == {
        "rows": 4,
        "columns": 9,
        "format": "CSV",
        "encoding": "utf-8",
        "delimiter": "comma",
        "seed": 3,
    }
    assert facts["source"] == str(source)


def test_types_come_from_all_rows_and_not_the_first(tmp_path: Path) -> None:
    # Several blocks of the reader; the last row decides.
    source = tmp_path / "long.csv"
    filler = "x" * 100
    source.write_text("a,b,c\n" + f"1,2,{filler}\n" * 100_000 + "1.5,no number,y\n", encoding="utf-8")
    facts = ingest(tmp_path, str(source))
    assert facts["rows"] == 100_001
    assert read_kinds(tmp_path / "out" / "dataset") == {"a": "float", "b": "string", "c": "string"}


def test_notices_say_what_was_decided(tmp_path: Path) -> None:
    source = tmp_path / "headless.csv"
    source.write_text("1,1.050\n2,950\n", encoding="utf-8")
    ingest(tmp_path, str(source))
    notices = TableReading.load(tmp_path / "reading").notices
    assert [notice.text for notice in notices] == [
        "No header was found: line 1 is read as data, and the columns are named column_0 to column_1.",
        "Column 'column_1' has 1.050, which is read as 1,050: numbers below 1,000 have no such mark.",
    ]


def test_the_reading_shows_cells_before_and_after(tmp_path: Path) -> None:
    source = tmp_path / "euros.csv"
    source.write_text("paid;when\n1.250,50 €;31.12.2024\n8,00 €;1.2.2024\n", encoding="utf-8")
    ingest(tmp_path, str(source))
    found = TableReading.load(tmp_path / "reading").columns
    assert found["paid"].examples == (Example("8,00 €", "8"), Example("1.250,50 €", "1250.5"))
    assert found["when"].reading.formats == ("%d.%m.%Y",)
    assert read_dataset(tmp_path) == {
        "paid": [1250.5, 8.0],
        "when": [dt.datetime(2024, 12, 31), dt.datetime(2024, 2, 1)],
    }


def test_a_plain_file_has_no_notices(tmp_path: Path) -> None:
    source = tmp_path / "plain.csv"
    source.write_text("a,b\n1,x\n", encoding="utf-8")
    ingest(tmp_path, str(source))
    assert TableReading.load(tmp_path / "reading").notices == ()


OPEN = [
    (
        ["1.050", "2.600"],
        "'a' can be read in two ways: 1.050 is 1.05 or 1050.",
        'columns: {a: {decimal: "."}} for 1.05 or columns: {a: {decimal: ","}} for 1050',
    ),
    (
        ["01/02/2024", "03/04/2024"],
        "'a' can be read in two ways: the day or the month comes first in 03/04/2024.",
        'columns: {a: {format: "%d/%m/%Y"}} or columns: {a: {format: "%m/%d/%Y"}}',
    ),
]


@pytest.mark.parametrize(("cells", "question", "lines"), OPEN)
def test_a_column_that_can_be_read_in_two_ways_is_asked_about(
    tmp_path: Path, cells: list[str], question: str, lines: str
) -> None:
    source = tmp_path / "table.csv"
    source.write_text("a;target\n" + "".join(f"{cell};x\n" for cell in cells), encoding="utf-8")
    with pytest.raises(InvalidData, match=re.escape(question)) as caught:
        ingest(tmp_path, str(source))
    assert lines in str(caught.value)
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize(
    ("cells", "options", "expected"),
    [
        (["1.050", "2.600"], {"decimal": "."}, [1.05, 2.6]),
        (["1.050", "2.600"], {"decimal": ","}, [1050, 2600]),
        (["01/02/2024"], {"format": "%d/%m/%Y"}, [dt.datetime(2024, 2, 1)]),
        (["01/02/2024"], {"format": "%m/%d/%Y"}, [dt.datetime(2024, 1, 2)]),
    ],
)
def test_the_lines_that_are_offered_answer_the_question(
    tmp_path: Path, cells: list[str], options: dict[str, str], expected: list[Any]
) -> None:
    source = tmp_path / "table.csv"
    source.write_text("a;target\n" + "".join(f"{cell};x\n" for cell in cells), encoding="utf-8")
    ingest(tmp_path, str(source), columns={"a": options})
    assert read_dataset(tmp_path)["a"] == expected


def test_an_identifier_is_not_asked_about(tmp_path: Path) -> None:
    source = tmp_path / "table.csv"
    source.write_text("a;target\n1.050;x\n", encoding="utf-8")
    ingest(tmp_path, str(source), identifiers=["a"])
    assert read_dataset(tmp_path)["target"] == ["x"]


@pytest.mark.parametrize(
    ("cells", "row", "reason"),
    [
        (["31/01/2023", "31/02/2023", "28/02/2023"], 2, "day is out of range"),
        (["2023-01-31", "2023-02-30"], 2, "day is out of range"),
        (["1.5", "2.5", "inf"], 3, "is infinite"),
    ],
)
def test_a_cell_that_does_not_fit_is_named_with_its_row(
    tmp_path: Path, cells: list[str], row: int, reason: str
) -> None:
    source = tmp_path / "table.csv"
    source.write_text("a,target\n" + "".join(f"{cell},x\n" for cell in cells), encoding="utf-8")
    with pytest.raises(InvalidData, match=f"Column 'a' .* row {row} '{cells[row - 1]}' {reason}") as caught:
        ingest(tmp_path, str(source))
    assert "columns: {a: {unreadable: null}}" in str(caught.value)
    assert list((tmp_path / "out").iterdir()) == []
    ingest(tmp_path, str(source), columns={"a": {"unreadable": None}})
    assert read_dataset(tmp_path)["a"][row - 1] is None
    (notice,) = TableReading.load(tmp_path / "reading").notices
    assert notice.level == "warning"
    assert f"row {row} '{cells[row - 1]}' {reason}" in notice.text
    assert notice.text.endswith("They are read as missing.")


def test_only_the_empty_cell_is_null_in_the_target(tmp_path: Path) -> None:
    source = tmp_path / "table.csv"
    source.write_text('a,target\nNA,NA\n-,-\n"",""\nNone,None\n?,?\n', encoding="utf-8")
    ingest(tmp_path, str(source))
    assert read_dataset(tmp_path) == {"a": [None] * 5, "target": ["NA", "-", None, "None", "?"]}


def test_options_of_an_unknown_column_are_refused(tmp_path: Path) -> None:
    source = tmp_path / "table.csv"
    source.write_text("income,target\n1,x\n", encoding="utf-8")
    with pytest.raises(InvalidSetting, match=r"'incme', which is not in the table\.\nDid you mean 'income'"):
        ingest(tmp_path, str(source), columns={"incme": {"kind": "text"}})


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"\n \n", "is empty"),
        (b"a,b\n", "has no rows"),
        (b"a,b,a,c,b\n1,2,3,4,5\n", "more than one column named 'a', 'b'"),
        (b"a,b\n1,2\n3\n4,5,6\n", "has 2 cells, .*: row 3 has 1, row 4 has 3 .2 in total"),
        (b"a,b\n1,2\n" * 2 + b"3\n" * 9, "row 9 has 1 and 4 more .9 in total"),
        (b'a,b\n1,"2\n3,4\n', "has no closing one"),
        (b"{}\n{}\n", "has no rows"),
        (b'{"a": 1}\n{"a": [1]}\n', r"line 2 \('a' contains a list\)"),
    ],
)
def test_a_table_that_cannot_be_read_leaves_nothing_behind(
    tmp_path: Path, content: bytes, message: str
) -> None:
    source = tmp_path / "table.csv"
    source.write_bytes(content)
    with pytest.raises(InvalidSource, match=message):
        ingest(tmp_path, str(source))
    assert list((tmp_path / "out").iterdir()) == []


def test_a_finished_table_stands_alone_in_its_folder(tmp_path: Path) -> None:
    ingest(tmp_path, "sample:wine")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["dataset"]
    assert [path.name for path in (tmp_path / "out" / "dataset").iterdir()] == ["part-00000.parquet"]


def test_a_second_run_replaces_the_table(tmp_path: Path) -> None:
    ingest(tmp_path, "sample:wine")
    facts = ingest(tmp_path, "sample:diabetes")
    assert open_table(tmp_path / "out" / "dataset").count_rows() == facts["rows"] == 442


def test_a_generated_sample_depends_on_its_seed_alone(tmp_path: Path) -> None:
    facts = [
        ingest(tmp_path / str(i), "sample:churn?rows=500", seed=seed) for i, seed in enumerate((1, 1, 2))
    ]
    assert facts[0]["sha256"] == facts[1]["sha256"] != facts[2]["sha256"]
    assert facts[0]["rows"] == 500
    assert 0.85 <= float(facts[0]["best_possible_roc_auc"]) <= 0.9


@pytest.mark.parametrize(
    ("name", "rows", "headless"),
    [
        ("taxis.csv", 6433, False),
        ("penguins.csv", 344, False),
        ("mpg.csv", 398, False),
        ("horse-colic.csv", 300, True),
        ("mammography.csv", 11183, True),
    ],
)
def test_published_tables_are_read(tmp_path: Path, name: str, rows: int, headless: bool) -> None:
    source = find_foreign("data", name)
    facts = ingest(tmp_path, str(source))
    assert facts["rows"] == rows
    notices = TableReading.load(tmp_path / "reading").notices
    assert any(notice.text.startswith("No header") for notice in notices) == headless


def test_yes_and_no_are_flags_where_the_problem_says_so(tmp_path: Path) -> None:
    source = tmp_path / "table.csv"
    source.write_text("a,target\nJa,x\nnein,y\nja,x\n", encoding="utf-8")
    ingest(tmp_path, str(source), columns={"a": {"kind": "boolean"}})
    assert read_dataset(tmp_path)["a"] == [True, False, True]


TRY_WITHOUT_SPACE = """
import resource, signal
from components.errors import print_user_errors
from components.ingest.run import run
print_user_errors()
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
# A file of more bytes cannot be written, as on a full disk.
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, resource.RLIM_INFINITY))
reading, problem = {folder!r} + "/reading", {folder!r} + "/problem"
run(dataset={out!r}, reading=reading, problem=problem, source={source!r}, seed=0)
"""


@pytest.mark.slow
def test_a_full_disk_is_named_and_leaves_nothing_and_the_next_try_works(tmp_path: Path) -> None:
    source = str(tmp_path / "source.parquet")
    random = np.random.default_rng(0)
    pq.write_table(pa.table({"x": random.random(100_000), "target": random.random(100_000)}), source)
    Problem.from_settings({"target": "target"}).save(tmp_path / "problem")
    out = tmp_path / "out" / "dataset"
    code = TRY_WITHOUT_SPACE.format(out=str(out), folder=str(tmp_path), source=source)
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env={"PYTHONPATH": "."}
    )
    assert done.returncode == 1
    assert done.stderr.startswith("error: A disk is full")
    assert list(out.parent.iterdir()) == []
    assert ingest(tmp_path, source)["rows"] == 100_000
