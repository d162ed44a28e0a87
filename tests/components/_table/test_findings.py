"""Findings about columns."""

from pathlib import Path

import pytest

from components._table.findings import DROPPED, ColumnFinding, Effect, Finding, Findings, Receipt

FINDINGS = Findings(
    (
        ColumnFinding("fee", "leak", "AUC 0.99 alone"),
        ColumnFinding("total", "skewed", "skewness 7.1"),
        ColumnFinding("total", "outliers", "3 % beyond the fences"),
        ColumnFinding("id", "unique", "a value per row"),
    ),
    (
        Receipt(
            kind="leak",
            columns=("fee",),
            text="AUC 0.99 alone",
            consequence="Left out.",
            line="keep: [fee]",
            line_meaning="overrules",
            shown=("fee", "y"),
            rows=(("3", "yes"), ("(null)", "no")),
            effect=Effect("Leaving out `fee`", "trees", "roc_auc", 1.0, 0.8, -0.2, -0.25, -0.15, 500),
        ),
        Receipt("duplicates", (), "2 rows repeat others.", "Kept together.", unmeasured="Too few rows."),
    ),
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


@pytest.mark.parametrize(
    ("low", "high", "expected"), [(0.1, 0.3, True), (-0.3, -0.1, True), (-0.1, 0.3, False), (0, 0, False)]
)
def test_an_effect_is_clear_if_its_interval_is_on_one_side_of_zero(
    low: float, high: float, expected: bool
) -> None:
    assert Effect("a", "trees", "roc_auc", 0.5, 0.5, 0.1, low, high, 9).is_clear is expected
