"""Results on disk, stored as soon as they exist, so that a long benchmark can be continued."""

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import NamedTuple


class Key(NamedTuple):
    """What a result is of."""

    system: str
    table: str
    seed: int
    seconds: float

    def __str__(self) -> str:
        return f"{self.system}|{self.table}|{self.seed}|{self.seconds:g}"

    @classmethod
    def parse(cls, text: str) -> "Key":
        """Return the key that a string is of."""
        system, table, seed, seconds = text.split("|")
        return cls(system, table, int(seed), float(seconds))


@dataclass(frozen=True)
class Result:
    """What one system made of one split.

    Attributes
    ----------
    score : float or None
        Larger is better; None where the system failed.
    wall_seconds, cpu_seconds : float
        Of the fit alone, the processor time of its ended children included.
    peak_megabytes : float
        Of all its processes together, imports included.
    milliseconds : float
        Median of single-row predictions; of this repository, as its server makes them.
    model_megabytes : float or None
        What must be kept to predict, on disk; None in results of before this was measured.
    others : float
        Cores that other processes used meanwhile. Threads of one fit wait for each other, so that a core
        shared with others can slow a system many times over.
    date : str
        When it ran.
    versions : dict of str to str
        Of what the system is made of.
    note : str
        What the system says of its model, or why it failed.
    """

    score: float | None = None
    wall_seconds: float = 0.0
    cpu_seconds: float = 0.0
    peak_megabytes: float = 0.0
    milliseconds: float = 0.0
    model_megabytes: float | None = None
    others: float = 0.0
    date: str = ""
    versions: dict[str, str] = field(default_factory=dict)
    note: str = ""


class Results:
    """Results by key, in memory and, where a file is given, on disk."""

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self._results = self._read()

    def get(self, key: Key) -> Result | None:
        """Return a result; None if there is none yet."""
        return self._results.get(str(key))

    def list_scored(self) -> dict[Key, Result]:
        """Return all results that have a score."""
        return {Key.parse(name): one for name, one in self._results.items() if one.score is not None}

    def add(self, key: Key, result: Result) -> None:
        """Store a result, keeping what another run has added to the file meanwhile."""
        self._results = {**self._results, **self._read(), str(key): result}
        if self._file is None:
            return
        values = {name: asdict(one) for name, one in sorted(self._results.items())}
        # Another run may be writing too.
        part = self._file.with_suffix(f".{os.getpid()}.part")
        part.write_text(json.dumps(values, indent=1, allow_nan=False) + "\n", encoding="utf-8")
        part.replace(self._file)

    def _read(self) -> dict[str, Result]:
        if self._file is None or not self._file.exists():
            return {}
        values = json.loads(self._file.read_text(encoding="utf-8"))
        return {name: Result(**one) for name, one in values.items()}
