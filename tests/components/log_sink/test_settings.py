from pathlib import Path
from typing import Any

import pytest

from components.errors import InvalidSetting
from components.log_sink.__main__ import parse_arguments
from components.log_sink.settings import Settings


def test_options_are_the_settings_and_have_their_defaults() -> None:
    assert parse_arguments(["--folder", "s3://monitoring/models"]) == Settings("s3://monitoring/models")
    words = "--folder=f --spool=s --port=1 --rows_per_second=2.5 --spool_bytes=1000000 --queue_bytes=2000000"
    assert parse_arguments(f"{words} --max_bytes=5 --upload_seconds=6 --drain_seconds=0".split()) == Settings(
        "f", Path("s"), 1, 2.5, 1_000_000, 2_000_000, 5, 6.0, 0.0
    )


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"port": 0}, "port = 0 is out of range"),
        ({"rows_per_second": 1.0}, "rows_per_second must be 2 or more"),
        ({"rows_per_second": float("nan")}, "rows_per_second = nan"),
        ({"spool_bytes": 5}, "spool_bytes must be 1000000 or more"),
        ({"queue_bytes": 5}, "queue_bytes must be 1000000 or more"),
        ({"max_bytes": 40_000_000}, "max_bytes must be from 1 to half of queue_bytes = 64000000"),
        ({"upload_seconds": 0.0}, "upload_seconds must be above 0"),
        ({"drain_seconds": -1.0}, "drain_seconds must be 0 or more"),
    ],
)
def test_what_is_out_of_range_is_named(changed: dict[str, Any], fault: str) -> None:
    with pytest.raises(InvalidSetting, match=fault):
        Settings("s3://monitoring/models", **changed)
