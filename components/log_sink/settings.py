"""The sink's settings, which are the options of its command line."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from components._inference_log.writer import FEWEST_ROWS_PER_SECOND
from components._server.port import HIGHEST_PORT
from components.errors import InvalidSetting

_FEWEST_BYTES = 1_000_000


@dataclass(frozen=True)
class Settings:
    """Where the log goes, and how much of it; the texts are the options' help.

    Raises
    ------
    InvalidSetting
        A value is out of range.
    """

    folder: Annotated[str, "folder of all models, which monitoring reads: s3://bucket/folder, or a path"]
    spool: Annotated[Path, "folder for what is not uploaded yet (%(default)s)"] = Path("log-sink")
    port: Annotated[int, "port for events and metrics (%(default)s)"] = 8080
    rows_per_second: Annotated[
        float, "most rows per second of a model's version that are kept on average (%(default)s)"
    ] = 10.0
    spool_bytes: Annotated[int, "most bytes in the spool; the oldest are deleted (%(default)s)"] = (
        1_000_000_000
    )
    queue_bytes: Annotated[int, "most bytes of events in memory; more are dropped (%(default)s)"] = 64_000_000
    max_bytes: Annotated[int, "most bytes of an event (%(default)s)"] = 16_000_000
    upload_seconds: Annotated[float, "age at which a file is closed and uploaded (%(default)s)"] = 900.0
    drain_seconds: Annotated[float, "how long to take events after SIGTERM (%(default)s)"] = 5.0

    def __post_init__(self) -> None:
        if not 1 <= self.port <= HIGHEST_PORT:
            raise InvalidSetting.from_out_of_range("port", self.port, f"from 1 to {HIGHEST_PORT}")
        if not FEWEST_ROWS_PER_SECOND <= self.rows_per_second < float("inf"):
            expected = f"{FEWEST_ROWS_PER_SECOND} or more"
            raise InvalidSetting.from_out_of_range("rows_per_second", self.rows_per_second, expected)
        for name in ("spool_bytes", "queue_bytes"):
            if getattr(self, name) < _FEWEST_BYTES:
                raise InvalidSetting.from_out_of_range(name, getattr(self, name), f"{_FEWEST_BYTES} or more")
        # A version may take half of the queue, so that one cannot keep out the others.
        if not 1 <= self.max_bytes <= self.queue_bytes // 2:
            expected = f"from 1 to half of queue_bytes = {self.queue_bytes}"
            raise InvalidSetting.from_out_of_range("max_bytes", self.max_bytes, expected)
        if not 0 < self.upload_seconds < float("inf"):
            raise InvalidSetting.from_out_of_range("upload_seconds", self.upload_seconds, "above 0")
        if not 0 <= self.drain_seconds < float("inf"):
            raise InvalidSetting.from_out_of_range("drain_seconds", self.drain_seconds, "0 or more")
