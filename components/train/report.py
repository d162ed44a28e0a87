"""The page about the sweep and its model."""

import numpy as np

from components._model.signature import Signature
from components._report.page import Cell, format_share, render_page
from components.errors import format_count
from components.train import sweep_figures
from components.train.model_info import (
    ModelInfo,
    describe_calibration,
    describe_model,
    describe_speed,
)
from components.train.sweep_info import SweepInfo, format_parameters, get_title
from components.train.threshold import Threshold
from components.train.tradeoff import describe_pareto_front
from components.train.training_info import TrainingInfo, describe_search

_SHOWN_TRIALS = 15
_SHOWN_REASONS = 10


def render_training_page(
    info: TrainingInfo, signature: Signature, threshold: Threshold | None, n_features: int
) -> str:
    """Return the page."""
    sweep, model = info.sweep, info.model
    explained = [family for family in info.importances if family.explained > 0 and sum(family.shares) > 0]
    return render_page(
        "components/train/report.html",
        info=info,
        signature=signature,
        n_features=n_features,
        figures=sweep_figures,
        counts=(len(sweep.finished), len(sweep.pruned), sum(count for count, _ in sweep.failures)),
        notes=[
            ("good", describe_model(model, signature.title, sweep.scale)),
            *((notice.level, str(notice)) for notice in info.notices),
            *(("warning", note) for note in sweep.notes),
        ],
        search=describe_search(info),
        is_drawn_at_edge=any(
            not sweep.low <= point.score <= sweep.high for point in (*sweep.finished, *sweep.pruned)
        ),
        calibration=describe_calibration(model),
        speed=describe_speed(model),
        parameters=_list_parameters(model),
        members=[(*member[:2], format_share(member.weight), *member[3:]) for member in model.members],
        threshold=threshold,
        positive_class=repr(str(signature.classes[1])) if threshold else "",
        pareto_front=describe_pareto_front(info.tradeoff) if info.tradeoff else "",
        explained=explained,
        unexplained=[family for family in info.importances if family not in explained],
        trials=_list_best_trials(sweep),
        reasons=[f"{format_count(count, 'trial')}: {reason}" for count, reason in sweep.failures],
        most_reasons=_SHOWN_REASONS,
    )


def _list_parameters(model: ModelInfo) -> list[tuple[str, Cell]]:
    """Return the parameters of a model of one trial; of several, none."""
    if len(model.members) > 1:
        return []
    return [
        (name, value if isinstance(value, int | float) else str(value))
        for name, value in model.parameters.items()
    ]


def _list_best_trials(info: SweepInfo) -> list[tuple[Cell, ...]]:
    return [
        (
            trial.number,
            get_title(trial.family),
            info.scale.to_metric_value(trial.score),
            float(np.std(trial.fold_scores)),
            round(trial.seconds, 2),
            format_parameters(trial),
        )
        for trial in info.ranked[:_SHOWN_TRIALS]
    ]
