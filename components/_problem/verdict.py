"""The verdict on a run: made by one task that succeeds, enforced by another that may fail.

KFP uploads no output of a task that fails, so a stage that finds a reason to stop reports it first.
"""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from components.errors import SuiteError


class RejectedRun(SuiteError):
    """A stage looked at the run and found that it must not go on."""


@dataclass(frozen=True)
class Verdict:
    """Whether a run may go on.

    Attributes
    ----------
    failures : tuple of str
        What speaks against it; none means that it may go on.
    remedy : str
        What to do about the failures.
    record : dict
        The figures that the verdict rests on, JSON values only.
    """

    failures: tuple[str, ...]
    remedy: str
    record: dict[str, Any] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        """Whether nothing speaks against going on."""
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
        """Let a passed run go on.

        Raises
        ------
        Rejected
            The run did not pass.
        """
        if not self.passed:
            raise RejectedRun("\n".join(self.failures), self.remedy)
