"""What a model is made of, for its lineage."""

from typing import Any

from components._model.families import FAMILIES
from components._model.trials import Sweep
from components.train.choosing import Choice
from components.train.latency import Latency
from components.train.parts import Part


def described(choice: Choice, parts: list[Part], sweep: Sweep) -> dict[str, Any]:
    """Return the trials of a model, their weights and fits, and its scores, as JSON values.

    Parameters
    ----------
    choice : Choice
        The trials of the model.
    parts : list of Part
        Their fits.
    sweep : Sweep
        The sweep that they come from.
    """
    return {
        "models": [
            {
                "trial": trial.number,
                "family": trial.family,
                "title": FAMILIES[trial.family].title,
                "weight": weight,
                "fits": sum(part.trial.number == trial.number for part in parts),
                "parameters": trial.parameters,
                "fold_scores": list(trial.fold_scores),
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
    }


def latency_described(latency: Latency) -> dict[str, Any]:
    """Return what a limit of the time to predict a row came to, as JSON values."""
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


def logged_parameters(models: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the parameters of a model of one trial, or what each of several is, as MLflow compares them."""
    if len(models) == 1:
        return dict(models[0]["parameters"])
    return {
        f"model_{i}": f"{model['title']}, trial {model['trial']}, weight {model['weight']:.2f}"
        for i, model in enumerate(models, 1)
    }
