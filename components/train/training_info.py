"""Everything that the page shows, in one record."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from components._report.page import format_value
from components._sweep.trials import Sweep
from components._table.notice import Notice
from components.errors import format_count
from components.train.member_choice import MemberChoice
from components.train.model_info import ModelInfo, compute_model_info
from components.train.model_parts import ModelPart
from components.train.parameters import (
    ImportanceInfo,
    ParallelInfo,
    compute_importance_infos,
    compute_parallel_info,
)
from components.train.sweep_info import FamilyInfo, SweepInfo, compute_family_infos, compute_sweep_info
from components.train.tradeoff import TradeoffInfo, compute_tradeoff_info
from components.train.trial_timeline import TrialTimelineInfo, compute_timeline_info


class TrainingInfo(NamedTuple):
    """Everything that the page shows; None if there is nothing to show.

    Attributes
    ----------
    sweep : SweepInfo
        The results of the sweep.
    families : list of FamilyInfo
        The results of each family, the best first.
    model : ModelInfo
        The model.
    importances : list of ImportanceInfo
        Which parameters mattered, by family.
    parallel : ParallelInfo or None
        Parameters of the winner's family.
    timeline : TrialTimelineInfo or None
        Which process ran which trial, and when.
    tradeoff : TradeoffInfo or None
        Score and time to predict.
    notices : list of Notice
        What a person must know about the model.
    """

    sweep: SweepInfo
    families: list[FamilyInfo]
    model: ModelInfo
    importances: list[ImportanceInfo]
    parallel: ParallelInfo | None
    timeline: TrialTimelineInfo | None
    tradeoff: TradeoffInfo | None
    notices: list[Notice]


def compute_training_info(
    sweep: Sweep,
    choice: MemberChoice,
    parts: list[ModelPart],
    metric: str,
    notices: Sequence[Notice] = (),
    *,
    seed: int,
) -> TrainingInfo:
    """Return everything that the page shows."""
    info = compute_sweep_info(sweep, metric, [member.trial.number for member in choice.members])
    return TrainingInfo(
        info,
        compute_family_infos(sweep, info.scale),
        compute_model_info(choice, parts, info.scale),
        compute_importance_infos(sweep, seed),
        compute_parallel_info(sweep, info.scale),
        compute_timeline_info(sweep, info.scale),
        compute_tradeoff_info(info),
        list(notices),
    )


def describe_search(info: TrainingInfo) -> str:
    """Return the result of the search in one or two sentences."""
    scale, winner, (first, *others) = info.sweep.scale, info.sweep.ranked[0], info.families
    assert first.best is not None  # at least one trial finished, and the best family is the first
    spread, n_folds = float(np.std(winner.fold_scores)), len(winner.fold_scores)
    sentence = (
        f"The best single trial is {winner.number} ({first.title}), with {scale.title} "
        f"{format_value(first.best)} ± {spread:.2g} over {format_count(n_folds, 'fold')} ({scale.better})."
    )
    if not others or others[0].best is None:
        return sentence
    is_close = abs(first.best - others[0].best) <= spread
    return (
        f"{sentence} The next family is {others[0].title} with {format_value(others[0].best)}, which is "
        f"{'within' if is_close else 'outside'} that spread."
    )
