from pathlib import Path

import pytest

from components._problem.verdict import RejectedRun, Verdict


def test_what_is_saved_is_what_is_loaded(tmp_path: Path) -> None:
    verdict = Verdict(("one class only",), "Name another target.", {"rows": 3})
    verdict.save(tmp_path / "verdict")
    assert Verdict.load(tmp_path / "verdict") == verdict


def test_a_failure_stops_the_run_with_every_reason_and_the_remedy() -> None:
    verdict = Verdict(("one class only", "too few rows"), "Name another target.")
    with pytest.raises(RejectedRun, match=r"^one class only\ntoo few rows\nName another target\.$"):
        verdict.enforce()


def test_without_a_failure_the_run_goes_on() -> None:
    verdict = Verdict((), "")
    verdict.enforce()
    assert verdict.passed


def test_a_figure_that_json_cannot_hold_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="JSON"):
        Verdict((), "", {"score": float("nan")}).save(tmp_path / "verdict")
