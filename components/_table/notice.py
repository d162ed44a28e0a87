"""Notices: messages of a stage to a person about a table."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from components._problem.proposal import Proposal, read_proposals
from components.errors import SuiteError

Level = Literal["error", "warning", "note"]
LEVELS: tuple[Level, ...] = ("error", "warning", "note")


@dataclass(frozen=True)
class Notice:
    """One thing found in a table or decided about it.

    Attributes
    ----------
    level : {"error", "warning", "note"}
        An error stops the run, a warning deserves a look, a note says what was decided.
    text : str
        What was found or decided, and where.
    remedy : str
        What to do about it; may be empty.
    proposals : tuple of Proposal
        What it proposes for problem.yaml, if a later stage can measure what that would change.
    """

    level: Level
    text: str
    remedy: str = ""
    proposals: tuple[Proposal, ...] = ()

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> "Notice":
        """Return a notice that was written as JSON."""
        return cls(**{**stored, "proposals": read_proposals(stored.get("proposals", ()))})

    @classmethod
    def from_error(cls, error: SuiteError) -> "Notice":
        """Return an error as a notice that stops the run."""
        return cls("error", error.what, error.remedy)

    def __str__(self) -> str:
        return f"{self.text} {self.remedy}".rstrip()
