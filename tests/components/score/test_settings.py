import pytest

from components._store.address import Address
from components.errors import InvalidSetting, InvalidSource
from components.score.settings import Settings


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"shards": 0}, "shards = 0 is out of range"),
        ({"shards": 1001}, "shards = 1001 is out of range.*\nshards must be from 1 to 1,000"),
        ({"shard": 4}, "shard = 4 is out of range.*\nshard must be from 0 to 3"),
        ({"identifiers": ("a", "a")}, "identifiers = .* is out of range"),
        ({"output": "/data"}, "output = '/data' is out of range"),
        ({"output": "s3://"}, "output = 's3://' is out of range.*\noutput must be empty or an address"),
        ({"output": "s3:///"}, "output = 's3:///' is out of range"),
    ],
)
def test_settings_out_of_range_are_named(changes: dict[str, object], message: str) -> None:
    with pytest.raises(InvalidSetting, match=message):
        Settings(**changes)  # type: ignore[arg-type]


def test_an_output_without_a_valid_bucket_is_refused() -> None:
    with pytest.raises(InvalidSource, match="has an invalid bucket name: 'A'"):
        Settings(output="s3://A/b")


@pytest.mark.parametrize("output", ["s3://data/scores", "s3://data/scores/"])
def test_a_file_of_the_output_has_an_address(output: str) -> None:
    assert Settings(output=output).build_address("job", "a.parquet") == Address(
        "data", "scores/job/a.parquet"
    )


@pytest.mark.parametrize(("n_rows", "shards"), [(0, 3), (2, 5), (1000, 3), (999, 1)])
def test_shards_have_each_row_once(n_rows: int, shards: int) -> None:
    batches = [
        batch
        for shard in range(shards)
        for batch in Settings(shard, shards, batch_rows=90).iterate_batches(n_rows)
    ]
    assert [row for batch in batches for row in batch] == list(range(n_rows))
    assert all(0 < len(batch) <= 90 for batch in batches)
