"""The predictions of a batch, as the columns of its part, with the counts of its rows."""

from typing import NamedTuple

import pyarrow as pa

from components._model.intake import Intake
from components._model.scorer import Scorer
from components.score.row_counts import RowCounts, count_values

# A cell of a batch as read, in the frame, as a number, and in the features that are made of it.
_CELL_BYTES = 100


class ScoredBatch(NamedTuple):
    """The predictions of a batch.

    Attributes
    ----------
    table : pyarrow Table
        The columns of its part.
    counts : RowCounts
        Counts of its rows.
    """

    table: pa.Table
    counts: RowCounts


class BatchScorer:
    """Predicts batches of a table; several threads may call it at once, and other processes can be sent it.

    Parameters
    ----------
    scorer : Scorer
        The model.
    version : str
        Its version.
    table : pyarrow Schema
        The columns of the table.
    schema : pyarrow Schema
        The columns of the predictions.
    identifiers : tuple of str
        Columns of the table to write beside the predictions.

    Attributes
    ----------
    columns : list of str
        The columns of the table that it needs.
    row_bytes : int
        Memory that a row of a batch takes.
    """

    def __init__(
        self, scorer: Scorer, version: str, table: pa.Schema, schema: pa.Schema, identifiers: tuple[str, ...]
    ) -> None:
        self._scorer, self._version, self._schema, self._identifiers = scorer, version, schema, identifiers
        self._intake = Intake(scorer.signature.columns, scorer.schema, table)
        self.columns = list(dict.fromkeys([*self._intake.columns, *identifiers]))
        self.row_bytes = _CELL_BYTES * (len(scorer.signature.columns) + len(schema))

    def score(self, rows: range, table: pa.Table) -> ScoredBatch:
        """Predict some rows.

        Parameters
        ----------
        rows : range
            Their numbers in the table.
        table : pyarrow Table
            The rows, with at least the ``columns``.
        """
        scorer = self._scorer
        frame = self._intake.build_frame(table)
        scored = scorer.predict(frame)
        columns = [
            pa.array(rows),
            *(table[name].combine_chunks() for name in self._identifiers),
            *scored,
            *(scorer.intervals.build_columns(scored[0]) if scorer.intervals is not None else []),
            pa.repeat(self._version, len(rows)),
        ]
        counts = count_values(frame, scored, scorer.signature.columns, scorer.schema, scorer.profile)
        return ScoredBatch(pa.Table.from_arrays(columns, schema=self._schema), counts)
