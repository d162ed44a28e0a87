"""The page of the sweep."""

import numpy as np

from components._estimators.description import format_parameters, get_title
from components._report.page import Cell, render_page
from components._sweep.folds import FoldSet
from components._sweep.trials import Sweep
from components.errors import format_count
from components.tune import sweep_figures
from components.tune.parameters import compute_importance_infos, compute_parameter_info
from components.tune.sweep_info import (
    SweepInfo,
    compute_family_infos,
    compute_sweep_info,
    describe_plan,
    describe_search,
)
from components.tune.tradeoff import compute_tradeoff_info, describe_pareto_front
from components.tune.trial_timeline import compute_timeline_info

_SHOWN_TRIALS = 15
_SHOWN_REASONS = 10


def render_sweep_page(sweep: Sweep, folds: FoldSet, seed: int) -> str:
    """Return the page of a sweep with a finished trial.

    Parameters
    ----------
    sweep : Sweep
        The trials of all workers.
    folds : FoldSet
        Its folds.
    seed : int
        Seed of the forests that rate the parameters.
    """
    info = compute_sweep_info(sweep, folds.problem.metric)
    families = compute_family_infos(sweep, info.scale)
    tradeoff = compute_tradeoff_info(info)
    importances = compute_importance_infos(sweep, seed)
    explained = [family for family in importances if family.explained > 0 and sum(family.shares) > 0]
    return render_page(
        "components/tune/report.html",
        sweep=info,
        families=families,
        figures=sweep_figures,
        counts=(
            len(info.finished),
            len(info.pruned),
            len(info.cut_off),
            sum(count for count, _ in info.failures),
        ),
        search=describe_search(info, families),
        plan=describe_plan(folds),
        is_drawn_at_edge=any(
            not info.low <= point.score <= info.high
            for point in (*info.finished, *info.pruned, *info.cut_off)
        ),
        tradeoff=tradeoff,
        pareto_front=describe_pareto_front(tradeoff) if tradeoff else "",
        importances=importances,
        explained=explained,
        unexplained=[family for family in importances if family not in explained],
        parameters=compute_parameter_info(sweep, info.scale),
        trials=_list_best_trials(info),
        timeline=compute_timeline_info(sweep, info.scale),
        reasons=[f"{format_count(count, 'trial')}: {reason}" for count, reason in info.failures],
        most_reasons=_SHOWN_REASONS,
    )


def _list_best_trials(info: SweepInfo) -> list[tuple[Cell, ...]]:
    return [
        (
            trial.number,
            get_title(trial.family),
            info.scale.to_metric_value(trial.score),
            float(np.std(trial.fold_scores)),
            round(trial.seconds, 2),
            format_parameters(trial.parameters),
        )
        for trial in info.ranked[:_SHOWN_TRIALS]
    ]
