import re
from pathlib import Path

import pytest

from components.errors import InvalidSetting
from components.serve.settings import Settings


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"model_name": ""}, "a word without / : ? # %"),
        ({"model_name": "a/b"}, "a word without / : ? # %"),
        ({"http_port": 0}, "from 1 to 65535"),
        ({"grpc_port": -1}, "from 0 to 65535"),
        ({"http_port": 65_536}, "from 1 to 65535"),
        ({"workers": 0}, "1 or more"),
        ({"max_rows": 0}, "1 or more"),
        ({"max_bytes": -5}, "1 or more"),
        ({"model_version": "a/b"}, "the name of a folder, without /"),
        ({"model_version": ".."}, "the name of a folder, without /"),
        ({"log_rows_per_second": 1.9}, "2 or more"),
        ({"log_rows_per_second": float("inf")}, "2 or more"),
        ({"log_bytes": 999_999}, "1000000 or more"),
        ({"drain_seconds": -0.1}, "0 or more"),
        ({"drain_seconds": float("nan")}, "0 or more"),
    ],
)
def test_what_is_out_of_range_is_refused(changes: dict[str, object], expected: str) -> None:
    (name,) = changes
    with pytest.raises(
        InvalidSetting, match=rf"{name} = .* is out of range\.\n{name} must be {re.escape(expected)}"
    ):
        Settings(Path("model"), **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(("name", "value"), [("app_card", Path("card.md")), ("app_prometheus", "http://p")])
def test_a_setting_of_the_app_without_the_app_is_a_mistake(name: str, value: object) -> None:
    with pytest.raises(InvalidSetting, match=rf"{name} is for the app, which is off\.\nAdd --app"):
        Settings(Path("model"), **{name: value})  # type: ignore[arg-type]


def test_prometheus_needs_an_address() -> None:
    with pytest.raises(InvalidSetting, match=r"app_prometheus must be an address that begins with http"):
        Settings(Path("model"), app=True, app_prometheus="prometheus:9090")


def test_without_grpc_and_a_drain_a_server_is_fine() -> None:
    assert Settings(Path("model"), grpc_port=0, drain_seconds=0).http_port == 8080
