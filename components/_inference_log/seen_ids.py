"""Ids that were seen, of any number, in little memory."""

import sqlite3

# Kilobytes of the database that are kept in memory; the rest is in a file that nobody else sees.
_CACHE = 32_000


class SeenIds:
    """A set of texts on disk."""

    def __init__(self) -> None:
        # Without a name, it is a file that the system deletes with the process.
        self._database = sqlite3.connect("", isolation_level=None)
        for statement in (
            "PRAGMA journal_mode = OFF",
            "PRAGMA synchronous = OFF",
            f"PRAGMA cache_size = -{_CACHE}",
            "CREATE TABLE seen (id BLOB PRIMARY KEY) WITHOUT ROWID",
            # Never committed: each insertion would be a transaction of its own.
            "BEGIN",
        ):
            self._database.execute(statement)

    def __contains__(self, name: str) -> bool:
        found = self._database.execute("SELECT 1 FROM seen WHERE id = ?", (_encode(name),))
        return found.fetchone() is not None

    def add(self, name: str) -> None:
        """Add a text; one that is there already stays."""
        self._database.execute("INSERT OR IGNORE INTO seen VALUES (?)", (_encode(name),))


def _encode(name: str) -> bytes:
    # JSON may have half of a pair of surrogates, which no database takes as text.
    return name.encode("utf-8", "surrogatepass")
