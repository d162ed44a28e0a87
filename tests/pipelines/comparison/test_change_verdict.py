import pytest

from components._metrics.estimate import Estimate
from components.register.comparison import ChampionComparison
from pipelines.comparison.change_verdict import find_detectable_loss, judge_change


def make_scores(better_by: Estimate | None) -> ChampionComparison:
    return ChampionComparison("roc_auc", 0.8, 0.81, better_by)


@pytest.mark.parametrize(
    ("better_by", "margin", "outcome", "words"),
    [
        (Estimate(-0.01, -0.02, -0.001), 0.0, "loss", "accepts no loss"),
        (Estimate(-0.01, -0.02, -0.001), 0.005, "loss", "worse by 0.01 (95 % interval 0.001 to 0.02)"),
        (Estimate(-0.01, -0.02, -0.001), 0.01, "small loss", "up to 0.01"),
        (
            Estimate(-0.01, -0.03, 0.0),
            0.0,
            "neutral",
            "is 0.01 worse on 2,000 common test rows, within chance",
        ),
        (Estimate(-0.01, -0.03, 0.02), 0.0, "neutral", "is from 0.03 worse to 0.02 better"),
        (Estimate(0.0, -0.0196, 0.0196), 0.0, "neutral", "the same on"),
        (Estimate(0.0, -0.0196, 0.0196), 0.0, "neutral", "A loss of 0.028 or more would have been found"),
        (Estimate(0.01, 0.001, 0.02), 0.0, "gain", "better by 0.01"),
        (Estimate(-0.01), 0.0, "unknown", "too few"),
        (None, 0.0, "unknown", "too few"),
    ],
)
def test_only_a_significant_loss_above_the_margin_fails(
    better_by: Estimate | None, margin: float, outcome: str, words: str
) -> None:
    verdict = judge_change(make_scores(better_by), margin, 2000, is_equal=False)
    assert verdict.outcome == outcome
    assert words in verdict.sentence
    assert verdict.is_loss == (outcome == "loss")


def test_equal_predictions_are_no_difference() -> None:
    verdict = judge_change(make_scores(Estimate(0.0, 0.0, 0.0)), 0.0, 2000, is_equal=True)
    assert (verdict.outcome, verdict.level) == ("equal", "good")
    assert "bit for bit" in verdict.sentence


def test_the_detectable_loss_is_that_of_four_fifths_power() -> None:
    # 2.80 standard errors, of which the interval has 1.96 on each side.
    assert find_detectable_loss(Estimate(0.3, -1.66, 2.26)) == pytest.approx(2.802)
