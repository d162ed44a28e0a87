"""Elo and improvability by bencheval, the evaluator of TabArena, in an environment of its own."""

import json
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from benchmarks.quality.comparison import Comparison
from benchmarks.quality.environments import find_interpreter
from benchmarks.quality.ranking import Interval
from benchmarks.quality.splits import compute_error
from benchmarks.quality.systems import BASELINE
from benchmarks.quality.tables import METRICS

_CHILD = Path(__file__).with_name("leaderboard_child.py")
_LAST_CHARACTERS = 400


class NotRated(Exception):
    """bencheval failed; the message says how."""


class Rating(NamedTuple):
    """What bencheval says of a system, with intervals of 95 % over the tables.

    Attributes
    ----------
    elo : Interval
        The baseline's is 1,000 where it is among the systems.
    improvability : Interval
        Mean share of the system's error that the best of all systems on the same split does not have.
    """

    elo: Interval
    improvability: Interval


def compute_ratings(comparisons: Mapping[str, Comparison]) -> dict[str, dict[str, Rating]]:
    """Return the rating of each system in each of several comparisons.

    On a split on which a system failed it has the error of the worst of the others.

    Raises
    ------
    NotInstalled
        bencheval cannot be installed.
    NotRated
        It failed; the message has its last words.
    """
    python = find_interpreter("bencheval", ("bencheval==0.1.0",), ("bencheval.evaluator",))
    asked = {
        name: {
            "baseline": BASELINE,
            "rows": list_rows(comparison),
        }
        for name, comparison in comparisons.items()
    }
    with tempfile.TemporaryDirectory() as folder:
        question, answer = Path(folder, "question.json"), Path(folder, "answer.json")
        question.write_text(json.dumps(asked), encoding="utf-8")
        command = [str(python), "-P", str(_CHILD), str(question), str(answer)]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        if done.returncode:
            raise NotRated(f"bencheval failed: {(done.stdout + done.stderr).strip()[-_LAST_CHARACTERS:]}")
        answered = json.loads(answer.read_text(encoding="utf-8"))
    return {
        name: {
            system: Rating(Interval(*of["elo"]), Interval(*of["improvability"]))
            for system, of in ratings.items()
        }
        for name, ratings in answered.items()
    }


def list_rows(comparison: Comparison) -> list[dict[str, object]]:
    """Return the rows that bencheval takes: one for each result with a score."""
    return [
        {
            "method": system,
            "task": table,
            "seed": seed,
            "metric_error": float(compute_error(METRICS[table], result.score)),
        }
        for system in comparison.systems
        for (table, seed), result in comparison.get_fitted(system).items()
        if result.score is not None
    ]
