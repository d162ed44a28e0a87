from pathlib import Path

import pyarrow as pa
import pytest

from components.score.parts import PredictionParts, hash_facts, iterate_parts, read_part
from components.score.row_counts import RowCounts
from components.score.settings import Settings
from tests.s3 import S3Server

COUNTS = RowCounts({"a": 1}, {"a": 0}, {"a": [2, 1]}, {"yes": 3}, [3])
TABLE = pa.table({"row": [5, 6, 7]})
ROWS = range(5, 8)


def test_a_part_comes_back_with_its_counts(tmp_path: Path) -> None:
    parts = PredictionParts(tmp_path / "new" / "folder", "job", Settings())
    assert not parts.has_part(ROWS)
    parts.write(ROWS, TABLE, COUNTS)
    assert parts.has_part(ROWS)
    (part,) = iterate_parts([str(tmp_path / "new" / "folder"), str(tmp_path)])
    assert (part.job, part.rows, part.counts) == ("job", ROWS, COUNTS)
    assert parts.finish() == ""


def test_a_part_of_another_job_or_other_rows_is_not_there(tmp_path: Path) -> None:
    PredictionParts(tmp_path, "job", Settings()).write(ROWS, TABLE, COUNTS)
    assert not PredictionParts(tmp_path, "other", Settings()).has_part(ROWS)
    assert not PredictionParts(tmp_path, "job", Settings()).has_part(range(5, 9))


@pytest.mark.parametrize("content", [b"", b"PAR1", b"PAR1 and so on PAR1"])
def test_a_damaged_file_is_no_part(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "rows-000000000005.parquet"
    file.write_bytes(content)
    assert read_part(file) is None
    assert list(iterate_parts([str(tmp_path)])) == []
    assert not PredictionParts(tmp_path, "job", Settings()).has_part(ROWS)


def test_a_part_that_only_the_bucket_has_is_copied(
    s3: S3Server, empty_bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3.endpoint)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "owner")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", s3.make_environment().s3_secret_key or "")
    settings = Settings(output=f"s3://{empty_bucket}/out")
    first = PredictionParts(tmp_path / "a", "job", settings)
    first.write(ROWS, TABLE, COUNTS)
    assert first.finish() == f"s3://{empty_bucket}/out/job"
    keys = {item.object_name for item in s3.client.list_objects(empty_bucket, recursive=True)}
    assert keys == {"out/job/rows-000000000005.parquet", "out/job/_SUCCESS"}
    second = PredictionParts(tmp_path / "b", "job", settings)
    assert second.has_part(ROWS)
    assert not second.has_part(range(8, 9))
    assert [file.name for file in (tmp_path / "b").iterdir()] == ["rows-000000000005.parquet"]
    s3.put(empty_bucket, settings.build_address("job", "rows-000000000008.parquet").key, b"damaged")
    assert not second.has_part(range(8, 9))
    assert len(list((tmp_path / "b").iterdir())) == 1


def test_a_hash_depends_on_each_fact_and_their_order() -> None:
    assert hash_facts("a", 1) == hash_facts("a", 1)
    assert len({hash_facts("a", 1), hash_facts(1, "a"), hash_facts("a", 2)}) == 3
    assert len(hash_facts()) == 12
