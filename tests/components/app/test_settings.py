from pathlib import Path
from typing import Any

import pytest

from components.app.__main__ import parse_arguments
from components.app.settings import Settings
from components.errors import InvalidSetting


def test_options_are_the_settings_and_have_their_defaults() -> None:
    assert parse_arguments(["--models", "m"]) == Settings(Path("m"))
    words = "--models=m --prometheus=http://p:9090 --namespace=n --user_header=x-user --user_prefix=accounts:"
    assert parse_arguments(
        f"{words} --port=1 --max_bytes=2 --upload_bytes=3 --drain_seconds=0".split()
    ) == Settings(Path("m"), "http://p:9090", "n", "x-user", "accounts:", 1, 2, 3, 0.0)


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"port": 0}, "port = 0 is out of range"),
        ({"max_bytes": 0}, "max_bytes must be 1 or more"),
        ({"upload_bytes": 0}, "upload_bytes must be 1 or more"),
        ({"drain_seconds": -1.0}, "drain_seconds must be 0 or more"),
    ],
)
def test_what_is_out_of_range_is_named(changed: dict[str, Any], fault: str) -> None:
    with pytest.raises(InvalidSetting, match=fault):
        Settings(Path("models"), **changed)
