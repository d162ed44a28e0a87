"""The stage's settings."""

from collections.abc import Iterator
from dataclasses import dataclass

from components._store.address import Address
from components.errors import InvalidSetting

# Rows that are predicted and stored together; also the row group of a table.
BATCH_ROWS = 65_536
_MOST_SHARDS = 1_000


@dataclass(frozen=True)
class Settings:
    """Which rows to score, and where to write the predictions.

    Attributes
    ----------
    shard, shards : int
        Number of the shard, from 0, and number of shards.
    identifiers : tuple of str
        Columns of the table to write beside the predictions.
    output : str
        ``s3://bucket/folder`` to which the predictions are also written; empty for none.
    batch_rows : int
        Rows that are predicted and stored together.
    """

    shard: int = 0
    shards: int = 4
    identifiers: tuple[str, ...] = ()
    output: str = ""
    batch_rows: int = BATCH_ROWS

    def __post_init__(self) -> None:
        if not 1 <= self.shards <= _MOST_SHARDS:
            raise InvalidSetting.from_out_of_range("shards", self.shards, f"from 1 to {_MOST_SHARDS:,}")
        if not 0 <= self.shard < self.shards:
            raise InvalidSetting.from_out_of_range("shard", self.shard, f"from 0 to {self.shards - 1}")
        if len(set(self.identifiers)) < len(self.identifiers):
            raise InvalidSetting.from_out_of_range("identifiers", list(self.identifiers), "different columns")
        if self.output:
            scheme, _, place = self.output.partition("://")
            if scheme != Address.SCHEME or not place.strip("/"):
                expected = "empty or an address such as s3://bucket/folder"
                raise InvalidSetting.from_out_of_range("output", self.output, expected)
            self.build_address("", "any")

    def build_address(self, folder: str, name: str) -> Address:
        """Return the address of a file in a folder of the output."""
        return Address.parse("/".join(part for part in (self.output.rstrip("/"), folder, name) if part))

    def iterate_batches(self, n_rows: int) -> Iterator[range]:
        """Yield the rows of each batch of this shard.

        Parameters
        ----------
        n_rows : int
            Rows of the whole table.
        """
        first, end = (shard * n_rows // self.shards for shard in (self.shard, self.shard + 1))
        for start in range(first, end, self.batch_rows):
            yield range(start, min(start + self.batch_rows, end))
