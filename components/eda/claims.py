"""What was found, as claims: each with the rows that show it and the two variants that measure its effect."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd

from components._problem.proposal import Proposal
from components._problem.spec import Problem
from components._table.findings import ColumnFinding, Finding, Findings, LineMeaning
from components._table.schema import Kind
from components.eda.associations import AssociationInfo
from components.eda.effects import QuickModel, Variant
from components.eda.summaries import ColumnSummary, NumericSummary

# What the later stages do about a finding, in the order in which effects are measured.
CONSEQUENCES: dict[str, str] = {
    "leak": "Left out. Check whether it is known before the target.",
    "role": "The split and all folds follow it.",
    "group": "Rows with the same value are in training and test.",
    "event_time": "Rows of all times are in training and test.",
    "duplicates": "Folds keep copies of a row together, unless most rows are copies.",
    "unique": "Left out: what it says about these rows does not apply to new rows.",
    "useful_key": "Kept. If its order is that of time, set it as event_time; otherwise, as an identifier.",
    "sum": "Kept; select may leave it out.",
    "nulls": "Read as values.",
    "correlated": "Both are kept; select may leave one out.",
    "skewed": "Standardised without a transformation. Trees are not affected, linear models may be.",
    "outliers": "Clipped at the IQR fences of the training rows, unless preprocess is set not to clip.",
    "high_cardinality": "Rare categories are merged, the others are encoded by the target's mean.",
    "constant": "Left out: it does not distinguish rows.",
    "empty": "Left out: there is nothing to learn from.",
    "free_text": "Not a feature as it is. Engineer tries its length and its words: see its page.",
}


class Action(NamedTuple):
    """What can be done about a finding, and what measures its effect.

    Attributes
    ----------
    name : str
        What is done, as the subject of a sentence.
    before, after : Variant
        Without and with it.
    model : {"trees", "linear"}
        The quick model that can see the difference.
    """

    name: str
    before: Variant
    after: Variant
    model: QuickModel = "trees"


class Claim(NamedTuple):
    """A finding before it is measured.

    The fields are those of ``Receipt``; ``places`` are rows that show it.
    """

    kind: str
    columns: tuple[str, ...]
    text: str
    line: str = ""
    line_meaning: LineMeaning = ""
    shown: tuple[str, ...] = ()
    places: np.ndarray | Sequence[int] = ()
    action: Action | None = None
    unmeasured: str = ""


@dataclass(frozen=True)
class Suspects:
    """What the claims are made of.

    Attributes
    ----------
    frame : DataFrame of shape (n_rows, n_columns)
        Rows in random order, with the target as it is in the table.
    problem : Problem
        The resolved problem.
    kinds : mapping of str to str
        The kinds of the columns.
    base : tuple of str
        The features that the later stages get, the most predictive first.
    summaries : mapping of str to ColumnSummary
        Each column but the target.
    findings : Findings
        The findings about columns.
    associations : AssociationInfo or None
        How far columns depend on each other.
    proposals : tuple of Proposal
        What validate proposes.
    """

    frame: pd.DataFrame
    problem: Problem
    kinds: Mapping[str, Kind]
    base: tuple[str, ...]
    summaries: Mapping[str, ColumnSummary]
    findings: Findings
    associations: AssociationInfo | None
    proposals: tuple[Proposal, ...]

    @property
    def target(self) -> str:
        """Name of the target."""
        return self.problem.target

    def get_numbers(self, column: str) -> NumericSummary:
        """Return the distribution of a column of numbers."""
        numbers = self.summaries[column].numbers
        assert numbers is not None  # findings about shape are about numbers
        return numbers

    def select(self, kind: Finding) -> list[ColumnFinding]:
        """Return the findings of a kind."""
        return [item for item in self.findings.items if item.finding == kind]

    def drop(self, column: str) -> tuple[str, ...]:
        """Return the base without a column."""
        return tuple(name for name in self.base if name != column)
