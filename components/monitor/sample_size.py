"""How many rows of a log may be in memory."""

from components.monitor.rows import PredictedRows

# A sample takes four times its size while it is drawn, and there are two.
_SHARE = 16
_READ_ROWS = 1_000


def limit_rows(most: int, reference: PredictedRows, memory: int) -> int:
    """Return the most rows of the log to hold: fewer than asked for if rows are wide.

    Parameters
    ----------
    most : int
        Rows that are enough.
    reference : PredictedRows
        Rows like those of the log.
    memory : int
        Bytes that the stage may use.
    """
    columns = reference.columns.head(_READ_ROWS)
    n_bytes = columns.memory_usage(index=False, deep=True).sum() / max(1, len(columns))
    n_bytes += reference.outputs.itemsize * reference.outputs.shape[1]
    return min(most, max(1, int(memory / _SHARE / max(1.0, n_bytes))))
