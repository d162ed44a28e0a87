"""Logs of a model's requests in MinIO, as its servers write them."""

import io
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from minio import Minio

from components._inference_log.record import LogRecord, encode_record
from components._inference_log.segments import START_FORMAT, SUFFIX
from tests.cluster.registry import TrainedModel

BUCKET = "monitoring"
_STEP = timedelta(seconds=1)


def store_log(
    data: Minio,
    folder: str,
    model: TrainedModel,
    start: datetime,
    rows: Iterable[dict[str, Any]],
    predictions: Iterable[list[float]],
    weight: float = 1.0,
) -> int:
    """Store the rows that a server predicted from some moment on, one a second.

    Parameters
    ----------
    data : Minio
        The storage.
    folder : str
        Folder of all models in the bucket.
    predictions : iterable of list of float
        The probabilities of both classes.
    weight : float
        How many rows of the traffic each stands for.

    Returns
    -------
    int
        The number of rows.
    """
    lines = [
        encode_record(LogRecord(start + i * _STEP, f"r{i}", 0, row, predicted[1:], None, weight=weight))
        for i, (row, predicted) in enumerate(zip(rows, predictions, strict=True))
    ]
    content = b"".join(lines)
    name = f"{folder}/{model.name}/logs/{model.version}/{start:{START_FORMAT}}-0-00000000{SUFFIX}"
    data.put_object(BUCKET, name, io.BytesIO(content), len(content))
    return len(lines)


def list_last_days(count: int) -> list[datetime]:
    """Return the starts of the last whole days in UTC, the oldest first."""
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return [today - timedelta(days=number) for number in range(count, 0, -1)]
