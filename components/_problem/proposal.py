"""What a stage proposes for problem.yaml, for the stages after it, which measure what it would change."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

ProposalKind = Literal["group", "event_time", "nulls", "duplicates"]


@dataclass(frozen=True)
class Proposal:
    """A change that only a person can decide.

    Attributes
    ----------
    kind : {"group", "event_time", "nulls", "duplicates"}
        What is proposed: a role for a column, null marks of a column, or to look at rows that repeat others.
    columns : tuple of str
        The columns; none for rows that repeat others.
    text : str
        What was found, as a sentence.
    line : str
        The line for problem.yaml; empty if there is none.
    values : tuple of str
        The proposed null marks: numbers, or dates as 2026-01-31.
    """

    kind: ProposalKind
    columns: tuple[str, ...]
    text: str
    line: str = ""
    values: tuple[str, ...] = ()


def read_proposals(stored: Iterable[Mapping[str, Any]]) -> tuple[Proposal, ...]:
    """Return proposals that were written as JSON."""
    return tuple(
        Proposal(**dict(item) | {"columns": tuple(item["columns"]), "values": tuple(item["values"])})
        for item in stored
    )
