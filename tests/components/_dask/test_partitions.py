from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from components._dask.partitions import Partition, find_artifact, iterate_partition, list_partitions
from components._table.storage import write_table
from tests.s3 import S3Server


def write_parts(folder: Path, sizes: list[int], group: int) -> None:
    """Write files of these numbers of rows, which count on from file to file, in row groups of this size."""
    folder.mkdir()
    start = 0
    for at, size in enumerate(sizes):
        table = pa.table({"n": range(start, start + size), "t": [str(n) for n in range(start, start + size)]})
        pq.write_table(table, folder / f"part-{at:05d}.parquet", row_group_size=group)
        start += size


@pytest.mark.parametrize(
    ("sizes", "group", "most_rows", "expected"),
    [
        ([10], 3, 6, [6, 4]),
        ([10], 3, 1, [3, 3, 3, 1]),
        ([100, 1, 0, 7], 10, 50, [50, 50, 1, 7]),
        ([4], 4, 2, [4]),
    ],
)
def test_files_of_any_size_are_divided_alike(
    tmp_path: Path, sizes: list[int], group: int, most_rows: int, expected: list[int]
) -> None:
    write_parts(tmp_path / "table", sizes, group)
    partitions = list_partitions(tmp_path / "table", most_rows)
    assert [partition.n_rows for partition in partitions] == expected
    rows = [
        row
        for part in partitions
        for batch in iterate_partition(part, ["n"])
        for row in batch["n"].to_pylist()
    ]
    assert rows == list(range(sum(sizes)))
    assert all(partition.n_bytes > 0 for partition in partitions)


def test_a_table_without_rows_is_one_partition(tmp_path: Path) -> None:
    schema = pa.schema([("a", pa.int64())])
    write_table([], schema, tmp_path / "table")
    (partition,) = list_partitions(tmp_path / "table")
    assert (partition.n_rows, list(iterate_partition(partition))) == (0, [])


def test_a_partition_is_named_by_its_file_and_row_groups(tmp_path: Path) -> None:
    write_parts(tmp_path / "table", [10], 3)
    last = list_partitions(tmp_path / "table", 6)[-1]
    assert str(last) == f"{tmp_path}/table/part-00000.parquet, row groups 2 to 3"


@pytest.mark.parametrize(
    ("path", "address"),
    [
        ("/minio/mlpipeline/v2/train/part.parquet", "s3://mlpipeline/v2/train/part.parquet"),
        ("/s3/bucket/run/part.parquet", "s3://bucket/run/part.parquet"),
        ("/gcs/bucket/run/part.parquet", None),
        ("/tmp/minio/part.parquet", None),
    ],
)
def test_an_artifact_is_in_the_storage_where_kubeflow_copied_it_from(path: str, address: str | None) -> None:
    assert find_artifact(path) == address


@pytest.mark.slow
def test_a_file_that_a_worker_lacks_is_read_from_the_storage(
    s3: S3Server, bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = pa.table({"number": range(1000), "text": [f"text {i}" for i in range(1000)]})
    pq.write_table(table, tmp_path / "part.parquet", row_group_size=100)
    s3.put(bucket, "run/train/part.parquet", (tmp_path / "part.parquet").read_bytes())
    environment = s3.make_environment()
    monkeypatch.setenv("AWS_ENDPOINT_URL", str(environment.s3_endpoint))
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", str(environment.s3_access_key))
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", str(environment.s3_secret_key))
    partition = Partition(f"/minio/{bucket}/run/train/part.parquet", 3, 2, 200, 0)
    found = pa.Table.from_batches(iterate_partition(partition, ["number"]))
    assert found.column("number").to_pylist() == list(range(300, 500))
