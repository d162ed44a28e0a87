from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from components._kubernetes.client import KubernetesError
from components.deploy.canary import RolloutResult, roll_out
from components.deploy.deployment_record import ClaimLost
from components.deploy.settings import Settings
from tests.components.deploy.model_answers import HELD_OUT, Answers, serve_answers


@dataclass
class Steps:
    """A rollout that notes its steps, and to which something may happen at one of them."""

    answers: Answers
    can_split: bool = True
    failing: object = ""
    error: BaseException = field(default_factory=lambda: KubernetesError("It broke.", ""))
    done: list[object] = field(default_factory=list)

    def _note(self, step: object) -> None:
        self.done.append(step)
        if step == self.failing:
            raise self.error

    def prepare(self) -> str:
        self._note("prepare")
        return self.answers.url

    def shift_traffic(self, percent: int) -> None:
        self._note(percent)

    def finish(self) -> str:
        self._note("finish")
        return self.answers.url

    def undo(self, phase: str) -> None:
        self._note(f"undo {phase}")

    def list_metric_urls(self) -> list[str]:
        return []


@pytest.fixture
def steps() -> Iterator[Steps]:
    with serve_answers() as answers:
        yield Steps(answers)


def run(steps: Steps, **changes: object) -> RolloutResult:
    quick = {"step_seconds": 0.05, "ready_seconds": 0.05, "max_p95_ms": 5000.0, **changes}
    settings = Settings(**quick)  # type: ignore[arg-type]
    return roll_out(steps, "churn", "2", HELD_OUT, settings, lambda *of: steps.done.append(of))


def test_the_steps_follow_each_other(steps: Steps) -> None:
    result = run(steps)
    assert steps.done == ["prepare", ("shift", 10), 10, ("shift", 50), 50, ("replace", 100), "finish"]
    assert (result.failure, result.is_split, result.largest_difference) == (None, True, 0.0)
    assert [percent for percent, _ in result.steps] == [10, 50]


def test_without_a_split_the_new_model_is_watched_once(steps: Steps) -> None:
    steps.can_split = False
    result = run(steps)
    assert steps.done == ["prepare", ("replace", 100), "finish"]
    assert [percent for percent, _ in result.steps] == [0]


@pytest.mark.slow_variants
@pytest.mark.parametrize(
    ("answers", "settings", "message"),
    [
        ({"version": "1"}, {}, "answers with version '1', not '2'"),
        ({"shift": 1.0}, {}, "The served prediction of held-out row 0"),
        ({"statuses": [500] * 99}, {}, "answers 500"),
        (
            {"statuses": [200, 200, 500]},
            {},
            r"In the step with 10 % of the requests, .* failed; 1\.0% are allowed",
        ),
        ({}, {"max_p95_ms": 1e-6}, r"step with 10 % .* took .* ms or more; 1e-06 ms are allowed"),
    ],
)
def test_a_model_that_fails_a_check_is_taken_back(
    steps: Steps, answers: dict[str, object], settings: dict[str, object], message: str
) -> None:
    vars(steps.answers).update(answers)
    result = run(steps, **settings)
    assert result.failure is not None
    with pytest.raises(type(result.failure), match=message):
        raise result.failure
    assert str(steps.done[-1]).startswith("undo ")


@pytest.mark.parametrize(
    ("failing", "phase"), [("prepare", "prepare"), (10, "shift"), (50, "shift"), ("finish", "replace")]
)
def test_a_step_that_fails_is_undone(steps: Steps, failing: object, phase: str) -> None:
    steps.failing = failing
    result = run(steps)
    assert result.failure is steps.error
    assert (steps.done[-1], result.undo_error) == (f"undo {phase}", "")


def test_a_run_that_lost_its_claim_undoes_nothing(steps: Steps) -> None:
    steps.failing, steps.error = 10, ClaimLost("Another has it.", "")
    with pytest.raises(ClaimLost, match="Another has it"):
        run(steps)
    assert steps.done[-1] == 10


def test_an_undo_that_fails_is_said_too(steps: Steps) -> None:
    steps.answers.version = "1"
    steps.failing = "undo prepare"
    result = run(steps)
    assert result.failure is not None
    assert result.undo_error.startswith("It broke.")


def test_a_defect_is_undone_and_passed_on(steps: Steps) -> None:
    steps.failing, steps.error = "finish", SystemExit("mine")
    with pytest.raises(SystemExit, match="mine"):
        run(steps)
    assert steps.done[-1] == "undo replace"
