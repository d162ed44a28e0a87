"""A version of a Delta table."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from components.errors import InvalidSource
from components.ingest.sources.fingerprints import check_fingerprint
from components.ingest.sources.lakehouse_address import LakehouseAddress
from components.ingest.sources.lakehouse_files import (
    check_package,
    explain_errors,
    read_storage_settings,
    write_batches,
)
from components.ingest.sources.source import LocalSource, parse_moment

if TYPE_CHECKING:
    import pyarrow as pa

_SETTINGS = {
    "s3_endpoint": "AWS_ENDPOINT_URL",
    "s3_region": "AWS_REGION",
    "s3_access_key": "AWS_ACCESS_KEY_ID",
    "s3_secret_key": "AWS_SECRET_ACCESS_KEY",
    "s3_session_token": "AWS_SESSION_TOKEN",
}


@dataclass(frozen=True)
class DeltaSource:
    """A version of a Delta table, the newest or the one that its address names.

    Attributes
    ----------
    address : str
        Its address: ``delta+PLACE@VERSION``.
    """

    address: str

    def compute_fingerprint(self) -> str:
        """Return the fingerprint of the table's id and version."""
        with explain_errors(address := LakehouseAddress.parse(self.address)):
            return _describe_table(_open_table(address))

    def fetch(self, scratch: Path) -> LocalSource:
        """Return a copy of the version's rows, in the order of the names of its files."""
        with explain_errors(address := LakehouseAddress.parse(self.address)):
            table, file = _open_table(address), scratch / "rows.parquet"
            dataset = table.to_pyarrow_dataset()
            write_batches(dataset.schema, _iterate_batches(dataset), file)
            check = partial(check_fingerprint, _describe_table(table), source=self.address)
            return LocalSource(file, check, {"source_version": str(table.version())})

    def pin(self, version: str) -> str:
        """Return the address of one version of the table."""
        return str(LakehouseAddress.parse(self.address).pin(version))


def _open_table(address: LakehouseAddress) -> Any:
    check_package("deltalake", "Delta")
    from deltalake import DeltaTable

    settings = read_storage_settings(_SETTINGS, address)
    if settings.get("AWS_ENDPOINT_URL", "").startswith("http://"):
        settings["AWS_ALLOW_HTTP"] = "true"
    table = DeltaTable(address.place, storage_options=settings)
    if address.version:
        version = _find_version(table, address)
        if version != table.version():
            table = DeltaTable(address.place, version=version, storage_options=settings)
    return table


def _find_version(table: Any, address: LakehouseAddress) -> int:
    """Return the number of the version that an address names: itself, or the newest at a moment."""
    if address.version.isdecimal():
        if int(address.version) > table.version():
            raise InvalidSource(
                f"There is no version {address.version} of {address.place}: the newest is {table.version()}.",
                "Check the version.",
            )
        return int(address.version)
    moment = parse_moment(address.version)
    assert moment is not None
    last = moment.timestamp() * 1000
    commits = [(commit["version"], commit["timestamp"]) for commit in table.history()]
    before = [version for version, timestamp in commits if timestamp <= last]
    if not before:
        first = datetime.fromtimestamp(min(timestamp for _, timestamp in commits) / 1000, UTC)
        raise InvalidSource(
            f"What {address.place} held at {address.version} is not known: its log begins at "
            f"{first.isoformat(timespec='seconds')}.",
            "Give a later moment.",
        )
    return int(max(before))


def _describe_table(table: Any) -> str:
    return f"Delta table {table.metadata().id}, version {table.version()}"


def _iterate_batches(dataset: Any) -> "Iterator[pa.RecordBatch]":
    # The log lists files in no fixed order, and the same version must give the same rows in the same order.
    for fragment in sorted(dataset.get_fragments(), key=lambda part: part.path):
        yield from fragment.to_batches(schema=dataset.schema, batch_readahead=2)
