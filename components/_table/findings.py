"""What eda found about the columns of a table, for the stages after it."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

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


# Whether the line for problem.yaml makes the stages act on a finding, stops them, or is why they act on it;
# "" without a line.
LineMeaning = Literal["", "adopts", "overrules", "is there"]


@dataclass(frozen=True)
class Effect:
    """What acting on a finding changes in the out-of-fold score of a quick model.

    Attributes
    ----------
    action : str
        What was tried, as the subject of a sentence: "Leaving out `id`".
    model : {"trees", "linear"}
        The quick model.
    metric : str
        Name of the scorer; the values are those of its metric, in which errors are positive.
    before, after : float
        The metric without and with the action.
    change, low, high : float
        The difference, and its paired 95 % interval.
    n_rows : int
        Rows that both models score.
    """

    action: str
    model: Literal["trees", "linear"]
    metric: str
    before: float
    after: float
    change: float
    low: float
    high: float
    n_rows: int

    @property
    def is_clear(self) -> bool:
        """Whether the difference is more than chance explains."""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True)
class Receipt:
    """A finding with what proves it: the rows that show it, and its measured effect.

    Attributes
    ----------
    kind : str
        What was found: one of ``Finding``, of a proposal's kinds, or correlated, sum, role.
    columns : tuple of str
        The columns; none for whole rows.
    text : str
        What was found, as a sentence.
    consequence : str
        What the later stages do about it.
    line : str
        A line for problem.yaml; empty if no line changes what they do.
    line_meaning : {"", "adopts", "overrules", "is there"}
        What the line does.
    shown : tuple of str
        The columns of the rows that show it.
    rows : tuple of tuple of str
        Their cells.
    effect : Effect or None
        Its measured effect.
    unmeasured : str
        Why it has none.
    """

    kind: str
    columns: tuple[str, ...]
    text: str
    consequence: str
    line: str = ""
    line_meaning: LineMeaning = ""
    shown: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    effect: Effect | None = None
    unmeasured: str = ""


@dataclass(frozen=True)
class Findings:
    """All findings about a table.

    Attributes
    ----------
    items : tuple of ColumnFinding
        The findings about columns, by which later stages leave columns out.
    receipts : tuple of Receipt
        All findings with what proves them, those with the largest effect first; for a person only.
    """

    items: tuple[ColumnFinding, ...]
    receipts: tuple[Receipt, ...] = ()

    def get_reasons(self, *findings: Finding) -> dict[str, str]:
        """Return the reasons of some findings, by column."""
        return {item.column: item.reason for item in self.items if item.finding in findings}

    def save(self, path: str | Path) -> None:
        """Write the findings as JSON."""
        text = json.dumps(asdict(self), indent=2, allow_nan=False)
        Path(path).write_text(text, encoding="utf-8")

    @classmethod
    def load(cls, path: str | Path) -> "Findings":
        """Read findings that ``save`` wrote."""
        stored = json.loads(Path(path).read_text(encoding="utf-8"))
        return cls(
            tuple(ColumnFinding(**item) for item in stored["items"]),
            tuple(map(_read_receipt, stored["receipts"])),
        )


def _read_receipt(stored: dict[str, Any]) -> Receipt:
    effect = stored["effect"]
    return Receipt(
        **stored
        | {
            "columns": tuple(stored["columns"]),
            "shown": tuple(stored["shown"]),
            "rows": tuple(map(tuple, stored["rows"])),
            "effect": effect and Effect(**effect),
        }
    )
