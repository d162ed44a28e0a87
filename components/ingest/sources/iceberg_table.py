"""A snapshot of an Iceberg table."""

import json
import tempfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from components.errors import InvalidSource, format_list
from components.ingest.sources.compression import unpack
from components.ingest.sources.fingerprints import check_fingerprint
from components.ingest.sources.lakehouse_address import LakehouseAddress
from components.ingest.sources.lakehouse_files import (
    check_package,
    explain_errors,
    read_storage_settings,
    write_batches,
)
from components.ingest.sources.path import PathSource
from components.ingest.sources.source import LocalSource
from components.ingest.sources.stored_object import ObjectSource

_SETTINGS = {
    "s3_endpoint": "s3.endpoint",
    "s3_region": "s3.region",
    "s3_access_key": "s3.access-key-id",
    "s3_secret_key": "s3.secret-access-key",
    "s3_session_token": "s3.session-token",
}
_METADATA = ".metadata.json"


@dataclass(frozen=True)
class IcebergSource:
    """A snapshot of an Iceberg table: the one that its address names, else that of the metadata file.

    Attributes
    ----------
    address : str
        Its address: ``iceberg+METADATA_FILE@SNAPSHOT``.
    """

    address: str

    def compute_fingerprint(self) -> str:
        """Return the fingerprint of the table's id and snapshot."""
        check_package("pyiceberg", "Iceberg")
        metadata = _read_metadata(address := LakehouseAddress.parse(self.address))
        return _describe_snapshot(metadata, _find_snapshot(metadata, address))

    def fetch(self, scratch: Path) -> LocalSource:
        """Return a copy of the snapshot's rows."""
        check_package("pyiceberg", "Iceberg")
        from pyiceberg.table import StaticTable

        metadata = _read_metadata(address := LakehouseAddress.parse(self.address))
        snapshot, file = _find_snapshot(metadata, address), scratch / "rows.parquet"
        with explain_errors(address):
            table = StaticTable.from_metadata(address.place, read_storage_settings(_SETTINGS, address))
            rows = table.scan(snapshot_id=snapshot).to_arrow_batch_reader()
            write_batches(rows.schema, rows, file)
        check = partial(check_fingerprint, _describe_snapshot(metadata, snapshot), source=self.address)
        return LocalSource(file, check, {"source_version": str(snapshot)})

    def pin(self, version: str) -> str:
        """Return the address of one snapshot of the table."""
        return str(LakehouseAddress.parse(self.address).pin(version))


def _read_metadata(address: LakehouseAddress) -> dict[str, Any]:
    """Return a table's metadata. PyIceberg takes a second to import, and a look does without."""
    if not address.place.endswith(_METADATA):
        raise InvalidSource(
            f"The address {address} does not name the metadata file of a table.",
            f"Give the newest file that ends with {_METADATA}, in the folder metadata of the table.",
        )
    with tempfile.TemporaryDirectory() as folder:
        kind = ObjectSource if address.is_stored else PathSource
        copy = kind(address.place).fetch(Path(folder))
        text = unpack(copy.path, address.place, Path(folder)).read_bytes()
    try:
        metadata = json.loads(text)
        metadata["table-uuid"], metadata["snapshots"]
    except (ValueError, KeyError, TypeError):
        raise InvalidSource(
            f"{address.place} is not the metadata of an Iceberg table.", "Check the address."
        ) from None
    return dict(metadata)


def _find_snapshot(metadata: dict[str, Any], address: LakehouseAddress) -> int:
    known: list[int] = [snapshot["snapshot-id"] for snapshot in metadata["snapshots"]]
    if not known:
        raise InvalidSource(f"The table {address.place} has no rows yet.", "Write rows to it first.")
    snapshot = int(address.version or metadata.get("current-snapshot-id") or -1)
    if snapshot not in known:
        raise InvalidSource(
            f"There is no snapshot {snapshot} in {address.place}. It has {format_list(known)}.",
            "Take one of these, or an earlier or later metadata file.",
        )
    return snapshot


def _describe_snapshot(metadata: dict[str, Any], snapshot: int) -> str:
    return f"Iceberg table {metadata['table-uuid']}, snapshot {snapshot}"
