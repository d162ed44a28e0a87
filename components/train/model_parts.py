"""How often each trial of a model is fitted, and on which rows."""

from typing import NamedTuple

from components._estimators import FAMILIES
from components._sweep.folds import FoldSet
from components._sweep.trials import TrialResult
from components.train.member_choice import MemberChoice

# Up to so many rows the mean of several fits is better than one fit on all rows.
_ROWS_FOR_BAGS = 20_000
_MOST_BAGS = 5


class ModelPart(NamedTuple):
    """One fit of the model.

    Attributes
    ----------
    trial : TrialResult
        The trial that is fitted.
    weight : float
        Its weight in the model.
    bag : int or None
        The fold that is left out, whose rows decide when the fit stops. None: the fit uses all rows.
    """

    trial: TrialResult
    weight: float
    bag: int | None

    @property
    def key(self) -> tuple[int, int | None]:
        """What identifies the fit: trial number and bag."""
        return self.trial.number, self.bag


def count_bags(trial: TrialResult, folds: FoldSet) -> int:
    """Return how many fits a trial gets at most: one per fold if their mean is better, else one."""
    if not FAMILIES[trial.family].gains_from_bags or len(folds.y) > _ROWS_FOR_BAGS:
        return 1
    # Folds by time fit on the earliest rows only.
    return 1 if folds.problem.event_time is not None else min(len(folds.folds), _MOST_BAGS)


def plan_parts(choice: MemberChoice, folds: FoldSet, seconds: float = float("inf")) -> list[ModelPart]:
    """Return the fits of the model.

    The heaviest members get their bags first, as long as there is time.
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
