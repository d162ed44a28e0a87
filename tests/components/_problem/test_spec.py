from pathlib import Path

import pytest

from components._problem.spec import Gate, Problem
from components.errors import InvalidSetting


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({}, "target: field required"),
        ({"target": ""}, "target: string should have at least 1 character"),
        ({"target": "y", "task": "binry"}, r"task 'binry' is not known\. Did you mean 'binary'\?"),
        ({"target": "y", "task": "cluster"}, "Known tasks: auto, binary, multiclass, regression"),
        (
            {"target": "y", "metric": "root_mean_squared_eror"},
            r"does not fit any task\. Did you mean 'root_mean_squared_error'",
        ),
        ({"target": "y", "header": "yes"}, "header: must be true, false or the number of a line, got 'yes'"),
        (
            {"target": "y", "columns": {"a": {"nulls": [-999]}}},
            r"columns\.a\.nulls\.0: .*, got -999\. Write it in quotes: '-999'",
        ),
        (
            {"target": "y", "columns": {"a": {"kind": "numbr"}}},
            r"columns\.a\.kind: .*, got 'numbr'\. Did you mean 'number'\?",
        ),
        ({"target": "y", "task": "regression", "metric": "f1"}, "metric 'f1' does not fit a regression task"),
        ({"target": "y", "metric": "value"}, "metric 'value' needs the worth of each outcome"),
        ({"target": "y", "gates": [{"metric": "value", "min": 1}]}, "gate 'value' needs the worth"),
        ({"target": "y", "gates": [{"metric": "roc_auc"}]}, "gate on 'roc_auc' needs min or max"),
        (
            {"target": "y", "gates": [{"metric": "r2", "min": 1, "max": 0}]},
            r"the gate on 'r2' must have min ≤ max; got 1 ≤ r2 ≤ 0",
        ),
        (
            {"target": "y", "gates": [{"metric": "r2", "mim": 1}]},
            r"gates\.0\.mim: unknown key\. Did you mean 'min'\?",
        ),
        ({"target": "y", "value": {"tp": "much"}}, r"value\.tp: .*, got 'much'"),
        ({"target": "y", "value": {"tp": float("nan")}}, r"value\.tp: input should be a finite number"),
        ({"target": "y", "task": "multiclass", "value": {"tp": 1}}, "value needs a binary task"),
        (
            {"target": "y", "task": "regression", "positive_label": 1},
            "positive_label needs a binary task; task is 'regression'",
        ),
        ({"target": "y", "positive_label": 0.5}, "positive_label: must be text, a whole number"),
        ({"target": "y", "ownr": "Ada"}, r"ownr: unknown key\. Did you mean 'owner'\?"),
        ({"target": "y", "group": "y"}, "column 'y' is the target, so it cannot have the role group"),
        (
            {"target": "y", "keep": ["y"]},
            "column 'y' is the target or an identifier, so it cannot be in keep",
        ),
        (
            {"target": "y", "identifiers": ["id"], "keep": ["id"]},
            "column 'id' is the target or an identifier",
        ),
        (
            {"target": "y", "identifiers": ["id", "y"]},
            "column 'y' is the target, so it cannot have the role identifier",
        ),
        (
            {"target": "y", "monotonic": {"age": "rises"}},
            r"monotonic\.age: input should be 'rising' or 'falling', got 'rises'",
        ),
        ({"target": "y", "monotonic": ["age"]}, r"monotonic: input should be an object, got \['age'\]"),
        (
            {"target": "y", "task": "multiclass", "monotonic": {"age": "rising"}},
            "monotonic needs a binary task or a regression; task is 'multiclass'",
        ),
        (
            {"target": "y", "monotonic": {"y": "rising"}},
            "column 'y' is in monotonic, but is not a feature: its role is target",
        ),
        (
            {"target": "y", "identifiers": ["id"], "monotonic": {"id": "rising"}},
            "column 'id' is in monotonic, but is not a feature: its role is identifier",
        ),
        (
            {"target": "y", "sensitive": ["age"], "monotonic": {"age": "falling"}},
            "column 'age' is in monotonic, but is not a feature: its role is sensitive",
        ),
        (
            {"target": "y", "event_time": "day", "monotonic": {"day": "falling"}},
            "column 'day' is in monotonic, but is not a feature: its role is event time",
        ),
        (
            {"target": "y", "sensitive": ["age"], "actionable": ["age"]},
            "column 'age' is in actionable, but is not a feature: its role is sensitive",
        ),
        ({"target": "y", "actionable": "age"}, "actionable: input should be a valid (tuple|array)"),
        ({"target": "y", "gap": "7 days"}, "gap needs event_time"),
        ({"target": "y", "event_time": "t", "gap": "a week"}, "gap 'a week' is not a length of time"),
        (
            {"target": "y", "split_column": "part", "keep": ["part"]},
            "column 'part' is the split_column, so it cannot be in keep",
        ),
        ({"target": "y", "weight": "w", "metric": "roc_auc_ovo"}, "'roc_auc_ovo' cannot count rows by their"),
        (
            {"target": "y", "weight": "w", "keep": ["w"]},
            "column 'w' is the weight, so it cannot be in keep",
        ),
        ({"target": "y", "monitoring": {"budgt": 5}}, "budgt: unknown key. Did you mean 'budget'"),
        (
            {"target": "y", "monitoring": {"window": "a day"}},
            r"monitoring\.window: 'a day' is not a length of time: write it as 7 days",
        ),
        (
            {"target": "y", "value": {"tp": 1}, "monitoring": {"cost_per_error": 2}},
            "monitoring.cost_per_error and value both say what an error costs; leave one out",
        ),
    ],
)
def test_a_specification_that_does_not_hold_says_where(settings: dict[str, object], message: str) -> None:
    with pytest.raises(InvalidSetting, match=message):
        Problem.from_settings(settings)


def test_all_faults_are_named_at_once_and_once_each() -> None:
    settings = {"target": "y", "task": "regression", "metric": "f2", "group": "y", "positive_label": 1}
    with pytest.raises(InvalidSetting, match="wrong settings") as raised:
        Problem.from_settings(settings)
    what = raised.value.what.splitlines()
    assert [line.split()[1] for line in what[1:]] == ["metric", "positive_label", "column"]
    with pytest.raises(InvalidSetting, match="wrong settings") as raised:
        Problem.from_settings({"target": "y", "positive_label": [1], "ownr": ""})
    assert [line.split()[1] for line in raised.value.what.splitlines()[1:]] == ["positive_label:", "ownr:"]


def test_what_is_saved_is_what_is_loaded(tmp_path: Path) -> None:
    problem = Problem.from_settings(
        {
            "target": "Größe",
            "task": "binary",
            "metric": "value",
            "positive_label": True,
            "classes": [False, True],
            "gates": [{"metric": "roc_auc", "min": 0.75}],
            "value": {"tp": 100, "fp": -10},
            "sensitive": ["gender"],
            "monotonic": {"Alter": "rising", "debt": "falling"},
        }
    )
    problem.save(tmp_path / "problem")
    loaded = Problem.load(tmp_path / "problem")
    assert loaded == problem
    assert [type(label) for label in loaded.classes] == [bool, bool]


@pytest.mark.parametrize("label", ["1", 1, True])
def test_a_label_keeps_its_type(label: str | int | bool) -> None:
    parsed = Problem.from_settings({"target": "y", "positive_label": label})
    assert type(parsed.positive_label) is type(label)


def test_the_most_important_role_of_a_column_counts() -> None:
    problem = Problem(
        target="y",
        identifiers=("id", "when"),
        event_time="when",
        sensitive=("id", "sex"),
        split_column="part",
    )
    assert problem.named_columns == {
        "part": "split",
        "id": "identifier",
        "sex": "sensitive",
        "when": "event time",
        "y": "target",
    }


@pytest.mark.parametrize("task", ["auto", "binary", "regression"])
def test_predictions_may_have_to_rise_or_fall_with_features(task: str) -> None:
    settings = {"event_time": "day", "sensitive": ["age"], "keep": ["day", "age"]}
    monotonic = {"age": "rising", "day": "falling", "debt": "rising"}
    assert (
        Problem.from_settings({"target": "y", "task": task, "monotonic": monotonic, **settings}).monotonic
        == monotonic
    )


@pytest.mark.parametrize(
    ("actionable", "expected"), [(None, ["debt"]), ([], []), (["age"], ["age"]), (["debt"], ["debt"])]
)
def test_without_a_list_a_person_can_change_all_but_what_is_sensitive(
    actionable: list[str] | None, expected: list[str]
) -> None:
    settings = {"target": "y", "sensitive": ["age"], "keep": ["age"], "actionable": actionable}
    problem = Problem.from_settings(settings)
    assert [name for name in ("age", "debt") if problem.is_actionable(name)] == expected


def test_an_open_task_is_not_used_by_mistake() -> None:
    problem = Problem(target="y")
    assert not problem.is_resolved
    with pytest.raises(ValueError, match="not resolved"):
        _ = problem.kind


@pytest.mark.parametrize(
    ("gate", "text"),
    [
        (Gate(metric="roc_auc", min=0.75), "0.75 ≤ roc_auc"),
        (Gate(metric="log_loss", max=0.5), "log_loss ≤ 0.5"),
        (Gate(metric="r2", min=0, max=1), "0 ≤ r2 ≤ 1"),
    ],
)
def test_a_gate_reads_as_an_inequality(gate: Gate, text: str) -> None:
    assert str(gate) == text


def test_what_does_not_hold_beside_a_wrong_value_is_told_with_it() -> None:
    settings = {"target": "y", "task": "binry", "metric": "rsme", "gates": [{"metric": "f1"}], "group": "y"}
    with pytest.raises(InvalidSetting, match="wrong settings") as caught:
        Problem.from_settings(settings)
    for part in (
        "task 'binry'",
        "metric 'rsme'",
        "'f1' needs min or max",
        "'y' is the target, so it cannot have the role group",
    ):
        assert part in caught.value.what
    assert caught.value.remedy == "Correct the problem."


def test_one_key_needs_no_list_and_approvals_are_required_only_with_approvers() -> None:
    key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHVwFgxoONS6D4nRdZQXKPdpCHHHYgvSjMtF4NCpC2e4 maria"
    problem = Problem.from_settings({"target": "y", "approvers": {"maria": key}})
    assert (problem.approvers, problem.n_approvals) == ({"maria": (key,)}, 1)
    assert Problem.model_validate_json(problem.model_dump_json()) == problem
    assert Problem.from_settings({"target": "y"}).n_approvals == 0


def test_a_wrong_approver_is_named() -> None:
    with pytest.raises(InvalidSetting, match=r"approvers\.maria: this ssh-ed25519 key is damaged"):
        Problem.from_settings({"target": "y", "approvers": {"maria": "ssh-ed25519 AAAA"}})
