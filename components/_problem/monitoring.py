"""What the owner of a model in use asks of its monitoring."""

from datetime import timedelta
from typing import Annotated

import pandas as pd
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, FiniteFloat

_SHORTEST = timedelta(minutes=1)


def parse_period(text: str) -> timedelta:
    """Return a period such as ``1 day`` or ``6 hours``.

    Raises
    ------
    ValueError
        The text is not a period, or is shorter than a minute.
    """
    try:
        period = pd.Timedelta(text).to_pytimedelta()
    except ValueError:
        raise ValueError(f"{text!r} is not a period; write it like '1 day' or '6 hours'") from None
    if period < _SHORTEST:
        raise ValueError(f"{text!r} is too short; the shortest period is 1 minute")
    return period


def _check_period(text: str) -> str:
    parse_period(text)
    return text


Period = Annotated[str, AfterValidator(_check_period)]


class Monitoring(BaseModel):
    """What counts as a problem of a model in use, and what to do then.

    Attributes
    ----------
    budget : float or None
        The most expected loss per day, in the unit of the problem's ``value`` or of ``cost_per_error``; a
        larger one is an alert. None: no alert for loss alone.
    cost_per_error : float or None
        Worth of one wrong decision where the problem has no ``value``, or of one unit of a regression's
        absolute error. None: wrong decisions, or absolute errors, are counted themselves.
    window : str
        Length of the periods that are compared with training.
    persist : int
        Windows for which a drift must last before it counts.
    cooldown : str
        Time after a decision to retrain in which there is no other one.
    retrain : bool
        Whether to train a new model when the loss is above the budget, or the model became worse.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    budget: Annotated[FiniteFloat, Field(ge=0)] | None = None
    cost_per_error: Annotated[FiniteFloat, Field(gt=0)] | None = None
    window: Period = "1 day"
    persist: Annotated[int, Field(ge=1, le=30)] = 3
    cooldown: Period = "7 days"
    retrain: bool = False
