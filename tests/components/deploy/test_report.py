import pytest

from components.deploy.canary import RolloutResult
from components.deploy.model_endpoint import CanaryMetrics, ModelCheckError
from components.deploy.objects import Release
from components.deploy.report import describe_interruption, render_rollout
from components.deploy.settings import Settings

OLD, NEW = (Release("churn", number, f"s3://models/{number}", "kfp-tabular") for number in "12")
STEPS = [(10, CanaryMetrics(40, 1, 12.34, 60, 0)), (50, CanaryMetrics(40, 0, 10.0))]


@pytest.mark.parametrize(("served", "before"), [(None, "nothing"), (OLD, "version 1")])
def test_a_version_that_is_served_says_what_was_before(served: Release | None, before: str) -> None:
    text = render_rollout("my_churn", served, NEW, RolloutResult(2e-9, STEPS, is_split=True), [])
    assert text.startswith(f"# my\\_churn: version 2 is served\n\nBefore, {before} was served.")
    assert "the largest difference is 2.0e-09." in text
    assert "| 10 % | 40 | 60 | 1.0% | 12.3 ms |" in text
    assert "not split" not in text


def test_a_rollback_says_why() -> None:
    failure = ModelCheckError("It is slow.", "Give it more.")
    text = render_rollout(
        "churn", OLD, NEW, RolloutResult(failure=failure, undo_error="It is gone."), ["Run 7 died."]
    )
    assert text == (
        "# churn: rolled back\n\nVersion 2 is not served. It is slow. Give it more.\n\nRun 7 died.\n\n"
        "The rollback was not complete: It is gone.\n"
    )


def test_requests_that_were_not_split_are_said() -> None:
    assert "Requests were not split" in render_rollout("churn", OLD, NEW, RolloutResult(steps=STEPS[:1]), [])


LOGGED = Settings(mode="Standard", log_sink="http://sink")


@pytest.mark.parametrize(
    ("before", "now", "words"),
    [
        (Settings(mode="Standard"), LOGGED, "The log was turned on."),
        (LOGGED, Settings(mode="Standard"), "The log was turned off."),
        (LOGGED, LOGGED, ""),
        (None, LOGGED, ""),
        (Settings(mode="Knative"), Settings(mode="Knative", log_sink="http://sink"), ""),
    ],
)
def test_a_service_that_kserve_interrupts_for_its_logger_says_so(
    before: Settings | None, now: Settings, words: str
) -> None:
    text = describe_interruption(before, now)
    assert text.startswith(words)
    assert bool(text) == bool(words)
