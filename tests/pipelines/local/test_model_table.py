import json
from datetime import UTC, datetime, timedelta

import pytest
from rich.console import Console

from components._tracking.registry_version import EVALUATION, RegistryVersion
from pipelines.local.model_table import describe_data, describe_rival, describe_score, format_age, show_models

_NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
_EVALUATION = {"metric": "root_mean_squared_error", "score": 538_777.2, "low": 538_000.0, "high": 539_000.0}


def make_version(*aliases: str, **tags: str) -> RegistryVersion:
    return RegistryVersion("house", "1", aliases, tags, None, "", _NOW - timedelta(days=3))


def test_each_version_of_each_model_is_in_the_list_within_80_columns() -> None:
    tags = {
        EVALUATION: json.dumps(_EVALUATION),
        "source": "s3://bucket/folder/a_table_with_a_long_name.csv?versionId=1",
        "dataset_sha256": "0123456789abcdef",
        "compared_with": "1",
        "comparison": "Version 1 cannot predict the test rows: no column 'a_column_with_a_long_name'.",
    }
    console = Console(width=80)
    with console.capture() as shown:
        versions = [make_version("challenger", "champion", **tags), make_version()]
        show_models({"house": versions, "empty": []}, _NOW, console)
    text = shown.get()
    assert max(map(len, text.splitlines())) <= 80
    assert "…" not in text
    for words in ("house, 2 versions", "empty, 0 versions", "RMSE 538,780", "challenger", "champion", "3 d"):
        assert words in text


def test_a_score_has_its_interval_if_there_is_one() -> None:
    assert describe_score(make_version(**{EVALUATION: json.dumps(_EVALUATION)})) == (
        "RMSE 538,780\n538,000 to 539,000"
    )
    assert describe_score(make_version(**{EVALUATION: json.dumps({**_EVALUATION, "low": None})})) == (
        "RMSE 539,000"
    )
    assert describe_score(make_version()) == ""


def test_a_version_is_beside_the_one_that_it_was_compared_with() -> None:
    assert describe_rival(make_version()) == "no champion yet"
    better = {"better_by": "0.0123", "better_by_low": "0.002", "better_by_high": "0.03"}
    assert describe_rival(make_version(compared_with="4", comparison="better", **better)) == (
        "version 4: better, +0.012 (0.002 to 0.03)"
    )
    assert describe_rival(make_version(compared_with="4")) == "version 4: not compared"


def test_the_data_is_named_with_its_hash() -> None:
    assert describe_data(make_version(source="s3://b/folder/?asOf=2026", sha256="0123456789")) == (
        "folder\n01234567"
    )
    assert describe_data(make_version()) == ""


@pytest.mark.parametrize(
    ("seconds", "expected"), [(10, "now"), (600, "10 min"), (7_200, "2 h"), (864_000_000, "10,000 d")]
)
def test_an_age_is_in_its_largest_unit(seconds: float, expected: str) -> None:
    assert format_age(seconds) == expected
