"""The results of runs that use a model: predictions of a table, and the comparison of a log with training."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

from components._problem.metrics import describe_metric
from components._report.formats import format_value
from components.errors import format_list
from pipelines.local.prediction_files import MOST_ROWS_OF_CSV
from pipelines.local.run_folder import RunFolder

if TYPE_CHECKING:
    from components._metrics.estimate import Estimate
    from components.monitor.record import MonitoringReport

Level = Literal["good", "warning", "error"]
Cell = str | int | float | None
_RATE = "rate_"
_SHOWN_CLASSES = 5
_SHOWN_COLUMNS = 3


class UseResult(Protocol):
    """What a run found or made with a model that was there."""

    @property
    def level(self) -> Level:
        """How good the result is."""

    @property
    def headline(self) -> str:
        """The result in a few words."""

    @property
    def sentence(self) -> str:
        """The result in a sentence."""

    def list_facts(self) -> list[tuple[str, str]]:
        """Return the facts for a console, as label and value."""

    def list_tiles(self) -> list[tuple[str, Cell]]:
        """Return the facts for the head of a page, as label and value."""

    def list_paths(self) -> list[tuple[str, str]]:
        """Return paths and addresses to copy, as label and text."""


@dataclass(frozen=True)
class ScoringUse:
    """The result of a run that scored a table.

    Attributes
    ----------
    model : str
        The model and its version.
    rows : int
        Number of predicted rows.
    shares : dict of str to float
        Share of the rows by predicted class; empty for regression.
    predictions : tuple of Path
        The folder of the predictions, and the file that has them as CSV, if there is one.
    output : str
        Folder of a bucket that also holds them; empty for none.
    ignored : tuple of str
        Columns of the table that the model does not use.
    made_null : dict of str to int
        Number of unreadable values that were read as null, by column.
    """

    model: str
    rows: int
    shares: dict[str, float]
    predictions: tuple[Path, ...]
    output: str
    ignored: tuple[str, ...] = ()
    made_null: dict[str, int] = field(default_factory=dict)

    level: Level = field(default="good", init=False)

    @classmethod
    def find(cls, folder: RunFolder) -> "ScoringUse | None":
        """Read the result from a run's folder; None if the run made none."""
        artifact = folder.find_output("score-result", "predictions")
        fetched = folder.read_registration("register-fetch")
        if artifact is None or fetched is None:
            return None
        metrics = folder.read_metadata("score-result", "metrics")
        facts = folder.read_metadata("score-result", "predictions")
        return cls(
            fetched.title,
            int(metrics["rows"]),
            {name[len(_RATE) :]: share for name, share in metrics.items() if name.startswith(_RATE)},
            tuple(path for path in (folder.predictions, folder.predictions_csv) if path.exists())
            or (artifact,),
            facts["output"],
            tuple(facts["ignored"]),
            dict(folder.read_metadata("ingest-rows", "dataset").get("unreadable", {})),
        )

    @property
    def headline(self) -> str:
        """The number of predictions."""
        return f"{self.rows:,} rows predicted"

    @property
    def sentence(self) -> str:
        """What predicted them, and where they are."""
        places = " and ".join(map(str, self.predictions))
        return f"{self.model} predicted them. The predictions are in {places}.{self._describe_missing_csv()}"

    def list_facts(self) -> list[tuple[str, str]]:
        """Return the facts for a console, as label and value."""
        most_frequent = sorted(self.shares.items(), key=lambda item: -item[1])[:_SHOWN_CLASSES]
        lines = [("model", self.model), ("rows", f"{self.rows:,}")]
        if self.ignored:
            lines.append(("ignored", f"{format_list(self.ignored)} (the model does not use them)"))
        if missing := self._describe_missing_csv():
            lines.append(("note", missing.strip()))
        if self.made_null:
            columns = format_list(f"{name} ({n:,})" for name, n in self.made_null.items())
            n_null = sum(self.made_null.values())
            lines.append(("made null", f"{n_null:,} values that could not be read: {columns}"))
        return [*lines, *((f"predicted {label}", f"{share:.1%}") for label, share in most_frequent)]

    def _describe_missing_csv(self) -> str:
        if self.rows <= MOST_ROWS_OF_CSV:
            return ""
        return f" They are not written as CSV, because they are more than {MOST_ROWS_OF_CSV:,} rows."

    def list_tiles(self) -> list[tuple[str, Cell]]:
        """Return the facts for the head of a page, as label and value."""
        shares = [(f"predicted {label}", share) for label, share in self.shares.items()]
        return [("rows", self.rows), *shares[:_SHOWN_CLASSES]]

    def list_paths(self) -> list[tuple[str, str]]:
        """Return the places of the predictions."""
        bucket = [("bucket", self.output)] if self.output else []
        return [*(("predictions", str(path)) for path in self.predictions), *bucket]


@dataclass(frozen=True)
class MonitoringUse:
    """The result of a run that compared a log with training.

    Attributes
    ----------
    report : MonitoringReport
        What was found and decided.
    """

    report: "MonitoringReport"

    @classmethod
    def find(cls, folder: RunFolder) -> "MonitoringUse | None":
        """Read the result from a run's folder; None if the run made none."""
        record = folder.find_output("monitor", "record")
        if record is None:
            return None
        # It imports NumPy, which would delay the start of a run.
        from components.monitor.record import MonitoringReport

        return cls(MonitoringReport.load(record))

    @property
    def level(self) -> Level:
        """Good if there is nothing to do."""
        return "good" if self.report.decision.action == "nothing" else "warning"

    @property
    def headline(self) -> str:
        """The decision."""
        titles = {"nothing": "Nothing to do", "alert": "ALERT", "retrain": "RETRAIN"}
        return titles[self.report.decision.action]

    @property
    def sentence(self) -> str:
        """The reasons of the decision."""
        return " ".join(self.report.decision.reasons)

    def list_facts(self) -> list[tuple[str, str]]:
        """Return the facts for a console, as label and value."""
        # It imports jinja, which would delay the start of a run.
        from components.monitor.wording import (
            describe_column_cost,
            describe_day,
            describe_retraining,
            format_moment,
        )

        report = self.report
        lines = [("why", reason) for reason in report.decision.reasons]
        if report.retraining is not None:
            lines.append(("training", describe_retraining(report.retraining)))
        lines.append(("model", f"{report.model}, version {report.version}"))
        lines.append(
            ("log", f"{report.rows:,.0f} requested rows, {report.rows_logged:,} logged{_format_span(report)}")
        )
        lines.append(("loss", f"{describe_day(report.loss)} From {report.loss.basis}."))
        lines += list(self._iterate_performance())
        drifting = [column for column in report.columns if column.is_drifting]
        for column in drifting[:_SHOWN_COLUMNS]:
            cost = describe_column_cost(column, report.loss.unit)
            lines.append(("drift", f"{column.name} since {format_moment(column.since or '')}: {cost}"))
        if len(drifting) > _SHOWN_COLUMNS:
            lines.append(("drift", f"{len(drifting) - _SHOWN_COLUMNS} more columns: see the page"))
        return [*lines, *(("note", note) for note in report.notes)]

    def _iterate_performance(self) -> Iterator[tuple[str, str]]:
        performance = self.report.performance
        metric = describe_metric(performance.metric)
        reference = f"in training {_format_estimate(performance.reference)}"
        if performance.labelled is not None:
            # As above.
            from components.monitor.wording import describe_judged

            rows = describe_judged(performance)
            yield metric, f"{_format_estimate(performance.labelled)} on {rows}; {reference}"
        if performance.estimated is not None:
            yield (
                metric,
                f"{_format_estimate(performance.estimated)} estimated without truth; {reference}",
            )

    def list_tiles(self) -> list[tuple[str, Cell]]:
        """Return the facts for the head of a page, as label and value."""
        loss = self.report.loss
        tiles: list[tuple[str, Cell]] = [("requested rows", int(self.report.rows))]
        if loss.per_day is not None:
            tiles.insert(0, (f"{loss.unit} lost per day", loss.per_day.value))
        return [*tiles, ("columns that drift", sum(column.is_drifting for column in self.report.columns))]

    def list_paths(self) -> list[tuple[str, str]]:
        """Return the tables of the training that was decided; the page has the rest."""
        wanted = self.report.retraining
        return [] if wanted is None else [("train on", wanted.source), ("test on", wanted.test)]


def find_use_result(folder: RunFolder) -> UseResult | None:
    """Return the result of a run that used a model; None if the run trained one."""
    return ScoringUse.find(folder) or MonitoringUse.find(folder)


def _format_estimate(estimate: "Estimate") -> str:
    if estimate.low is None or estimate.high is None:
        return format_value(estimate.value)
    return f"{format_value(estimate.value)} ({format_value(estimate.low)} to {format_value(estimate.high)})"


def _format_span(report: "MonitoringReport") -> str:
    return "" if report.start is None else f", from {report.start[:16]} to {(report.end or '')[:16]} UTC"
