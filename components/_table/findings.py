"""What eda found about the columns of a table, for the stages after it."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

# leak: predicts the target too well to be known in advance; constant: one value; unique: names its row;
# free_text: sentences, of which only derived features are made; empty: no values; useful_key: seems to name
# its row, but predicts the target; skewed: long tail; outliers: rows beyond the IQR fences; high_cardinality:
# many different strings.
Finding = Literal[
    "leak", "constant", "unique", "free_text", "empty", "useful_key", "skewed", "outliers", "high_cardinality"
]
# Columns with these findings are left out of the features.
DROPPED: tuple[Finding, ...] = ("leak", "constant", "unique", "empty")


@dataclass(frozen=True)
class ColumnFinding:
    """One finding about one column.

    Attributes
    ----------
    column : str
        Name of the column.
    finding : str
        One of ``Finding``.
    reason : str
        Its reason in words, with numbers.
    """

    column: str
    finding: Finding
    reason: str


@dataclass(frozen=True)
class Findings:
    """All findings about a table."""

    items: tuple[ColumnFinding, ...]

    def get_reasons(self, *findings: Finding) -> dict[str, str]:
        """Return the reasons of some findings, by column."""
        return {item.column: item.reason for item in self.items if item.finding in findings}

    def save(self, path: str | Path) -> None:
        """Write the findings as JSON."""
        Path(path).write_text(json.dumps([asdict(item) for item in self.items], indent=2), encoding="utf-8")

    @classmethod
    def load(cls, path: str | Path) -> "Findings":
        """Read findings that ``save`` wrote."""
        stored = json.loads(Path(path).read_text(encoding="utf-8"))
        return cls(tuple(ColumnFinding(**item) for item in stored))
