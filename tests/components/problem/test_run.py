from pathlib import Path

import pytest

from components._problem.spec import Problem
from components.errors import InvalidSetting
from components.problem.run import run


def _run(folder: Path, details: dict[str, object], task: str = "auto", metric: str = "auto") -> Problem:
    problem, brief = folder / "problem", folder / "brief"
    run(problem=str(problem), brief=str(brief), target="churned", task=task, metric=metric, details=details)
    return Problem.load(problem)


def test_the_specification_holds_the_parameters_and_the_details(tmp_path: Path) -> None:
    gates = [{"metric": "roc_auc", "min": 0.75}]
    problem = _run(tmp_path, {"gates": gates, "identifiers": ["id"], "owner": "Ada"}, task="binary")
    assert (problem.target, problem.task, problem.metric) == ("churned", "binary", "auto")
    assert str(problem.gates[0]) == "0.75 ≤ roc_auc"
    assert (problem.identifiers, problem.owner) == (("id",), "Ada")
    assert (tmp_path / "brief").read_text(encoding="utf-8").startswith("# Brief: predict churned\n")


@pytest.mark.parametrize("repeated", [{"target": "churned"}, {"task": "auto"}, {"metric": "auto"}])
def test_details_may_repeat_a_parameter_with_the_same_value(
    tmp_path: Path, repeated: dict[str, object]
) -> None:
    assert _run(tmp_path, repeated).target == "churned"


def test_details_may_decide_what_a_parameter_leaves_open(tmp_path: Path) -> None:
    problem = _run(tmp_path, {"task": "binary", "metric": "average_precision"})
    assert (problem.task, problem.metric) == ("binary", "average_precision")


def test_details_and_a_parameter_may_not_disagree(tmp_path: Path) -> None:
    with pytest.raises(InvalidSetting, match="The metric is set twice: 'accuracy' as a parameter and 'f1'"):
        _run(tmp_path, {"metric": "f1"}, metric="accuracy")


@pytest.mark.parametrize(
    ("details", "message"),
    [
        ({"target": "spent"}, "The target is set twice: 'churned' as a parameter and 'spent' in the details"),
        ({"classes": ["a", "b"]}, "The details set the classes"),
        ({"identifers": ["id"]}, "identifers: unknown key. Did you mean 'identifiers'?"),
    ],
)
def test_details_that_cannot_hold_are_refused_and_nothing_is_written(
    tmp_path: Path, details: dict[str, object], message: str
) -> None:
    with pytest.raises(InvalidSetting, match=message.replace("?", r"\?")):
        _run(tmp_path, details)
    assert not list(tmp_path.iterdir())
