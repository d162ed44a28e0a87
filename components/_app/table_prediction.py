"""The prediction of an uploaded table, chunk by chunk, and a summary of it."""

from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from pathlib import Path
from typing import IO, Any, NamedTuple, TypeVar

import numpy as np
import pyarrow as pa
from starlette.concurrency import run_in_threadpool

from components._app.batch_model import BatchModel
from components._app.result_file import (
    ResultFormat,
    ResultWriter,
    build_writer,
    convert_own_columns,
    merge_own_columns,
    name_results,
)
from components._app.table_check import check_columns
from components._files.row_stream import RowStream
from components._problem.task import Label
from components._readings.inference import ColumnFaults, build_faults_error, read_batches
from components._table.arrow import ARROW_TYPES
from components._table.reading import CellReader
from components.errors import InvalidSource

Json = dict[str, Any]
Item = TypeVar("Item")

_N_BARS = 12
_END: Any = object()


class ResultOptions(NamedTuple):
    """What a person wants.

    Attributes
    ----------
    format : {"csv", "xlsx", "parquet"}
        The format of the results.
    is_lenient : bool
        Whether cells that cannot be read are unknown, instead of an error.
    """

    format: ResultFormat
    is_lenient: bool


class _Chunk(NamedTuple):
    """Rows: the person's cells, and the values of the model's columns."""

    own: pa.RecordBatch
    values: pa.RecordBatch


async def iterate_in_thread(items: Iterator[Item]) -> AsyncIterator[Item]:
    """Yield items that a thread computes, so that the event loop answers other requests meanwhile."""
    while (item := await run_in_threadpool(next, items, _END)) is not _END:
        yield item


class TablePrediction:
    """Predicts a table, and writes the results into a file.

    Parameters
    ----------
    model : BatchModel
        The model.
    rows : RowStream
        The table.
    name : str
        What to call it in an error.
    options : ResultOptions
        What the person wants.
    chunk_rows : int
        Rows that are predicted at a time.
    """

    def __init__(
        self, model: BatchModel, rows: RowStream, name: str, options: ResultOptions, chunk_rows: int
    ) -> None:
        self._model = model
        self._rows = rows
        self._name = name
        self._options = options
        self._chunk_rows = chunk_rows
        self._readers: dict[str, CellReader] = {}
        self._own_types: dict[str, pa.DataType] = {}
        self._faults: dict[str, ColumnFaults] = {}
        self._labels: Counter[Label] = Counter()
        self._values: list[np.ndarray] = []
        self._renamed: dict[str, str] = {}
        self._writer: ResultWriter | None = None

    async def write(self, file: IO[bytes]) -> AsyncGenerator[Json, None]:
        """Write the results, and yield the progress.

        Raises
        ------
        SuiteError
            The table cannot be read, columns are missing, or cells cannot be read and must not be unknown;
            or rows cannot be predicted, or not be written in the format.
        """
        n_rows = await run_in_threadpool(self._find_columns)
        schema = self._build_schema()
        writer = self._writer = self._build_writer(file, schema, n_rows)
        try:
            n_done = 0
            yield {"rows": 0, "of": n_rows}
            async for chunk in iterate_in_thread(self._iterate_chunks()):
                predicted = await self._model.predict(chunk.values)
                self._count(predicted)
                arrays = [*convert_own_columns(chunk.own, self._own_types), *predicted]
                await run_in_threadpool(writer.write, pa.record_batch(arrays, schema=schema))
                n_done += chunk.own.num_rows
                yield {"rows": n_done, "of": n_rows}
            await run_in_threadpool(writer.finish)
        finally:
            writer.close()

    def summarise(self) -> Json:
        """Return what the results are like, as JSON values."""
        return {
            "columns": self._renamed,
            "classes": [{"label": label, "n": n} for label, n in self._labels.most_common()],
            "distribution": _describe_values(np.concatenate(self._values)) if self._values else None,
            "unreadable": {name: found.n for name, found in self._faults.items() if name in self._readers},
            "n_escaped": self._writer.n_escaped if self._writer else 0,
        }

    def name_file(self) -> str:
        """Return a name for the results."""
        return f"{Path(self._name).stem}-predicted.{self._options.format}"

    def _find_columns(self) -> int:
        """Find the columns of all rows, which later batches may add to, and return the number of rows."""
        schemas, n_rows = [], 0
        for batch in self._rows.iterate_batches():
            if batch.schema not in schemas:
                schemas.append(batch.schema)
            n_rows += batch.num_rows
        if not n_rows:
            raise InvalidSource(f"{self._name} has no rows.", "Give a file with rows below its header.")
        self._own_types = merge_own_columns(schemas, keeps_numbers=self._options.format == "xlsx")
        check_columns(list(self._own_types), self._name, self._model)
        self._readers = self._model.build_readers(list(self._own_types))
        return n_rows

    def _build_schema(self) -> pa.Schema:
        signature, own = self._model.signature, self._own_types
        self._renamed = name_results(list(own), self._model.prediction_names)
        first, *others = self._renamed.values()
        type_ = pa.array(signature.classes).type if signature.classes else ARROW_TYPES["float"]
        return pa.schema([*own.items(), (first, type_), *((name, ARROW_TYPES["float"]) for name in others)])

    def _build_writer(self, file: IO[bytes], schema: pa.Schema, n_rows: int) -> ResultWriter:
        has_comma = any(reader.reading.decimal == "," for reader in self._readers.values())
        decimal = "," if has_comma and self._rows.format == "CSV" else "."
        return build_writer(self._options.format, file, schema, n_rows, self._rows, decimal)

    def _iterate_chunks(self) -> Iterator[_Chunk]:
        n_before = 0
        for batch in self._rows.iterate_batches():
            faults: dict[str, ColumnFaults] = {}
            (values,) = read_batches([batch], self._readers, faults)
            self._add_faults(faults, n_before)
            refused = {} if self._options.is_lenient else self._model.columns.find_refused(self._faults)
            if refused:
                raise build_faults_error(refused, "Correct these cells, or predict with them as unknown.")
            n_before += batch.num_rows
            for start in range(0, batch.num_rows, self._chunk_rows):
                yield _Chunk(batch.slice(start, self._chunk_rows), values.slice(start, self._chunk_rows))

    def _add_faults(self, faults: dict[str, ColumnFaults], n_before: int) -> None:
        for name, found in faults.items():
            kept = self._faults.setdefault(name, ColumnFaults())
            kept.add(found.first, n_before)
            kept.n += found.n - len(found.first)

    def _count(self, predicted: list[pa.Array]) -> None:
        if self._model.signature.task == "regression":
            self._values.append(predicted[0].to_numpy(zero_copy_only=False))
        else:
            self._labels.update(predicted[0].to_pylist())


def _describe_values(values: np.ndarray) -> Json:
    """Return quartiles and a histogram of predicted values."""
    counts, edges = np.histogram(values, bins=_N_BARS)
    return {
        "mean": float(values.mean()),
        "quartiles": np.quantile(values, [0, 0.25, 0.5, 0.75, 1]).tolist(),
        "counts": counts.tolist(),
        "edges": edges.tolist(),
    }
