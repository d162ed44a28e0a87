from dataclasses import replace

import pytest

from components._table.findings import Effect, Receipt
from components.eda.receipt_cards import build_receipt_card, describe_change

EFFECT = Effect("Leaving out `fee`", "trees", "roc_auc", 0.98, 0.76, -0.22, -0.24, -0.20, 500)
RECEIPT = Receipt(
    kind="leak",
    columns=("fee",),
    text="It tells.",
    consequence="Left out.",
    line="keep: [fee]",
    line_meaning="overrules",
    shown=("fee", "y"),
    rows=(("3", "yes"),),
    effect=EFFECT,
)


def test_a_card_has_all_parts_of_a_receipt() -> None:
    card = build_receipt_card(RECEIPT)
    assert card.title == "fee: predicts the target by itself"
    assert card.text == "It tells. Left out."
    assert (card.advice, card.line) == ("To keep it nevertheless, write in problem.yaml:", "keep: [fee]")
    assert (card.headers, card.rows) == (("fee", "y"), (("3", "yes"),))
    assert card.level == "error"
    assert card.effect == (
        "Leaving out `fee` changes the ROC AUC by -0.220 (-0.240 to -0.200), from 0.980 to 0.760: "
        "without that, the score is too good. Measured by a quick model of trees."
    )
    assert (
        build_receipt_card(replace(RECEIPT, kind="duplicates", columns=())).title == "Rows that repeat others"
    )


@pytest.mark.parametrize(
    ("kind", "metric", "change", "level", "conclusion"),
    [
        ("group", "roc_auc", -0.2, "warning", "the score is too good"),
        ("group", "neg_root_mean_squared_error", 0.2, "warning", "the score is too good"),
        ("group", "roc_auc", 0.2, "good", "better"),
        ("skewed", "neg_log_loss", -0.2, "good", "better"),
        ("skewed", "neg_log_loss", 0.2, "note", "worse, so leave it as it is"),
        ("outliers", "neg_log_loss", -0.2, "good", "better, as the later stages do it"),
        ("outliers", "neg_log_loss", 0.2, "warning", "worse, although the later stages do it"),
        ("unique", "roc_auc", 0.0, "note", "no difference"),
    ],
)
def test_the_sign_is_said_in_words(kind, metric, change, level, conclusion) -> None:
    effect = replace(EFFECT, metric=metric, change=change, low=change - 0.1, high=change + 0.1)
    card = build_receipt_card(replace(RECEIPT, kind=kind, effect=effect))
    assert card.level == level
    assert f"{conclusion}. Measured by" in card.effect


@pytest.mark.parametrize(("kind", "level"), [("leak", "warning"), ("empty", "warning"), ("skewed", "note")])
def test_an_effect_that_is_not_measured_says_why(kind, level) -> None:
    card = build_receipt_card(replace(RECEIPT, kind=kind, effect=None, unmeasured="Too few rows."))
    assert (card.level, card.effect) == (level, "Effect not measured. Too few rows.")


def test_no_change_at_all_keeps_the_digits_of_the_metric() -> None:
    effect = replace(EFFECT, before=0.84712, after=0.84712, change=0.0, low=0.0, high=0.0)
    assert describe_change(effect).endswith("by 0.000 (0.000 to 0.000), from 0.847 to 0.847")
