"""What the owner of a model in use asks of its monitoring."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, FiniteFloat, ValidationInfo

from components._problem.duration import parse_duration

# The column that names the request of a row, in a table of true targets without an identifier of the problem.
REQUEST_ID = "request_id"

_SHORTEST = 60.0


def _check_period(text: str, info: ValidationInfo) -> str:
    try:
        seconds = parse_duration(text)
    except ValueError as error:
        raise ValueError(f"monitoring.{info.field_name}: {error}") from None
    if seconds < _SHORTEST:
        raise ValueError(f"monitoring.{info.field_name}: {text!r} is too short; the shortest is 1 minute")
    return text


Period = Annotated[str, AfterValidator(_check_period)]


class Monitoring(BaseModel):
    """What counts as a problem of a model in use, and what to do then.

    Attributes
    ----------
    budget : float or None
        The largest expected loss per day that is accepted, in the unit of the problem's ``value``, or of
        ``cost_per_error``; a larger one is an alert. None: loss alone is never an alert.
    cost_per_error : float or None
        Worth of a wrong decision where the problem has no ``value``, or of one unit of a regression's
        absolute error. None: wrong decisions, or absolute errors, are counted themselves.
    unit : str
        Name of the unit of a loss, such as EUR; empty for a description.
    window : str
        Length of the periods that are compared with training.
    persist : int
        Windows that a drift must last before it counts.
    cooldown : str
        Time after a decision to retrain in which there is no other one.
    retrain : bool
        Whether a new model is trained when the loss is above the budget, or the model became worse.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    budget: Annotated[FiniteFloat, Field(ge=0)] | None = None
    cost_per_error: Annotated[FiniteFloat, Field(gt=0)] | None = None
    unit: Annotated[str, Field(max_length=30)] = ""
    window: Period = "1 day"
    persist: Annotated[int, Field(ge=1, le=30)] = 3
    cooldown: Period = "7 days"
    retrain: bool = False
