"""Reads the log of a model's version as tables of bounded size."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from io import BytesIO
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import json

from components._inference_log.record import is_record
from components._table.kinds import Kind

# Bytes of lines that become one table.
_CHUNK = 8_000_000
# Bytes that Arrow parses in one thread.
_BLOCK = 1_000_000
_TYPES: dict[Kind, pa.DataType] = {
    "integer": pa.float64(),
    "float": pa.float64(),
    "boolean": pa.bool_(),
    "string": pa.string(),
    "datetime": pa.timestamp("us"),
}
_FIELDS = {
    "time": pa.timestamp("us", "UTC"),
    "id": pa.string(),
    "row": pa.int64(),
    "weight": pa.float64(),
    "unreadable": pa.list_(pa.string()),
    "outputs": pa.list_(pa.float64()),
    "decision": pa.int64(),
}
# Without these a line is no record.
_REQUIRED = ("time", "values", "outputs")


class LogReader:
    """Reads files of a log.

    Lines that are damaged, half written, or of another format are skipped and counted.

    Parameters
    ----------
    files : sequence of Path
        The files, the oldest first.
    columns : mapping of str to str
        The model's columns and their kinds.
    identifiers : sequence of str
        The keys to read.

    Attributes
    ----------
    skipped : dict of Path to int
        Lines of each file that were skipped, for files with such lines; of what has been read so far.
    """

    def __init__(
        self, files: Sequence[Path], columns: Mapping[str, Kind], identifiers: Sequence[str] = ()
    ) -> None:
        self.skipped: dict[Path, int] = {}
        self._files = files
        self._columns = dict(columns)
        self._identifiers = list(identifiers)
        values = pa.struct([(name, _TYPES[kind]) for name, kind in columns.items()])
        keys = pa.struct([(name, pa.string()) for name in identifiers])
        self._parsing = json.ParseOptions(
            explicit_schema=pa.schema([*_FIELDS.items(), ("values", values), ("keys", keys)]),
            unexpected_field_behavior="ignore",
        )

    def read(self) -> Iterator[pa.Table]:
        """Yield the rows of all files, the oldest file first, in tables of some thousand rows.

        A table has the columns ``time`` (timestamp in UTC without a zone), ``id``, ``row``, ``weight``,
        ``unreadable``, ``outputs`` and ``decision`` of the record, a ``value:`` column for each of the
        model's (numbers and booleans as doubles; null where the log does not have it), and a ``key:`` column
        for each identifier.
        """
        for path in self._files:
            n_skipped = 0
            try:
                with path.open("rb") as file:
                    while lines := file.readlines(_CHUNK):
                        n_skipped += len(lines)
                        for table in self._parse(lines):
                            n_skipped -= table.num_rows
                            yield table
            except FileNotFoundError:
                # The server deleted its oldest file meanwhile.
                continue
            finally:
                if n_skipped:
                    self.skipped[path] = n_skipped

    def _parse(self, lines: Iterable[bytes]) -> Iterator[pa.Table]:
        """Yield the rows of lines; what is not a record is left out."""
        # Arrow's parser ends the process at some lines that are not objects.
        sound = [line for line in lines if is_record(line)]
        if sound:
            yield from self._parse_records(sound)

    def _parse_records(self, lines: list[bytes]) -> Iterator[pa.Table]:
        """Yield the rows of lines, half by half if a field has another type in some."""
        content = b"".join(lines)
        # Arrow's blocks must hold the longest line.
        blocks = json.ReadOptions(block_size=max(_BLOCK, *map(len, lines)))
        try:
            content.decode()
            table = json.read_json(BytesIO(content), blocks, self._parsing)
        except (pa.ArrowInvalid, UnicodeDecodeError):
            if len(lines) > 1:
                middle = len(lines) // 2
                yield from self._parse_records(lines[:middle])
                yield from self._parse_records(lines[middle:])
            return
        for name in _REQUIRED:
            table = table.filter(pc.is_valid(table[name]))
        if table.num_rows:
            yield self._flatten(table)

    def _flatten(self, table: pa.Table) -> pa.Table:
        columns = {name: table[name] for name in _FIELDS}
        columns["time"] = columns["time"].cast(pa.timestamp("us"))
        # By position: a name with a dot would be a path.
        for i, (name, kind) in enumerate(self._columns.items()):
            values = pc.struct_field(table["values"], [i])
            columns[f"value:{name}"] = values.cast(pa.float64()) if kind == "boolean" else values
        for i, name in enumerate(self._identifiers):
            columns[f"key:{name}"] = pc.struct_field(table["keys"], [i])
        return pa.table(columns)
