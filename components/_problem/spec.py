"""The specification of a problem: what to predict, how to judge it, and the worth of a prediction."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    FiniteFloat,
    ValidationError,
    model_validator,
)

from components._problem.approvers import collect_approver_faults
from components._problem.gap import check_gap
from components._problem.metrics import UNWEIGHED, VALUE, find_scorer, normalise_keyword, suggest_metric
from components._problem.monitoring import Monitoring
from components._problem.reading_options import ColumnOptions, FileOptions, Unreadable
from components._problem.task import TASKS, Label, TaskKind
from components.errors import InvalidSetting, find_nearest, suggest_name


class _StrictModel(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


Metric = Annotated[str, AfterValidator(normalise_keyword)]
# One line is a list of one.
Lines = Annotated[
    tuple[str, ...], BeforeValidator(lambda value: [value] if isinstance(value, str) else value)
]


class Gate(_StrictModel):
    """A bound that the model must keep on the test rows.

    Attributes
    ----------
    metric : str
        A metric that fits the task, by any name that ``find_scorer`` knows, or ``value``.
    min, max : float or None
        The bounds, in the metric's own unit; an error is positive.
    """

    metric: Metric
    min: FiniteFloat | None = None
    max: FiniteFloat | None = None

    @model_validator(mode="after")
    def _check_bounds(self) -> Self:
        if self.min is None and self.max is None:
            raise ValueError(f"the gate on {self.metric!r} needs min or max")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(f"the gate on {self.metric!r} must have min ≤ max; got {self}")
        return self

    def __str__(self) -> str:
        low = f"{self.min:g} ≤ " if self.min is not None else ""
        high = f" ≤ {self.max:g}" if self.max is not None else ""
        return f"{low}{self.metric}{high}"


class OutcomeValue(_StrictModel):
    """The worth of each outcome of a binary decision, all in the same unit."""

    tp: FiniteFloat = 0.0
    fp: FiniteFloat = 0.0
    fn: FiniteFloat = 0.0
    tn: FiniteFloat = 0.0


class Problem(_StrictModel, FileOptions):
    """A business question as a supervised learning problem.

    ``task``, ``metric`` and ``positive_label`` may be left open: they are "auto" or None until the validate
    stage decides them by the data (``is_resolved``).

    Attributes
    ----------
    target : str
        Column to predict.
    task : {"auto", "binary", "multiclass", "regression"}
        Kind of prediction.
    metric : str
        What the sweep optimises: a metric by any name that ``find_scorer`` knows, ``value``, or "auto".
    positive_label : str, int, bool or None
        Class of a binary target that the probability and the binary metrics are about.
    classes : tuple of labels
        Classes in sorted order, as the estimator numbers them; empty for regression.
    gates : tuple of Gate
        Bounds on the test rows; without any, the model must beat the baseline.
    margin : float
        By how much a change of code, data or settings may make the metric worse, in the metric's own unit;
        from 0. It decides comparisons only, see ``pipelines.comparison``.
    value : OutcomeValue or None
        Worth of each outcome of a binary decision; sets the decision threshold.
    identifiers : tuple of str
        Columns that name a row; they are not features.
    event_time : str or None
        Column that orders the rows: the model learns from earlier rows and is tested on later ones.
    group : str or None
        Column whose equal values stay on one side of every split. With an event time, rows are left out for
        this, see ``components._table.separation``.
    gap : str, float or None
        Time between the rows that the model learns from and those that it is judged by, such as "7 days"; a
        number if the event time is one.
    split_column : str or None
        Column that names the part of each row, see ``components._problem.parts``; it is never a feature.
    weight : str or None
        Column of positive numbers: how much each row counts in fits and in scores; it is never a feature.
    sensitive : tuple of str
        Columns whose slices evaluate compares; they are not features.
    keep : tuple of str
        Columns to learn from although they have a role, predict the target too well, or name their row.
    monotonic : dict of str to str
        Numeric columns with which the prediction (for a binary task the probability of the positive class)
        must only rise or only fall: "rising" or "falling".
    actionable : tuple of str or None
        Features whose values a person can change, which the app may propose to change. None: all features
        that are not sensitive.
    owner, description : str
        Who needs the model, and what it is for.
    approvers : dict of str to tuple of str
        Who approves a version before it is deployed, by name, each with the lines of SSH public keys. Empty:
        no approval is needed.
    approvals : int
        How many of the approvers must approve.
    columns : dict of str to ColumnOptions
        How to read columns, if the user decides it.
    unreadable : {"refuse", "null"}
        Whether a value that does not fit its column's reading is an error or null.
    monitoring : Monitoring
        What counts as a problem once the model is in use, and what to do then.
    delimiter, encoding, header, skip_rows, skip_footer, sheet
        How to read the file, see ``FileOptions``.
    """

    target: Annotated[str, Field(min_length=1)]
    task: Literal["auto", "binary", "multiclass", "regression"] = "auto"
    metric: Metric = "auto"
    positive_label: Label | None = None
    classes: tuple[Label, ...] = ()
    gates: tuple[Gate, ...] = ()
    margin: Annotated[FiniteFloat, Field(ge=0)] = 0.0
    value: OutcomeValue | None = None
    identifiers: tuple[str, ...] = ()
    event_time: str | None = None
    group: str | None = None
    gap: Annotated[str | FiniteFloat, AfterValidator(check_gap)] | None = None
    split_column: str | None = None
    weight: str | None = None
    sensitive: tuple[str, ...] = ()
    keep: tuple[str, ...] = ()
    monotonic: dict[str, Literal["rising", "falling"]] = {}
    actionable: tuple[str, ...] | None = None
    owner: str = ""
    description: str = ""
    approvers: dict[str, Lines] = {}
    approvals: Annotated[int, Field(ge=1)] = 1
    columns: dict[str, ColumnOptions] = {}
    unreadable: Unreadable = "refuse"
    monitoring: Monitoring = Monitoring()

    @property
    def file_options(self) -> FileOptions:
        """The user's options for reading the file."""
        return FileOptions(**{name: getattr(self, name) for name in FileOptions.model_fields})

    def get_column_options(self, name: str) -> ColumnOptions:
        """Return the user's options for reading a column."""
        options = self.columns.get(name, ColumnOptions())
        return options.model_copy(update={"unreadable": options.unreadable or self.unreadable})

    @model_validator(mode="after")
    def _check_consistency(self) -> Self:
        faults = [*self._collect_metric_faults(), *self._collect_role_faults()]
        faults += collect_approver_faults(self.approvers, self.approvals)
        if faults:
            raise ValueError("\n".join(faults))
        return self

    def _collect_metric_faults(self) -> Iterator[str]:
        tasks = TASKS if self.task == "auto" else (self.task,)
        metrics = [] if self.metric == "auto" else [("metric", self.metric)]
        for role, metric in [*metrics, *(("gate", gate.metric) for gate in self.gates)]:
            if metric == VALUE and self.value is None:
                yield f"{role} 'value' needs the worth of each outcome, such as value: {{tp: 100, fp: -10}}"
            elif metric != VALUE and not any(find_scorer(metric, task) for task in tasks):
                fits = "any task" if self.task == "auto" else f"a {self.task} task"
                yield f"{role} {metric!r} does not fit {fits}. {suggest_metric(metric, tasks)}"
            elif self.weight is not None and any(find_scorer(metric, task) in UNWEIGHED for task in tasks):
                yield f"{role} {metric!r} cannot count rows by their weight; name another, or remove weight"

    def _collect_role_faults(self) -> Iterator[str]:
        if self.task in ("multiclass", "regression"):
            binary_only = {"value": self.value, "positive_label": self.positive_label}
            for key, setting in binary_only.items():
                if setting is not None:
                    yield f"{key} needs a binary task; task is {self.task!r}"
        if self.task == "multiclass" and self.monotonic:
            yield "monotonic needs a binary task or a regression; task is 'multiclass'"
        for key, columns in (("monotonic", self.monotonic), ("actionable", self.actionable or ())):
            for column in columns:
                if column in self.withheld_columns:
                    role = self.withheld_columns[column]
                    yield f"column {column!r} is in {key}, but is not a feature: its role is {role}"
        if self.gap is not None and self.event_time is None:
            yield "gap needs event_time, the column that orders the rows in time"
        if self.value is not None and self.monitoring.cost_per_error is not None:
            yield "monitoring.cost_per_error and value both say what an error costs; leave one out"
        for column, role in self.roles:
            if column == self.target and role != "target":
                yield f"column {column!r} is the target, so it cannot have the role {role}"
        for column in self.keep:
            if column == self.target or column in self.identifiers:
                yield f"column {column!r} is the target or an identifier, so it cannot be in keep"
            if column in (self.split_column, self.weight):
                role = "split_column" if column == self.split_column else "weight"
                yield f"column {column!r} is the {role}, so it cannot be in keep"

    @property
    def is_resolved(self) -> bool:
        """Whether task and metric are decided."""
        return self.task != "auto" and self.metric != "auto"

    @property
    def kind(self) -> TaskKind:
        """The task, of a resolved problem."""
        if self.task == "auto":
            raise ValueError("the problem's task is not resolved yet")
        return self.task

    @property
    def n_approvals(self) -> int:
        """How many approvals deploy requires; 0 if the problem names no approvers."""
        return self.approvals if self.approvers else 0

    @property
    def roles(self) -> tuple[tuple[str, str], ...]:
        """Every column with a role, once for each of its roles; the most important role comes last."""
        roles = [(name, "sensitive") for name in self.sensitive]
        roles += [(name, "identifier") for name in self.identifiers]
        if self.group is not None:
            roles.append((self.group, "group"))
        if self.event_time is not None:
            roles.append((self.event_time, "event time"))
        if self.split_column is not None:
            roles.append((self.split_column, "split"))
        if self.weight is not None:
            roles.append((self.weight, "weight"))
        return (*roles, (self.target, "target"))

    @property
    def named_columns(self) -> dict[str, str]:
        """Every column with a role, with its most important role."""
        return dict(self.roles)

    @property
    def withheld_columns(self) -> dict[str, str]:
        """The columns that are not features because of a role, each with that role."""
        return {name: role for name, role in self.named_columns.items() if name not in self.keep}

    def is_actionable(self, column: str) -> bool:
        """Return whether a person can change the values of a feature."""
        if self.actionable is None:
            return column not in self.sensitive
        return column in self.actionable

    def save(self, path: str | Path) -> None:
        """Write the specification as JSON."""
        Path(path).write_text(self.model_dump_json(indent=2), encoding="utf-8")

    @classmethod
    def load(cls, path: str | Path) -> "Problem":
        """Read a specification that ``save`` wrote."""
        return cls.model_validate_json(Path(path).read_text(encoding="utf-8"))

    @classmethod
    def from_settings(cls, settings: dict[str, Any]) -> "Problem":
        """Return the specification with a user's settings.

        Raises
        ------
        InvalidSetting
            A key is unknown or a value does not fit; the error lists all faults, with the nearest known key.
        """
        faults: list[str] = []
        # pydantic checks combinations only if every single setting is right, so wrong ones are removed.
        rest = settings
        while True:
            try:
                # As JSON, because a dashboard's form sends the strings and numbers of lists as JSON.
                problem = cls.model_validate_json(json.dumps(rest))
                break
            except ValidationError as error:
                faults += [line for detail in error.errors() for line in _describe_faults(detail)]
                wrong = {detail["loc"][0] for detail in error.errors() if detail["loc"]} & rest.keys()
                rest = {name: setting for name, setting in rest.items() if name not in wrong}
                if not wrong or "target" in wrong:
                    break
        if not faults:
            return problem
        # pydantic reports a wrong label once for each type that it may have.
        faults = list(dict.fromkeys(faults))
        what = f"The problem has a wrong setting: {faults[0]}"
        if len(faults) > 1:
            what = "\n- ".join(["The problem has wrong settings:", *faults])
        keys = f"; its keys are: {', '.join(cls.model_fields)}" if "unknown key" in what else ""
        raise InvalidSetting(what, f"Correct the problem{keys}.")


_TASKS = ("auto", *TASKS)
_NESTED: dict[str, type[BaseModel]] = {
    "gates": Gate,
    "value": OutcomeValue,
    "columns": ColumnOptions,
    "monitoring": Monitoring,
}


def _describe_faults(detail: Any) -> list[str]:
    key = detail["loc"][0] if detail["loc"] else ""
    location = ".".join(str(part) for part in detail["loc"])
    if detail["type"] == "value_error":
        return str(detail["ctx"]["error"]).splitlines()
    if detail["type"] == "extra_forbidden":
        *parents, wrong = detail["loc"]
        model = _NESTED[parents[0]] if parents else Problem
        return [f"{location}: unknown key. {suggest_name(str(wrong), list(model.model_fields), 'key')}"]
    if key == "task":
        return [
            f"task {detail['input']!r} is not known. {suggest_name(str(detail['input']), _TASKS, 'task')}"
        ]
    if key == "header":
        return [f"header: must be true, false or the number of a line, got {detail['input']!r}"]
    if key == "positive_label":
        return [f"positive_label: must be text, a whole number, true or false, got {detail['input']!r}"]
    return [f"{location}: {detail['msg'].lower()}, got {detail['input']!r}{_suggest_value(detail)}"]


def _suggest_value(detail: Any) -> str:
    """Return what a wrong value was probably meant to be, as the end of a sentence."""
    value = detail["input"]
    if detail["type"] == "string_type" and isinstance(value, int | float):
        return f". Write it in quotes: '{value}'"
    allowed = re.findall(r"'([^']*)'", str(detail.get("ctx", {}).get("expected", "")))
    near = find_nearest(value, allowed) if isinstance(value, str) else None
    return f". Did you mean {near!r}?" if near else ""
