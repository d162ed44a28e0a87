"""Parts: files with the predictions of a batch, always complete, that record what they were made from."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from components._store.store import Store
from components.environment import Environment
from components.score.row_counts import RowCounts
from components.score.settings import Settings

_FACTS = b"kfp-tabular"
_DONE = "_SUCCESS"


class PredictionPart(NamedTuple):
    """An existing part.

    Attributes
    ----------
    file : Path
        The file.
    job : str
        Hash of what it was made from.
    rows : range
        Numbers of its rows in the table.
    counts : RowCounts
        Counts of these rows.
    """

    file: Path
    job: str
    rows: range
    counts: RowCounts


def hash_facts(*facts: object) -> str:
    """Return a hash of facts, 12 hexadecimal digits."""
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:12]


class PredictionParts:
    """The parts of a job, in a folder and, if the settings name one, in a bucket.

    Parameters
    ----------
    folder : Path
        The folder; created if it does not exist.
    job : str
        Hash of what the parts are made from.
    settings : Settings
        The output in a bucket.
    """

    def __init__(self, folder: Path, job: str, settings: Settings) -> None:
        self._folder, self._job, self._settings = folder, job, settings
        self._store = Store(Environment.read()) if settings.output else None
        folder.mkdir(parents=True, exist_ok=True)

    def has_part(self, rows: range) -> bool:
        """Return whether the part of some rows exists and is complete; if only the bucket has it, copy it."""
        file = self._get_file(rows)
        if self._is_complete(file, rows):
            return True
        address = self._settings.build_address(self._job, file.name) if self._store else None
        if self._store is None or address is None or not self._store.has_object(address):
            return False
        copy = file.with_suffix(".copy")
        self._store.fetch(address, copy)
        if not self._is_complete(copy, rows):
            copy.unlink()
            return False
        copy.replace(file)
        return True

    def write(self, rows: range, table: pa.Table, counts: RowCounts) -> None:
        """Write a part into the folder, in one step, and then into the bucket."""
        facts = {"job": self._job, "first": rows.start, "observed": counts._asdict()}
        file = self._get_file(rows)
        new = file.with_suffix(".new")
        packed = json.dumps(facts, allow_nan=False).encode()
        pq.write_table(table.replace_schema_metadata({_FACTS: packed}), new, compression="zstd")
        new.replace(file)
        if self._store is not None:
            self._store.put(file, self._settings.build_address(self._job, file.name))

    def finish(self) -> str:
        """Mark the bucket's folder as complete, and return its address; empty without a bucket."""
        if self._store is None:
            return ""
        mark = self._folder / _DONE
        mark.touch()
        address = self._settings.build_address(self._job, _DONE)
        self._store.put(mark, address)
        mark.unlink()
        return str(address).removesuffix(f"/{_DONE}")

    def _get_file(self, rows: range) -> Path:
        return self._folder / f"rows-{rows.start:012d}.parquet"

    def _is_complete(self, file: Path, rows: range) -> bool:
        part = read_part(file) if file.exists() else None
        return part is not None and part.job == self._job and part.rows == rows


def read_part(file: Path) -> PredictionPart | None:
    """Return the part in a file; None if the file is not a part or not complete."""
    try:
        stored = pq.read_metadata(file)
        facts: dict[str, Any] = json.loads(stored.metadata[_FACTS])
        rows = range(facts["first"], facts["first"] + stored.num_rows)
        return PredictionPart(file, facts["job"], rows, RowCounts(**facts["observed"]))
    except (OSError, ValueError, KeyError, TypeError, pa.ArrowInvalid):
        return None


def iterate_parts(folders: list[str]) -> Iterator[PredictionPart]:
    """Yield the parts of some folders."""
    for folder in folders:
        for file in sorted(Path(folder).glob("rows-*.parquet")):
            part = read_part(file)
            if part is not None:
                yield part
