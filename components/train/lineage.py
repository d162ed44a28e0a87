"""What a model is made of, for its lineage."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from components._estimators.description import get_title
from components._sweep.trials import Sweep
from components._table.notice import Notice
from components.train.latency import LatencyResult
from components.train.limits import BuiltModel


def build_lineage(
    built: BuiltModel,
    latency: LatencyResult | None,
    sweep: Sweep,
    notices: Sequence[Notice],
    learnt_rows: Mapping[int, int] = MappingProxyType({}),
) -> dict[str, Any]:
    """Return the trials of a model, its scores and how it is served, as JSON values.

    If not all training rows fit into memory, ``learnt_rows`` are the rows that each trial learnt from.
    """
    choice, parts, _, parity = built
    warnings = [notice for notice in notices if notice.level == "warning"]
    limited = {"latency": _summarise_latency(latency)} if latency is not None else {}
    return {
        "models": [
            {
                "trial": trial.number,
                "family": trial.family,
                "title": get_title(trial.family),
                "weight": weight,
                "fits": sum(part.trial.number == trial.number for part in parts),
                "parameters": trial.parameters,
                "fold_scores": list(trial.fold_scores),
                **({"rows": learnt_rows[trial.number]} if learnt_rows else {}),
            }
            for trial, weight in choice.members
        ],
        "calibration": {"slope": choice.slope, "intercept": choice.intercept},
        "cross_validated": {"score": choice.score, "best_trial": choice.single, "reason": choice.reason},
        "trials": len(sweep.finished),
        "trials_ended": sweep.n_ended,
        "trials_asked": sweep.asked,
        "ended_by_time": sweep.is_ended_by_time,
        "hurried_by_time": sweep.is_hurried,
        "serving": parity.to_lineage(),
        "warnings": [{"text": warning.text, "remedy": warning.remedy} for warning in warnings],
        **limited,
    }


def _summarise_latency(latency: LatencyResult) -> dict[str, Any]:
    return {
        "limit_ms": latency.limit_ms,
        "served_ms": latency.served_ms,
        "is_met": latency.is_met,
        "is_binding": latency.is_binding,
        "without_limit": {
            "title": latency.free_title,
            "score": latency.free.score,
            "served_ms": latency.free_ms,
        },
    }
