"""Notices: what a stage has to say to a person about a table."""

from dataclasses import dataclass
from typing import Literal

Level = Literal["error", "warning", "note"]
LEVELS: tuple[Level, ...] = ("error", "warning", "note")


@dataclass(frozen=True)
class Notice:
    """One thing found in a table or decided about it.

    Attributes
    ----------
    level : {"error", "warning", "note"}
        An error stops the run, a warning deserves a look, a note tells what was decided.
    text : str
        What it is and where.
    remedy : str
        What to do about it; empty where nothing needs to be done.
    """

    level: Level
    text: str
    remedy: str = ""

    def __str__(self) -> str:
        return f"{self.text} {self.remedy}".rstrip()
