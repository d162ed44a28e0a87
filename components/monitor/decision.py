"""What to do about a model in use, by the owner's policy."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from components._problem.duration import parse_duration
from components._problem.metrics import describe_metric
from components._problem.monitoring import Monitoring
from components._report.page import format_value
from components.errors import format_list
from components.monitor.record import ColumnDrift, ConceptDrift, Loss, MonitoringDecision, Performance
from components.monitor.wording import describe_judged, format_moment


def decide(
    loss: Loss,
    columns: Sequence[ColumnDrift],
    performance: Performance,
    concept: ConceptDrift | None,
    policy: Monitoring,
    last_retrained: datetime | None,
    now: datetime,
    obstacle: str,
) -> MonitoringDecision:
    """Return what to do, with the reasons.

    A loss above the budget, a model that became worse on labelled rows, and a rise of the errors are
    alerts. Drift alone is not: only its loss counts. With ``policy.retrain`` such an alert becomes a
    decision to retrain, unless the last one is within the cooldown, the log cannot train a model, or the loss
    comes from a column that is broken: a model that learns from broken values does not help.

    Parameters
    ----------
    loss : Loss
        The expected loss per day.
    columns : sequence of ColumnDrift
        The model's columns, the most costly first.
    performance, concept : Performance, ConceptDrift or None
        The model on labelled rows.
    policy : Monitoring
        What the owner asks.
    last_retrained : datetime or None
        Time of the last decision to retrain, in UTC.
    now : datetime
        The time of the report, in UTC.
    obstacle : str
        Why no model can be trained on the log; empty if one can.
    """
    alerts = list(_iterate_alerts(loss, performance, concept))
    broken = [c.name for c in columns if c.is_drifting and c.is_used and c.basis in ("substituted", "both")]
    if not alerts:
        return MonitoringDecision("nothing", tuple(_explain_calm(loss, columns)))
    if not policy.retrain:
        return MonitoringDecision("alert", tuple(alerts))
    cooled = last_retrained is None or now >= last_retrained + timedelta(
        seconds=parse_duration(policy.cooldown)
    )
    if broken:
        reason = (
            f"No retraining: values of {format_list(broken)} are outside of what training saw. If the source "
            "is broken, repair it. If the values are right, train on rows that have them."
        )
        return MonitoringDecision("alert", (*alerts, reason))
    if not cooled:
        reason = (
            f"No retraining: the last one was decided at {last_retrained:%Y-%m-%d %H:%M} UTC, and the "
            f"cooldown is {policy.cooldown}."
        )
        return MonitoringDecision("alert", (*alerts, reason))
    decision = MonitoringDecision("retrain", tuple(alerts))
    return refuse_retraining(decision, obstacle) if obstacle else decision


def refuse_retraining(decision: MonitoringDecision, obstacle: str) -> MonitoringDecision:
    """Return a decision to retrain as an alert, because no model can be trained.

    Parameters
    ----------
    decision : MonitoringDecision
        The decision.
    obstacle : str
        Why, as a sentence.
    """
    return MonitoringDecision("alert", (*decision.reasons, f"No retraining: {obstacle}"))


def _iterate_alerts(loss: Loss, performance: Performance, concept: ConceptDrift | None) -> Iterator[str]:
    if loss.is_above_budget and loss.per_day is not None:
        yield (
            f"The expected loss is {format_value(loss.per_day.value)} {loss.unit} per day; the budget is "
            f"{format_value(loss.budget)}."
        )
    if performance.is_worse and performance.labelled is not None:
        yield (
            f"On {describe_judged(performance)} {describe_metric(performance.metric)} is "
            f"{format_value(performance.labelled.value)}; in training it was "
            f"{format_value(performance.reference.value)}. The difference is more than chance."
        )
    if concept is not None and concept.is_drifting:
        yield (
            f"Since {format_moment(concept.since)} the mean loss of a labelled row is "
            f"{format_value(concept.after)}; before it was {format_value(concept.before)}."
        )


def _explain_calm(loss: Loss, columns: Sequence[ColumnDrift]) -> Iterator[str]:
    drifting = [column for column in columns if column.is_drifting]
    used = [column.name for column in drifting if column.is_used]
    unused = [column.name for column in drifting if not column.is_used]
    if loss.per_day is not None and loss.budget is not None:
        is_within = loss.per_day.value <= loss.budget
        yield (
            f"The expected loss of {format_value(loss.per_day.value)} {loss.unit} per day "
            f"{'is within the budget' if is_within else 'may be chance; the budget is'} "
            f"{'of ' if is_within else ''}{format_value(loss.budget)}."
        )
    elif loss.per_day is not None and used:
        yield "Drift alone is no alert: problem.yaml has no monitoring.budget."
    if unused:
        yield f"The model does not use {format_list(unused)}, so this drift costs nothing."
    if not drifting:
        yield "No column drifts."
