import errno

import pytest

from components.errors import InvalidSetting, InvalidSource
from components.ingest.sources.lakehouse_address import LakehouseAddress
from components.ingest.sources.lakehouse_files import check_package, explain_errors, read_storage_settings

STORED = LakehouseAddress.parse("delta+s3://bucket/t")


def test_a_package_that_is_not_installed_is_named_with_its_extra() -> None:
    check_package("json", "Delta")
    with pytest.raises(InvalidSetting, match=r"no_such_package, which .*\nInstall it: .*\[lakehouse\]"):
        check_package("no_such_package", "Delta")


def test_a_table_on_this_machine_gets_no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "key")
    monkeypatch.delenv("AWS_REGION", raising=False)
    names = {"s3_secret_key": "secret", "s3_region": "region"}
    assert read_storage_settings(names, LakehouseAddress.parse("delta+/t")) == {}
    assert read_storage_settings(names, STORED) == {"secret": "key"}


def test_errors_of_libraries_are_about_the_table_but_a_full_disk_is_not() -> None:
    with (
        pytest.raises(InvalidSource, match="t cannot be read: two lines"),
        explain_errors(STORED),
    ):
        raise RuntimeError("two\nlines")
    with pytest.raises(OSError, match="full"), explain_errors(STORED):
        raise OSError(errno.ENOSPC, "full")
    with pytest.raises(InvalidSetting, match=r"^a\nb$"), explain_errors(STORED):
        raise InvalidSetting("a", "b")
