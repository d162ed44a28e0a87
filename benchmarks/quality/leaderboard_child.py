"""Rate systems with bencheval: ``python leaderboard_child.py QUESTION.json ANSWER.json``.

It runs in the environment of bencheval, and so imports nothing of this repository. The question has for
each name of a comparison its ``baseline`` and ``rows`` of ``method``, ``task``, ``seed`` and
``metric_error``; the answer has for each of them and each method its ``elo`` and ``improvability``, as a
value with the two ends of its interval.
"""

import json
import sys
from pathlib import Path
from typing import Any

import pandas as pd
from bencheval.evaluator import BenchmarkEvaluator


def rate(rows: list[dict[str, Any]], baseline: str) -> dict[str, dict[str, list[float]]]:
    """Return the ratings of the methods in the rows."""
    methods = {row["method"] for row in rows}
    if len(methods) < 2:
        return {}
    evaluator = BenchmarkEvaluator(seed_column="seed", columns_to_agg_extra=None)
    board = evaluator.leaderboard(
        evaluator.fillna_data(pd.DataFrame(rows), fillna_method="worst"),
        metrics=["elo", "improvability"],
        elo_kwargs={"calibration_framework": baseline if baseline in methods else None},
    )
    return {
        str(method): {name: _get_interval(of, name) for name in ("elo", "improvability")}
        for method, of in board.iterrows()
    }


def _get_interval(of: "pd.Series[float]", name: str) -> list[float]:
    return [float(value) for value in (of[name], of[name] - of[f"{name}-"], of[name] + of[f"{name}+"])]


if __name__ == "__main__":
    _, question, answer = sys.argv
    asked = json.loads(Path(question).read_text(encoding="utf-8"))
    rated = {name: rate(one["rows"], one["baseline"]) for name, one in asked.items()}
    Path(answer).write_text(json.dumps(rated), encoding="utf-8")
