"""The monitoring report as one record, from which page, exporter and decision take their numbers."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from components._metrics.estimate import Estimate

Action = Literal["nothing", "alert", "retrain"]
Basis = Literal["reweighted", "substituted", "both", "none"]


@dataclass(frozen=True)
class WindowDrift:
    """How far a column's values in one window are from the reference.

    Attributes
    ----------
    start : str
        Start of the window, ISO 8601 in UTC.
    rows : int
        Logged rows of the window.
    effect : float or None
        The drift in the unit of the column's measure, without what chance alone gives; None if the window has
        too few rows.
    p_adjusted : float or None
        Adjusted over all columns and windows (Benjamini and Hochberg 1995).
    is_drifted : bool
        Whether the effect reaches the threshold and is more than chance.
    """

    start: str
    rows: int
    effect: float | None
    p_adjusted: float | None
    is_drifted: bool


@dataclass(frozen=True)
class ColumnDrift:
    """The drift of a column, or of the predictions.

    Attributes
    ----------
    name : str
        The column; ``""`` for the predictions.
    kind : str
        Kind of its values.
    is_used : bool
        Whether the model's predictions depend on it.
    measure : {"wasserstein", "jensen_shannon"}
        Wasserstein's distance in standard deviations of the reference, or Jensen and Shannon's in bits^0.5.
    threshold : float
        Effect from which it counts as drift.
    effect : float or None
        The effect over the latest windows together.
    psi : float or None
        Population stability index over the same windows.
    second : str
        Name of the second opinion: ``kolmogorov_smirnov`` or ``chi_squared``.
    second_p : float or None
        Its p value, not adjusted.
    reference : str
        What the windows are compared with, in words.
    is_drifting : bool
        Whether the drift persists, so that it counts.
    since : str or None
        Start of the first window of the drift that persists.
    windows : tuple of WindowDrift
        Every window, the oldest first.
    new_categories : tuple of str
        Frequent values that no training row had, at most ten.
    vanished_categories : tuple of str
        Frequent values of the training rows that are missing, at most ten.
    null_share, reference_null_share, unreadable_share : float
        Shares of the rows.
    loss : Estimate or None
        Expected loss per day because of this column's drift; None unless it drifts and the model uses it.
    basis : {"reweighted", "substituted", "both", "none"}
        How the loss was estimated.
    """

    name: str
    kind: str
    is_used: bool
    measure: Literal["wasserstein", "jensen_shannon"]
    threshold: float
    effect: float | None
    psi: float | None
    second: str
    second_p: float | None
    reference: str
    is_drifting: bool
    since: str | None
    windows: tuple[WindowDrift, ...]
    new_categories: tuple[str, ...] = ()
    vanished_categories: tuple[str, ...] = ()
    null_share: float = 0.0
    reference_null_share: float = 0.0
    unreadable_share: float = 0.0
    loss: Estimate | None = None
    basis: Basis = "none"


@dataclass(frozen=True)
class Performance:
    """The main metric, errors positive.

    Attributes
    ----------
    metric : str
        Its name.
    is_error : bool
        Whether a smaller figure is better.
    reference : Estimate
        In training, out of fold.
    labelled : Estimate or None
        On the labelled rows that were judged.
    labelled_rows : int
        All rows whose truth is known.
    estimated : Estimate or None
        On all rows, without truth.
    method : str
        How it was estimated, in words; empty if it was not.
    assumptions : tuple of str
        What the estimate assumes, and whether that was checked, as sentences.
    is_worse : bool
        Whether the labelled rows are worse than the reference by more than chance.
    slices : tuple of (str, str, int, float or None, float or None)
        Column, value, labelled rows, the metric on them, and in the reference.
    judged_rows : int
        The labelled rows that ``labelled``, ``is_worse`` and ``slices`` are of: the recent ones, if enough.
    judged_since : str or None
        When the first of them was requested, in UTC.
    """

    metric: str
    is_error: bool
    reference: Estimate
    labelled: Estimate | None = None
    labelled_rows: int = 0
    estimated: Estimate | None = None
    method: str = ""
    assumptions: tuple[str, ...] = ()
    is_worse: bool = False
    slices: tuple[tuple[str, str, int, float | None, float | None], ...] = ()
    judged_rows: int = 0
    judged_since: str | None = None


@dataclass(frozen=True)
class ConceptDrift:
    """A change in the errors of the labelled rows.

    Attributes
    ----------
    detector : str
        The detector, in words.
    since : str
        Time of the row at which the errors changed.
    before, after : float
        Mean loss of a row before and after.
    is_drifting : bool
        Whether the change is a rise that is more than chance.
    """

    detector: str
    since: str
    before: float
    after: float
    is_drifting: bool


@dataclass(frozen=True)
class Loss:
    """The expected loss per day.

    Attributes
    ----------
    unit : str
        What is counted, in words.
    per_day : Estimate or None
        By how much a day costs more than at training; negative if it costs less. None if it cannot be
        estimated.
    basis : str
        What it was estimated from, in words.
    budget : float or None
        The most that the owner accepts.
    """

    unit: str
    per_day: Estimate | None
    basis: str
    budget: float | None

    @property
    def is_above_budget(self) -> bool:
        """Whether the loss is above the budget, and more than chance."""
        if self.per_day is None or self.budget is None:
            return False
        return self.per_day.value > self.budget and self.per_day.low is not None and self.per_day.low > 0


@dataclass(frozen=True)
class MonitoringDecision:
    """What to do, and why.

    Attributes
    ----------
    action : {"nothing", "alert", "retrain"}
        What to do.
    reasons : tuple of str
        Why, as sentences, the most important first.
    """

    action: Action
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Retraining:
    """The training that a decision to retrain asks for.

    Attributes
    ----------
    source, test : str
        Paths or addresses of the tables: rows to learn from, and the newest labelled rows, on which the new
        model must beat the present one.
    rows_source, rows_test : int
        Their rows.
    reason : str
        Why these rows, as sentences.
    parameters : dict
        Further parameters of the training pipeline.
    """

    source: str
    test: str
    rows_source: int
    rows_test: int
    reason: str
    parameters: dict[str, Any]


@dataclass(frozen=True)
class MonitoringReport:
    """A model in use over the windows of its log.

    Attributes
    ----------
    model, version : str
        The model.
    made : str
        When the report was made, ISO 8601 in UTC.
    start, end : str or None
        Times of the first and the last logged row; None without rows.
    newest_truth : str or None
        Time of the newest row whose truth is known.
    rows, rows_logged : float
        Rows of the traffic, and rows of the log, of this version.
    other_versions : dict of str to int
        Logged rows of the model's other versions, which are not judged.
    loss : Loss
        The expected loss per day.
    columns : tuple of ColumnDrift
        The model's columns, the most costly first.
    predictions : ColumnDrift or None
        The predictions; None without rows.
    performance : Performance
        The main metric.
    concept : ConceptDrift or None
        None without enough labelled rows, or without a change.
    decision : MonitoringDecision
        What to do.
    notes : tuple of str
        What a person should know: unreadable files, masked columns, windows that are too small.
    retraining : Retraining or None
        What to train; None unless that was decided.
    """

    model: str
    version: str
    made: str
    start: str | None
    end: str | None
    newest_truth: str | None
    rows: float
    rows_logged: int
    other_versions: dict[str, int]
    loss: Loss
    columns: tuple[ColumnDrift, ...]
    predictions: ColumnDrift | None
    performance: Performance
    concept: ConceptDrift | None
    decision: MonitoringDecision
    notes: tuple[str, ...] = field(default=())
    retraining: Retraining | None = None

    def to_json(self) -> str:
        """Return the record as JSON."""
        return json.dumps(asdict(self), indent=2, allow_nan=False, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> "MonitoringReport":
        """Return the record that ``to_json`` wrote."""
        stored = json.loads(text)
        columns = tuple(map(_build_column, stored["columns"]))
        predictions = stored["predictions"] and _build_column(stored["predictions"])
        loss, performance = stored["loss"], stored["performance"]
        retraining = stored.get("retraining")
        return cls(
            **{
                **stored,
                "columns": columns,
                "predictions": predictions,
                "loss": Loss(**{**loss, "per_day": _build_estimate(loss["per_day"])}),
                "performance": _build_performance(performance),
                "concept": ConceptDrift(**stored["concept"]) if stored["concept"] else None,
                "decision": MonitoringDecision(
                    stored["decision"]["action"], tuple(stored["decision"]["reasons"])
                ),
                "notes": tuple(stored["notes"]),
                "retraining": Retraining(**retraining) if retraining else None,
            }
        )

    @classmethod
    def load(cls, path: str | Path) -> "MonitoringReport":
        """Read a record from a file."""
        return cls.from_json(Path(path).read_text(encoding="utf-8"))


def _build_estimate(stored: dict[str, Any] | None) -> Estimate | None:
    return None if stored is None else Estimate(**stored)


def _build_column(stored: dict[str, Any]) -> ColumnDrift:
    return ColumnDrift(
        **{
            **stored,
            "windows": tuple(WindowDrift(**window) for window in stored["windows"]),
            "new_categories": tuple(stored["new_categories"]),
            "vanished_categories": tuple(stored["vanished_categories"]),
            "loss": _build_estimate(stored["loss"]),
        }
    )


def _build_performance(stored: dict[str, Any]) -> Performance:
    estimates = {name: _build_estimate(stored[name]) for name in ("reference", "labelled", "estimated")}
    slices = tuple((column, value, rows, *scores) for column, value, rows, *scores in stored["slices"])
    return Performance(
        **{**stored, **estimates, "assumptions": tuple(stored["assumptions"]), "slices": slices}
    )
