"""The page: what changed, since when, what it costs, and what was decided."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from components._problem.metrics import describe_metric
from components._report.page import Level, Message, format_share, format_value, render_page
from components.errors import format_count, format_list
from components.monitor.record import ColumnDrift, MonitoringReport, Performance, WindowDrift
from components.monitor.wording import (
    describe_bounds,
    describe_column_cost,
    describe_day,
    describe_judged,
    describe_retraining,
    format_moment,
    is_chance,
)

_LEVELS: dict[str, Level] = {"nothing": "good", "alert": "error", "retrain": "warning"}
_TITLES = {"nothing": "Nothing to do", "alert": "Alert", "retrain": "Retrain"}
_MEASURES = {"wasserstein": "standard deviations (Wasserstein)", "jensen_shannon": "Jensen-Shannon distance"}
# Effects that fill a bar, in thresholds.
_FULL_BAR = 3.0


class WindowBar(NamedTuple):
    """A window in a small chart.

    Attributes
    ----------
    label : str
        Its start and what was found, for a tooltip.
    height : float
        From 0 to 1; a third is the threshold.
    is_drifted : bool
        Whether it drifts.
    is_judged : bool
        Whether it has enough rows.
    """

    label: str
    height: float
    is_drifted: bool
    is_judged: bool


class DriftCard(NamedTuple):
    """A column on the page.

    Attributes
    ----------
    name, state : str
        The column, and what is said of it in a few words.
    level : str
        Its colour.
    bars : list of WindowBar
        Its windows.
    sentences : list of str
        Facts about it.
    """

    name: str
    state: str
    level: Level
    bars: list[WindowBar]
    sentences: list[str]


def render_monitoring(report: MonitoringReport) -> str:
    """Return the page."""
    return render_page(
        "components/monitor/report.html",
        report=report,
        first_line=describe_day(report.loss),
        retraining=describe_retraining(report.retraining) if report.retraining is not None else "",
        decision=(_LEVELS[report.decision.action], _TITLES[report.decision.action]),
        facts=list(_iterate_tiles(report)),
        cards=build_cards(report),
        metric=describe_metric(report.performance.metric),
        performance=list(_iterate_performance(report.performance)),
        slices=report.performance.slices,
        concept=_describe_concept(report),
        notes=[("note", note) for note in report.notes],
        table=[_list_cells(column) for column in report.columns],
        span=_describe_span(report),
    )


def build_cards(report: MonitoringReport) -> list[DriftCard]:
    """Return the cards of the predictions, if they drift, and of the columns that drift."""
    drifting = [column for column in report.columns if column.is_drifting]
    if report.predictions is not None and report.predictions.is_drifting:
        drifting.insert(0, report.predictions)
    return [_build_card(column, report) for column in drifting]


def _build_card(column: ColumnDrift, report: MonitoringReport) -> DriftCard:
    level: Level = "warning"
    if not column.name:
        state = "the predictions drift"
    else:
        state = describe_column_cost(column, report.loss.unit)
        if column.loss is not None and not is_chance(column.loss) and column.loss.value > 0:
            level = "error"
        elif not column.is_used or column.loss is not None:
            level = "note"
    return DriftCard(
        column.name or "Predictions",
        state,
        level,
        [_build_bar(window, column) for window in column.windows],
        list(_iterate_sentences(column)),
    )


def _build_bar(window: WindowDrift, column: ColumnDrift) -> WindowBar:
    rows = format_count(window.rows, "row")
    if window.effect is None:
        return WindowBar(f"{window.start}: {rows}, too few to judge", 0.02, is_drifted=False, is_judged=False)
    share = max(0.0, window.effect) / (_FULL_BAR * column.threshold)
    label = f"{window.start}: {format_value(window.effect)}, {rows}"
    return WindowBar(label, min(1.0, max(0.02, share)), window.is_drifted, is_judged=True)


def _iterate_sentences(column: ColumnDrift) -> Iterator[str]:
    if column.since is not None:
        yield f"Since {format_moment(column.since)}, compared with {column.reference}."
    if column.effect is not None:
        psi = "" if column.psi is None else f"; PSI {format_value(column.psi)}"
        yield (
            f"Drift of {format_value(column.effect)} {_MEASURES[column.measure]}; from "
            f"{format_value(column.threshold)} it counts{psi}."
        )
    if column.null_share > column.reference_null_share:
        shares = format_share(column.null_share), format_share(column.reference_null_share)
        yield f"Null in {shares[0]} of the rows; in training {shares[1]}."
    if column.unreadable_share:
        share = format_share(column.unreadable_share)
        yield f"{share} of the rows have a cell that cannot be read, which became null."
    if column.new_categories:
        yield f"New values: {format_list(column.new_categories)}."
    if column.vanished_categories:
        yield f"Values that are missing: {format_list(column.vanished_categories)}."
    if column.basis in ("substituted", "both"):
        yield (
            "Some values are outside of what training saw. Their cost is that of a broken column: these "
            "values in training rows, against their known truth."
        )


def _iterate_tiles(report: MonitoringReport) -> Iterator[tuple[str, str | int | float | None]]:
    yield "rows requested", round(report.rows)
    yield "rows logged", report.rows_logged
    yield "rows with known truth", report.performance.labelled_rows
    yield "columns that drift", sum(column.is_drifting for column in report.columns)


def _iterate_performance(performance: Performance) -> Iterator[tuple[str, str, str]]:
    labelled = f"on {describe_judged(performance)}"
    for label, estimate in (
        ("in training, out of fold", performance.reference),
        (labelled, performance.labelled),
        ("now, estimated without truth", performance.estimated),
    ):
        if estimate is not None:
            yield label, format_value(estimate.value), describe_bounds(estimate)


def _describe_concept(report: MonitoringReport) -> list[Message]:
    concept = report.concept
    if concept is None:
        return [("note", "No change of the errors of labelled rows was found, or too few rows are labelled.")]
    text = (
        f"Since {format_moment(concept.since)} the mean loss of a labelled row is "
        f"{format_value(concept.after)}; before it was {format_value(concept.before)} ({concept.detector})."
    )
    return [("error" if concept.is_drifting else "note", text)]


def _list_cells(column: ColumnDrift) -> Sequence[str | float | None]:
    loss = column.loss.value if column.loss is not None else None
    return [
        column.name,
        "drifts" if column.is_drifting else "steady",
        "yes" if column.is_used else "no",
        loss,
        column.effect,
        column.threshold,
        None if column.psi is None else round(column.psi, 4),
        None if column.second_p is None else round(column.second_p, 4),
        column.null_share,
        column.reference_null_share,
    ]


def _describe_span(report: MonitoringReport) -> str:
    if report.start is None or report.end is None:
        return "no logged rows"
    return f"requests from {format_moment(report.start)} to {format_moment(report.end)}"
