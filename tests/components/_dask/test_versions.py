import sys

from components._dask.versions import list_differences, list_versions


def test_this_process_has_the_versions_that_it_has() -> None:
    versions = list_versions()
    assert versions["Python"] == f"{sys.version_info.major}.{sys.version_info.minor}"
    assert {"pandas", "pyarrow", "distributed", "components/_dask", "components/preprocess"} <= set(versions)
    assert list_differences(versions) == []


def test_each_difference_is_named() -> None:
    versions = list_versions()
    others = versions | {"pandas": "1.0", "components/_table": "abc", "of another image": "2"}
    assert list_differences(others) == [
        f"pandas {versions['pandas']} instead of 1.0",
        "components/_table",
    ]
