"""A table, or the result of a query, in PostgreSQL."""

from functools import partial
from pathlib import Path

from components.environment import Environment
from components.errors import InvalidSetting
from components.ingest.sources.database_address import DatabaseAddress
from components.ingest.sources.fingerprints import check_fingerprint, make_unknown
from components.ingest.sources.source import LocalSource, RemoteSource
from components.network import retry


class DatabaseSource(RemoteSource):
    """A table or a query in PostgreSQL, read in one snapshot: ``postgresql://user@host/database?table=NAME``."""

    def compute_fingerprint(self) -> str:
        """Return an unknown fingerprint: only reading all rows tells whether they have changed."""
        DatabaseAddress.parse(self.address)
        return make_unknown("a database does not say whether its rows have changed")

    def fetch(self, scratch: Path) -> LocalSource:
        """Return the rows as a Parquet file."""
        address, file = DatabaseAddress.parse(self.address), scratch / "rows.parquet"
        # They import PyArrow and the database's drivers.
        from components.ingest.sources.database_failures import is_transient
        from components.ingest.sources.database_reader import copy_rows

        password = Environment.read().database_password
        # A further attempt begins again: rows of two snapshots do not belong together.
        copied = retry(lambda: copy_rows(address, password, file, self.timeout), self.waits, is_transient)
        unknown = partial(check_fingerprint, None, source=self.address)
        return LocalSource(file, unknown, copied.facts, copied.notices)

    def pin(self, version: str) -> str:
        """Refuse: a database keeps no earlier rows."""
        raise InvalidSetting(
            f"A database keeps no earlier rows, so those of {version!r} cannot be read again.",
            "Leave --data-version out, and compare the table's sha256 with that in the lineage. To read the "
            "same rows again, keep them as a file in object storage with versions.",
        )
