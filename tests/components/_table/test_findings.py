"""Findings about columns."""

from pathlib import Path

import pytest

from components._table.findings import DROPPED, ColumnFinding, Finding, Findings

FINDINGS = Findings(
    (
        ColumnFinding("fee", "leak", "AUC 0.99 alone"),
        ColumnFinding("total", "skewed", "skewness 7.1"),
        ColumnFinding("total", "outliers", "3 % beyond the fences"),
        ColumnFinding("id", "unique", "a value per row"),
    )
)


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    FINDINGS.save(tmp_path / "findings.json")
    assert Findings.load(tmp_path / "findings.json") == FINDINGS


@pytest.mark.parametrize(
    ("findings", "expected"),
    [
        (("skewed",), {"total": "skewness 7.1"}),
        (DROPPED, {"fee": "AUC 0.99 alone", "id": "a value per row"}),
        (("empty",), {}),
        ((), {}),
    ],
)
def test_reasons_by_column_for_the_findings_named(
    findings: tuple[Finding, ...], expected: dict[str, str]
) -> None:
    assert FINDINGS.get_reasons(*findings) == expected
