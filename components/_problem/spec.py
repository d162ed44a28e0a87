"""The specification of a problem: what to predict, how it is judged, and what a prediction is worth."""

import json
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from components._problem.metrics import SCORERS, VALUE, scorer_named
from components._problem.task import TASKS, Label, TaskKind
from components.errors import InvalidSetting, suggestion


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Gate(_Strict):
    """A bound that the model must keep on the test rows.

    Attributes
    ----------
    metric : str
        A metric that fits the task, written with or without ``neg_``, or ``value``.
    min, max : float or None
        The bounds, in the metric's own unit as people write it (an error is positive).
    """

    metric: str
    min: float | None = None
    max: float | None = None

    @model_validator(mode="after")
    def _bounded(self) -> Self:
        if self.min is None and self.max is None:
            raise ValueError(f"the gate on {self.metric!r} needs min or max")
        return self

    def __str__(self) -> str:
        low = f"{self.min:g} ≤ " if self.min is not None else ""
        high = f" ≤ {self.max:g}" if self.max is not None else ""
        return f"{low}{self.metric}{high}"


class OutcomeValue(_Strict):
    """What each outcome of a binary decision is worth, in any one unit."""

    tp: float = 0.0
    fp: float = 0.0
    fn: float = 0.0
    tn: float = 0.0


class Problem(_Strict):
    """A business question as a supervised learning problem.

    ``task``, ``metric`` and ``positive_label`` may be left to the data: they are "auto" or None until
    the validate stage has seen the table (``is_resolved``).

    Attributes
    ----------
    target : str
        Column to predict.
    task : {"auto", "binary", "multiclass", "regression"}
        Kind of prediction.
    metric : str
        Scorer of scikit-learn that the sweep maximises, or ``value``, or "auto".
    positive_label : str, int, bool or None
        Class that the binary metrics are about.
    classes : tuple of labels
        Classes in sorted order, as the estimator numbers them; empty for regression.
    gates : tuple of Gate
        Bounds on the test rows; none given means the model must beat the baseline.
    value : OutcomeValue or None
        Worth of each outcome of a binary decision; sets the decision threshold.
    identifiers : tuple of str
        Columns that name a row and are left out.
    event_time : str or None
        Column by which later rows are tested with a model of earlier ones.
    group : str or None
        Column whose rows stay together on one side of every split.
    sensitive : tuple of str
        Columns whose groups are compared in the evaluation; they are not features.
    owner, description : str
        Who asks, and what for.
    """

    target: Annotated[str, Field(min_length=1)]
    task: Literal["auto", "binary", "multiclass", "regression"] = "auto"
    metric: str = "auto"
    positive_label: Label | None = None
    classes: tuple[Label, ...] = ()
    gates: tuple[Gate, ...] = ()
    value: OutcomeValue | None = None
    identifiers: tuple[str, ...] = ()
    event_time: str | None = None
    group: str | None = None
    sensitive: tuple[str, ...] = ()
    owner: str = ""
    description: str = ""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        tasks = TASKS if self.task == "auto" else (self.task,)
        if self.metric != "auto":
            _check_metric(self.metric, tasks, "metric", has_value=self.value is not None)
        for gate in self.gates:
            _check_metric(gate.metric, tasks, "gate", has_value=self.value is not None)
        if self.value is not None and self.task not in ("auto", "binary"):
            raise ValueError(f"value needs a binary task; task is {self.task!r}")
        roles = [("target", self.target), ("event_time", self.event_time), ("group", self.group)]
        roles += [("identifiers", name) for name in self.identifiers]
        roles += [("sensitive", name) for name in self.sensitive]
        for role, name in roles[1:]:
            if name == self.target:
                raise ValueError(f"column {name!r} is both the target and in {role}")
        return self

    @property
    def is_resolved(self) -> bool:
        """Whether nothing is left to the data any more."""
        return self.task != "auto" and self.metric != "auto"

    @property
    def kind(self) -> TaskKind:
        """The task, of a resolved problem."""
        if self.task == "auto":
            raise ValueError("the problem's task is not resolved yet")
        return self.task

    @property
    def named_columns(self) -> dict[str, str]:
        """Every column the problem names, with the role it plays."""
        roles = dict.fromkeys(self.sensitive, "sensitive") | dict.fromkeys(self.identifiers, "identifier")
        if self.group is not None:
            roles[self.group] = "group"
        if self.event_time is not None:
            roles[self.event_time] = "event time"
        return roles | {self.target: "target"}

    def save(self, path: str | Path) -> None:
        """Write the specification as JSON."""
        Path(path).write_text(self.model_dump_json(indent=2), encoding="utf-8")

    @classmethod
    def load(cls, path: str | Path) -> "Problem":
        """Read a specification that ``save`` wrote."""
        return cls.model_validate_json(Path(path).read_text(encoding="utf-8"))

    @classmethod
    def parse(cls, settings: dict[str, Any]) -> "Problem":
        """Make a specification of what a person wrote.

        Raises
        ------
        InvalidSetting
            A key is unknown or a value does not fit; all faults are named at once, with the nearest
            right key.
        """
        try:
            # JSON and back, because strings and numbers in lists arrive from a dashboard's form as JSON.
            return cls.model_validate_json(json.dumps(settings))
        except ValidationError as error:
            faults = [_fault(detail) for detail in error.errors()]
            raise InvalidSetting(
                "The problem's specification does not hold:\n" + "\n".join(f"- {fault}" for fault in faults),
                f"Correct it; its keys are: {', '.join(cls.model_fields)}.",
            ) from None


_NESTED: dict[str, type[BaseModel]] = {"gates": Gate, "value": OutcomeValue}


def _fault(detail: Any) -> str:
    place = ".".join(str(part) for part in detail["loc"])
    if detail["type"] == "extra_forbidden":
        *parents, key = detail["loc"]
        model = _NESTED[parents[0]] if parents else Problem
        return f"{place}: unknown key. {suggestion(str(key), list(model.model_fields), 'key')}"
    if detail["type"] == "value_error":
        return str(detail["ctx"]["error"])
    return f"{place}: {detail['msg'].lower()}, got {detail['input']!r}"


def _check_metric(metric: str, tasks: tuple[TaskKind, ...], role: str, *, has_value: bool) -> None:
    if metric == VALUE:
        if not has_value:
            raise ValueError(f"{role} 'value' needs the worth of each outcome: value: {{tp: 100, fp: -10}}")
        return
    if any(scorer_named(metric, task) for task in tasks):
        return
    fitting = sorted({name for task in tasks for name in SCORERS[task]})
    fits = "any task" if len(tasks) > 1 else f"a {tasks[0]} task"
    raise ValueError(f"{role} {metric!r} does not fit {fits}. {suggestion(metric, fitting, 'metric')}")
