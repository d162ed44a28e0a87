"""The version of a source, from the command line."""

import argparse

import pytest

from components.errors import InvalidSetting, InvalidSource
from pipelines.cli.data_version import add_data_version, pin_source


@pytest.mark.parametrize(
    ("source", "version", "pinned"),
    [
        ("s3://data/customers.csv", "abc", "s3://data/customers.csv?versionId=abc"),
        ("s3://data/customers.csv?versionId=abc", "abc", "s3://data/customers.csv?versionId=abc"),
        ("s3://data/2026/", "2026-11-30T08:15:00Z", "s3://data/2026/?asOf=2026-11-30T08:15:00Z"),
    ],
)
def test_the_source_becomes_the_address_of_its_version(source: str, version: str, pinned: str) -> None:
    assert pin_source({"source": source, "trials": 3}, version) == {"source": pinned, "trials": 3}


def test_without_a_version_nothing_changes() -> None:
    assert pin_source({"source": "s3://data/customers.csv"}, None) == {"source": "s3://data/customers.csv"}


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("sample:churn", "A sample has no versions, so there is no 'abc' of it"),
        ("customers.csv", r"A path has no versions, so there is no 'abc' of customers\.csv"),
        ("https://host/customers.csv", r"An http\(s\) address has no versions"),
        ("s3://data/customers.csv?versionId=x", "names another version than --data-version 'abc'"),
    ],
)
def test_what_has_no_such_version_is_refused(source: str, message: str) -> None:
    with pytest.raises(InvalidSetting, match=message):
        pin_source({"source": source}, "abc")


def test_without_a_source_it_is_the_sample_that_has_no_versions() -> None:
    with pytest.raises(InvalidSetting, match="A sample has no versions"):
        pin_source({}, "abc")


def test_a_folder_needs_a_moment() -> None:
    with pytest.raises(InvalidSource, match="'abc' is not a moment at which s3://data/2026/ can be read"):
        pin_source({"source": "s3://data/2026/"}, "abc")


def test_the_option_takes_a_version() -> None:
    parser = argparse.ArgumentParser()
    add_data_version(parser)
    assert parser.parse_args(["--data-version", "abc"]).data_version == "abc"
    assert parser.parse_args([]).data_version is None
