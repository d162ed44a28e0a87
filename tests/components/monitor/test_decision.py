from dataclasses import replace
from datetime import datetime

import pytest

from components._metrics.estimate import Estimate
from components._problem.monitoring import Monitoring
from components.monitor.decision import decide
from components.monitor.record import Action, ColumnDrift, ConceptDrift, Loss, Performance

NOW = datetime(2026, 11, 29, 12)
COLUMN = ColumnDrift(
    "income", "float", is_used=True, measure="wasserstein", threshold=0.1, effect=0.4, psi=0.3,
    second="kolmogorov_smirnov", second_p=0.001, reference="the training rows", is_drifting=True,
    since="2026-11-26", windows=(), basis="reweighted",
)  # fmt: skip
COSTLY = Loss("EUR", Estimate(600.0, 400.0, 800.0), "labelled rows", budget=500.0)
CHEAP = Loss("EUR", Estimate(100.0, 50.0, 150.0), "labelled rows", budget=500.0)
SAME = Performance("roc_auc", is_error=False, reference=Estimate(0.8, 0.78, 0.82))
WORSE = replace(SAME, labelled=Estimate(0.7, 0.68, 0.72), judged_rows=2_000, is_worse=True)
RETRAIN = Monitoring(budget=500.0, retrain=True)
RISE = ConceptDrift("ADWIN", "2026-11-27T08:00:00", 0.1, 0.3, is_drifting=True)


@pytest.mark.parametrize(
    ("loss", "columns", "performance", "concept", "policy", "last", "action", "reason"),
    [
        (CHEAP, [COLUMN], SAME, None, RETRAIN, None, "nothing", "is within the budget of 500"),
        (
            COSTLY, [COLUMN], SAME, None, Monitoring(budget=500.0), None,
            "alert", "600 EUR per day; the budget is 500",
        ),
        (COSTLY, [COLUMN], SAME, None, RETRAIN, None, "retrain", "600 EUR per day"),
        (COSTLY, [COLUMN], SAME, None, RETRAIN, datetime(2026, 11, 25), "alert", "the cooldown is 7 days"),
        (COSTLY, [COLUMN], SAME, None, RETRAIN, datetime(2026, 11, 1), "retrain", "600 EUR"),
        (
            COSTLY, [replace(COLUMN, basis="substituted")], SAME, None, RETRAIN, None,
            "alert", "values of income are outside of what training saw",
        ),
        (
            CHEAP, [], WORSE, None, RETRAIN, None,
            "retrain", "2,000 labelled rows ROC AUC is 0.7; in training it was 0.8",
        ),
        (CHEAP, [], SAME, RISE, RETRAIN, None, "retrain", "the mean loss of a labelled row is 0.3"),
        (CHEAP, [], SAME, replace(RISE, is_drifting=False), RETRAIN, None, "nothing", "No column drifts"),
        (
            replace(CHEAP, budget=None), [COLUMN], SAME, None, Monitoring(), None,
            "nothing", "no monitoring.budget",
        ),
        (
            CHEAP, [replace(COLUMN, is_used=False, effect=9.0, basis="none")], SAME, None, RETRAIN, None,
            "nothing", "The model does not use income, so this drift costs nothing",
        ),
        (
            replace(COSTLY, per_day=Estimate(600.0, -10.0, 1200.0)), [COLUMN], SAME, None, RETRAIN, None,
            "nothing", "600 EUR per day may be chance; the budget is 500.",
        ),
    ],
)  # fmt: skip
def test_the_policy_decides(
    loss: Loss,
    columns: list[ColumnDrift],
    performance: Performance,
    concept: ConceptDrift | None,
    policy: Monitoring,
    last: datetime | None,
    action: Action,
    reason: str,
) -> None:
    decision = decide(loss, columns, performance, concept, policy, last, NOW, "")
    assert decision.action == action
    assert any(reason in sentence for sentence in decision.reasons), decision.reasons


def test_a_log_that_cannot_train_a_model_is_an_alert() -> None:
    decision = decide(COSTLY, [COLUMN], SAME, None, RETRAIN, None, NOW, "12 labelled rows are too few.")
    assert decision.action == "alert"
    assert decision.reasons[-1] == "No retraining: 12 labelled rows are too few."
