from pathlib import Path

import pytest

from components.errors import InvalidSetting, InvalidSource
from components.ingest.sources.lakehouse_address import LakehouseAddress


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("delta+/data/table", ("delta", "/data/table", "")),
        ("delta+s3://bucket/table@7", ("delta", "s3://bucket/table", "7")),
        ("delta+s3://bucket/a@b/table", ("delta", "s3://bucket/a@b/table", "")),
        ("delta+t@2026-11-30T08:15:00Z", ("delta", "t", "2026-11-30T08:15:00Z")),
        ("iceberg+t/metadata/0.metadata.json@12", ("iceberg", "t/metadata/0.metadata.json", "12")),
    ],
)
def test_an_address_names_a_table_and_perhaps_a_version(address: str, expected: tuple[str, str, str]) -> None:
    assert LakehouseAddress.parse(address) == LakehouseAddress(*expected)
    assert str(LakehouseAddress.parse(address)) == address


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("delta+", "names no table"),
        ("delta+@3", "names no table"),
        ("delta+t@", "names no table"),
        ("delta+http://host/t", "names no table"),
        ("delta+t@newest", "'newest' in the address .* is not a version"),
        ("delta+t@2026-11-30T08:15:00", "is not a version"),
        ("iceberg+t@2026-11-30T08:15:00Z", "is not a version"),
    ],
)
def test_what_names_no_table_is_refused(address: str, message: str) -> None:
    with pytest.raises(InvalidSource, match=message):
        LakehouseAddress.parse(address)


def test_the_kind_may_be_written_in_capitals() -> None:
    assert LakehouseAddress.parse("Delta+t@1") == LakehouseAddress("delta", "t", "1")
    with pytest.raises(InvalidSource, match=r"names no table\.\nWrite it as iceberg\+"):
        LakehouseAddress.parse("ICEBERG+")


def test_a_path_becomes_absolute() -> None:
    assert LakehouseAddress.parse("delta+t@1").make_absolute().place == str(Path("t").resolve())
    stored = LakehouseAddress.parse("delta+s3://bucket/t@1")
    assert stored.make_absolute() == stored


def test_only_a_delta_table_without_a_version_takes_a_moment() -> None:
    assert LakehouseAddress.parse("delta+t").keeps_moments
    assert not LakehouseAddress.parse("delta+t@1").keeps_moments
    assert not LakehouseAddress.parse("iceberg+0.metadata.json").keeps_moments


def test_a_version_is_pinned_once() -> None:
    assert str(LakehouseAddress.parse("delta+t").pin("3")) == "delta+t@3"
    assert str(LakehouseAddress.parse("delta+t@3").pin("3")) == "delta+t@3"
    with pytest.raises(InvalidSetting, match="another version than --data-version '4'"):
        LakehouseAddress.parse("delta+t@3").pin("4")
    with pytest.raises(InvalidSource, match="is not a version"):
        LakehouseAddress.parse("delta+t").pin("latest")
