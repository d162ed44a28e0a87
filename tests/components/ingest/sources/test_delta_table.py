"""Real Delta tables, on disk and in a real object storage."""

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable, write_deltalake

from components.errors import InvalidSource
from components.ingest.plan import compute_fingerprint
from components.ingest.run import run
from components.ingest.sources.catalogue import fetch_source, find_source
from pipelines.catalogue import ROOT
from tests.s3 import S3Server

FIRST = pa.table({"a": [1, 2, 3], "b": ["x", None, "z"], "group": ["u", "u", "v"]})
SECOND = pa.table({"a": [4], "b": ["w"], "group": ["v"]})


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """A table of two versions, in folders by group."""
    folder = tmp_path / "table"
    write_deltalake(folder, FIRST, partition_by=["group"])
    write_deltalake(folder, SECOND, mode="append")
    return folder


def read_a(address: str, scratch: Path) -> list[int]:
    return sorted(pq.read_table(fetch_source(address, scratch).path)["a"].to_pylist())


def test_each_version_can_be_read(table: Path, tmp_path: Path) -> None:
    assert read_a(f"delta+{table}", tmp_path) == [1, 2, 3, 4]
    assert read_a(f"delta+{table}@0", tmp_path) == [1, 2, 3]
    found = pq.read_table(fetch_source(f"delta+{table}@0", tmp_path).path).sort_by("a")
    assert found.to_pydict() == FIRST.to_pydict()


def test_the_version_that_was_read_reads_the_same_again(table: Path, tmp_path: Path) -> None:
    source = find_source(f"delta+{table}")
    first = source.fetch(tmp_path)
    rows = pq.read_table(first.path)
    DeltaTable(table).delete("a = 1")
    again = source.pin(first.facts["source_version"])
    assert again == f"delta+{table}@1"
    assert pq.read_table(fetch_source(again, tmp_path).path).equals(rows)
    assert read_a(f"delta+{table}", tmp_path) == [2, 3, 4]


def test_its_fingerprint_changes_with_its_version(table: Path, tmp_path: Path) -> None:
    fingerprint = compute_fingerprint(f"delta+{table}")
    assert fetch_source(f"delta+{table}", tmp_path, fingerprint).facts == {"source_version": "1"}
    assert compute_fingerprint(f"delta+{table}@1") == fingerprint
    write_deltalake(table, SECOND, mode="append")
    assert compute_fingerprint(f"delta+{table}") != fingerprint
    with pytest.raises(InvalidSource, match="changed while the run was reading it"):
        fetch_source(f"delta+{table}", tmp_path, fingerprint)


def test_a_moment_names_the_version_of_then(table: Path, tmp_path: Path) -> None:
    written = datetime.fromtimestamp(DeltaTable(table).history()[0]["timestamp"] / 1000, UTC)
    assert fetch_source(f"delta+{table}@{written.isoformat()}", tmp_path).facts == {"source_version": "1"}
    with pytest.raises(InvalidSource, match="is not known: its log begins at 2"):
        compute_fingerprint(f"delta+{table}@2020-01-01T00:00:00Z")


def test_a_version_that_never_was_is_named_with_the_newest(table: Path) -> None:
    with pytest.raises(InvalidSource, match=r"There is no version 7 of .*: the newest is 1"):
        compute_fingerprint(f"delta+{table}@7")


def test_a_version_whose_files_are_gone_is_refused(table: Path, tmp_path: Path) -> None:
    next(table.glob("group=u/*.parquet")).unlink()
    with pytest.raises(InvalidSource, match=r"cannot be read: (.|\n)*VACUUM"):
        fetch_source(f"delta+{table}@0", tmp_path)


def test_a_table_with_features_that_cannot_be_read_is_refused(table: Path, tmp_path: Path) -> None:
    log = table / "_delta_log" / "00000000000000000000.json"
    protocol = {"minReaderVersion": 3, "minWriterVersion": 7}
    features = {key: ["deletionVectors"] for key in ("readerFeatures", "writerFeatures")}
    actions = [json.loads(line) for line in log.read_text().splitlines()]
    changed = [{"protocol": protocol | features} if "protocol" in action else action for action in actions]
    log.write_text("\n".join(map(json.dumps, changed)))
    with pytest.raises(InvalidSource, match=r"deletionVectors.*not yet supported"):
        fetch_source(f"delta+{table}", tmp_path)


@pytest.mark.parametrize("content", [None, "a,b\n1,2\n"])
def test_a_folder_without_a_table_is_refused(tmp_path: Path, content: str | None) -> None:
    if content:
        (tmp_path / "t.csv").write_text(content)
    with pytest.raises(InvalidSource, match=r"cannot be read: .*No files in log segment"):
        compute_fingerprint(f"delta+{tmp_path}")


def test_it_is_ingested_with_its_version(table: Path, tmp_path: Path) -> None:
    (tmp_path / "problem.json").write_text('{"target": "b"}')
    names = {name: str(tmp_path / name) for name in ("dataset", "reading")}
    facts = run(**names, problem=str(tmp_path / "problem.json"), source=f"delta+{table}@0", seed=0)
    assert (facts["rows"], facts["format"], facts["source_version"]) == (3, "Parquet", "0")


def test_a_table_in_object_storage_is_read(
    table: Path, tmp_path: Path, storage: S3Server, empty_bucket: str
) -> None:
    for file in table.rglob("*"):
        if file.is_file():
            storage.put(empty_bucket, f"t/{file.relative_to(table)}", file.read_bytes())
    assert read_a(f"delta+s3://{empty_bucket}/t@0", tmp_path) == [1, 2, 3]


def test_a_look_imports_no_library_for_tables(table: Path) -> None:
    code = (
        "import sys; from components.ingest.plan import compute_fingerprint;"
        f"compute_fingerprint('delta+{table}'); print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert not {name.partition(".")[0] for name in done.stdout.split()} & {"numpy", "pandas", "pyarrow"}
