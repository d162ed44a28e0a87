"""Which kind of source an address names."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from components._store.address import Address
from components.errors import InvalidSource
from components.ingest.sources.compression import unpack
from components.ingest.sources.database import DatabaseSource
from components.ingest.sources.delta_table import DeltaSource
from components.ingest.sources.dvc_content import DvcSource
from components.ingest.sources.iceberg_table import IcebergSource
from components.ingest.sources.kind import find_kind
from components.ingest.sources.path import PathSource
from components.ingest.sources.source import TIMEOUT, LocalSource, Source, explain_file_errors
from components.ingest.sources.stored_folder import ObjectFolderSource
from components.ingest.sources.stored_object import ObjectSource
from components.ingest.sources.url import UrlSource
from components.network import WAITS

# What the address of a generated sample begins with.
PREFIX = "sample:"


def find_source(address: str, timeout: float = TIMEOUT, waits: Sequence[float] = WAITS) -> Source:
    """Return the source that an address names.

    Parameters
    ----------
    address : str
        Path, http(s) URL, ``s3://bucket/key``, ``s3://bucket/folder/``, ``dvc+REPOSITORY@REV:PATH``,
        ``postgresql://user@host/database?table=NAME``, ``delta+PLACE@VERSION``, or
        ``iceberg+METADATA_FILE@SNAPSHOT``.
    timeout : float
        Seconds to wait for a server.
    waits : sequence of float
        Seconds before each further attempt, if a server does not answer.

    Raises
    ------
    InvalidSource
        No kind of source has such an address.
    """
    match kind := find_kind(address):
        case "":
            return PathSource(address)
        case "http" | "https":
            return UrlSource(address, timeout, waits)
        case Address.SCHEME:
            is_folder = address.partition("?")[0].endswith("/")
            return (ObjectFolderSource if is_folder else ObjectSource)(address, timeout, waits)
        case "postgresql" | "postgres":
            return DatabaseSource(address, timeout, waits)
        case "dvc":
            return DvcSource(address, timeout, waits)
        case "delta":
            return DeltaSource(address)
        case "iceberg":
            return IcebergSource(address)
    raise InvalidSource(
        f"The address {address} begins with {kind!r}, which is not supported.",
        "Give a path, or an address that begins with http://, https://, s3://, postgresql://, dvc+, delta+, "
        "iceberg+ or sample:.",
    )


def fetch_source(
    address: str,
    scratch: Path,
    fingerprint: str = "",
    timeout: float = TIMEOUT,
    waits: Sequence[float] = WAITS,
) -> LocalSource:
    """Return the content of a source as uncompressed files on this machine.

    Parameters
    ----------
    address, timeout, waits
        As for ``find_source``.
    scratch : Path
        Folder for copies, and for what is unpacked.
    fingerprint : str
        The content that the source must have, as ``plan`` gave it; empty for any. A path is not copied, so
        its content must be checked again after it was read.

    Raises
    ------
    InvalidSource
        There is nothing to read at that address, the download is incomplete, or it has another content.
    StorageError
        Object storage cannot be reached, or refuses the object.
    InvalidSetting
        The settings of object storage are missing.
    """
    with explain_file_errors(address):
        content = find_source(address, timeout, waits).fetch(scratch)
        content.check_content(fingerprint)
        return replace(content, path=unpack(content.path, address, scratch))
