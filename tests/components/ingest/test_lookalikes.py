"""Columns that are read as text and look like something else."""

import re

import pyarrow as pa
import pytest

from components.ingest.inference import infer_readings


@pytest.mark.parametrize(
    ("values", "warning"),
    [
        (["true", "false", "false"] * 5 + ["unbekannt"], r"mostly true and false \(93.8%\).*'unbekannt'"),
        (["true"] * 6 + ["partly"] * 4, r"mostly true and false \(60.0%\).*kind: boolean, unreadable: null"),
        (["1"] * 20 + ["many"], r"mostly numbers \(95.2%\).*'many'"),
        (["2024-01-01"] * 20 + ["2nd of May or so"], r"mostly dates \(95.2%\).*'2nd of May or so'"),
    ],
)
def test_text_that_is_mostly_something_else_is_warned_of(values: list[str], warning: str) -> None:
    (notice,) = infer_readings([pa.record_batch({"a": pa.array(values)})]).notices
    assert notice.level == "warning"
    assert re.search(warning, str(notice))


@pytest.mark.parametrize("values", [["true", "false"], ["yes", "no"], ["true"] + ["other"] * 9, ["a", "b"]])
def test_other_text_is_not(values: list[str]) -> None:
    assert not infer_readings([pa.record_batch({"a": pa.array(values)})]).notices
