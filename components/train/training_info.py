"""All that the page shows, in one record."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from components._model.trials import Sweep
from components._report.page import format_value
from components._table.notice import Notice
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
    """All that the page shows; None where there is nothing to show.

    Attributes
    ----------
    sweep : SweepInfo
        What the sweep did.
    families : list of FamilyInfo
        What each family reached, the best first.
    model : ModelInfo
        What came of it.
    importances : list of ImportanceInfo
        Which parameters mattered, by family.
    parallel : ParallelInfo or None
        Parameters of the winner's family.
    timeline : TimelineInfo or None
        Who ran which trial when.
    tradeoff : TradeoffInfo or None
        Score against time to predict.
    notices : list of Notice
        What a person must know of the model.
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
    """Return all that the page shows.

    Parameters
    ----------
    sweep : Sweep
        All trials, at least one of them finished.
    choice : Choice
        The trials of the model.
    parts : list of Part
        Their fits.
    metric : str
        Scorer that the sweep maximised.
    notices : sequence of Notice
        What a person must know of the model.
    seed : int
        Seed of the importances.
    """
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
    """Return what came of the search in one or two sentences."""
    scale, winner, (first, *others) = info.sweep.scale, info.sweep.ranked[0], info.families
    assert first.best is not None  # at least one trial finished, and the best family is the first
    spread, n_folds = float(np.std(winner.fold_scores)), len(winner.fold_scores)
    sentence = (
        f"Of single trials {winner.number} ({first.title}) is best: {scale.metric} "
        f"{format_value(first.best)} "
        f"± {spread:.2g} over {n_folds} fold{'s' if n_folds > 1 else ''} ({scale.better})."
    )
    if not others or others[0].best is None:
        return sentence
    is_close = abs(first.best - others[0].best) <= spread
    return (
        f"{sentence} {others[0].title} comes next with {format_value(others[0].best)}, "
        f"{'which is within that spread' if is_close else 'further off than that spread'}."
    )
