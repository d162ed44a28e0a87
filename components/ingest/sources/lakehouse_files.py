"""What the sources in Delta and Iceberg tables share: their packages, the storage, and the copy."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from components.environment import Environment
from components.errors import InvalidSetting, InvalidSource, SuiteError, is_full
from components.ingest.sources.lakehouse_address import LakehouseAddress

if TYPE_CHECKING:
    import pyarrow as pa


def check_package(name: str, title: str) -> None:
    """Refuse a kind of table whose package is not installed.

    Raises
    ------
    InvalidSetting
        It is not installed.
    """
    if find_spec(name) is None:
        raise InvalidSetting(
            f"{title} tables are read with the package {name}, which is not installed.",
            "Install it: pip install 'kfp-tabular[lakehouse]'. On a cluster, ingest's image needs it, too.",
        )


def read_storage_settings(names: dict[str, str], address: LakehouseAddress) -> dict[str, str]:
    """Return a library's settings for object storage, by its own names for them.

    Parameters
    ----------
    names : dict of str to str
        The library's name for each attribute of ``Environment``.
    address : LakehouseAddress
        The table. One on this machine needs no settings.
    """
    if not address.is_stored:
        return {}
    environment = Environment.read()
    found = {name: getattr(environment, attribute) for attribute, name in names.items()}
    return {name: value for name, value in found.items() if value}


def write_batches(schema: "pa.Schema", batches: "Iterator[pa.RecordBatch]", file: Path) -> None:
    """Write batches into a Parquet file, whose reader is the next step on this machine."""
    import pyarrow.parquet as pq

    with pq.ParquetWriter(file, schema, compression="none") as writer:
        for batch in batches:
            writer.write_batch(batch)


@contextmanager
def explain_errors(address: LakehouseAddress) -> Iterator[None]:
    """Turn errors of the libraries into errors about a table.

    The libraries raise errors of many kinds, without a common one.

    Raises
    ------
    InvalidSource
        Something failed.
    """
    try:
        yield
    except SuiteError:
        raise
    except Exception as error:
        if is_full(error):
            raise
        said = " ".join(str(error).split()).rstrip(".")
        raise InvalidSource(
            f"{address} cannot be read: {said or type(error).__name__}.",
            "Check the address, the right to read it, and that no clean-up (VACUUM, expired snapshots) has "
            "removed the files of this version.",
        ) from error
