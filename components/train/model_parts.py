"""How often each trial of a model is fitted, and on which rows."""

from typing import NamedTuple

from components._model.families import FAMILIES
from components._model.folds import FoldSet
from components._model.trials import TrialResult
from components.train.member_choice import MemberChoice

# Rows up to which the mean of several fits beats one on all rows; above, each has enough.
_ROWS_FOR_BAGS = 20_000
_MOST_BAGS = 5


class ModelPart(NamedTuple):
    """One fit of the model.

    Attributes
    ----------
    trial : TrialResult
        What is fitted.
    weight : float
        Its weight in the model.
    bag : int or None
        The fold that is left out, and on whose rows the fit stops. None: all rows are fitted on.
    """

    trial: TrialResult
    weight: float
    bag: int | None

    @property
    def key(self) -> tuple[int, int | None]:
        """What tells its fit from others."""
        return self.trial.number, self.bag


def count_bags(trial: TrialResult, folds: FoldSet) -> int:
    """Return how many fits a trial would get at most: one per fold where their mean is better, else one."""
    if not FAMILIES[trial.family].gains_from_bags or len(folds.y) > _ROWS_FOR_BAGS:
        return 1
    # By time the folds know the earliest rows only.
    return 1 if folds.problem.event_time is not None else min(len(folds.folds), _MOST_BAGS)


def plan_parts(choice: MemberChoice, folds: FoldSet, seconds: float = float("inf")) -> list[ModelPart]:
    """Return the fits of the model.

    The heaviest members get their bags first, as far as the time goes.

    Parameters
    ----------
    choice : Choice
        The trials of the model.
    folds : FoldSet
        The folds of the sweep.
    seconds : float
        Time that the fits may take together, if the time of the sweep was short.
    """
    parts: list[ModelPart] = []
    n_folds = len(folds.folds)
    left = seconds - sum(member.trial.seconds / n_folds for member in choice.members)
    for trial, weight in choice.members:
        bags = count_bags(trial, folds)
        more = trial.seconds * (bags - 1) / n_folds
        if bags > 1 and more <= left:
            left -= more
            parts += [ModelPart(trial, weight / bags, bag) for bag in range(bags)]
        else:
            parts.append(ModelPart(trial, weight, None))
    return parts
