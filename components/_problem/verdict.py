"""The verdict on a run: one task writes it and succeeds, a gate task enforces it and may fail.

KFP does not upload the outputs of a failed task, so a stage must succeed for its report to be stored.
"""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from components.errors import SuiteError


class RejectedRun(SuiteError):
    """A stage found that the run must not go on."""


@dataclass(frozen=True)
class Verdict:
    """Whether a run may go on.

    Attributes
    ----------
    failures : tuple of str
        The reasons to stop; empty if the run may go on.
    remedy : str
        What to do about the failures.
    record : dict
        The numbers behind the verdict, JSON values only.
    """

    failures: tuple[str, ...]
    remedy: str
    record: dict[str, Any] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        """Whether the run may go on."""
        return not self.failures

    def save(self, path: str | Path) -> None:
        """Write the verdict as JSON."""
        text = json.dumps({"passed": self.passed, **asdict(self)}, indent=2, allow_nan=False)
        Path(path).write_text(text, encoding="utf-8")

    @classmethod
    def load(cls, path: str | Path) -> "Verdict":
        """Read a verdict that ``save`` wrote."""
        stored = json.loads(Path(path).read_text(encoding="utf-8"))
        return cls(tuple(stored["failures"]), stored["remedy"], stored["record"])

    def enforce(self) -> None:
        """Do nothing if the run may go on.

        Raises
        ------
        RejectedRun
            The run must stop.
        """
        if not self.passed:
            raise RejectedRun("\n".join(self.failures), self.remedy)
