import pytest

from components._problem.spec import Problem
from components.problem.brief import render_brief


def _get_section(text: str, title: str) -> str:
    return text.split(f"## {title}\n\n")[1].split("\n\n## ")[0].strip()


FULL = {
    "target": "churned",
    "task": "binary",
    "metric": "log_loss",
    "positive_label": "yes",
    "gates": [{"metric": "roc_auc", "min": 0.75}, {"metric": "log_loss", "max": 0.5}],
    "value": {"tp": 100, "fp": -10},
    "identifiers": ["customer_id"],
    "event_time": "signed_up",
    "group": "household",
    "sensitive": ["gender"],
    "owner": "Ada",
    "description": "Whom should we call?",
}


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        (
            "What is predicted",
            "| Question | Answer |\n| --- | --- |\n| Target | churned |\n"
            "| Task | binary: one of two classes |\n| Metric | log loss, smaller is better |\n"
            "| Positive class | yes |",
        ),
        (
            "When the model is good enough",
            "The model must keep all of these on the test rows:\n\n- 0.75 ≤ roc\\_auc\n- log\\_loss ≤ 0.5",
        ),
        (
            "What each outcome is worth",
            "| Outcome | Worth |\n| --- | --- |\n| correctly predicted positive | 100 |\n"
            "| wrongly predicted positive | \\-10 |\n| wrongly predicted negative | 0 |\n"
            "| correctly predicted negative | 0 |",
        ),
        ("Open until the data are seen", "Nothing."),
        ("Sign-off", "| Name | Role | Date | Signature |\n| --- | --- | --- | --- |\n|  |  |  |  |"),
    ],
)
def test_a_full_specification_is_written_in_words(title: str, expected: str) -> None:
    assert _get_section(render_brief(Problem.from_settings(FULL)), title) == expected


def test_the_question_and_its_owner_come_first() -> None:
    lines = render_brief(Problem.from_settings(FULL)).splitlines()
    assert lines[:5] == ["# Brief: predict churned", "", "Whom should we call?", "", "Owner: Ada"]


def test_every_column_with_a_role_is_listed() -> None:
    table = _get_section(render_brief(Problem.from_settings(FULL)), "Columns with a role")
    roles = [tuple(cell.strip() for cell in line.split(" | ")[:2]) for line in table.splitlines()[2:]]
    assert roles == [
        ("| churned", "target"),
        ("| signed\\_up", "event time"),
        ("| household", "group"),
        ("| customer\\_id", "identifier"),
        ("| gender", "sensitive"),
    ]


def test_a_short_specification_says_what_is_still_open() -> None:
    text = render_brief(Problem.from_settings({"target": "churned"}))
    assert "*Nobody has written down what the model is for.*" in text
    assert "Owner: *nobody yet*" in text
    assert "must beat the baseline" in _get_section(text, "When the model is good enough")
    assert "What each outcome is worth" not in text
    assert _get_section(text, "Open until the data are seen") == (
        "- the task, by the target's values\n- the metric, by the task\n"
        "- the positive class, if there are two classes"
    )


@pytest.mark.parametrize(
    ("metric", "task", "expected"),
    [
        ("auto", "auto", "decided by the task"),
        ("roc_auc", "binary", "ROC AUC, larger is better"),
        ("neg_log_loss", "auto", "log loss, smaller is better"),
        ("max_error", "auto", "max error, smaller is better"),
    ],
)
def test_the_metric_is_named_as_people_write_it_with_its_direction(
    metric: str, task: str, expected: str
) -> None:
    text = render_brief(Problem.from_settings({"target": "y", "task": task, "metric": metric}))
    assert f"| Metric | {expected} |" in text


def test_who_approves_is_named_by_the_keys_fingerprint() -> None:
    key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHVwFgxoONS6D4nRdZQXKPdpCHHHYgvSjMtF4NCpC2e4 maria"
    brief = render_brief(Problem.from_settings({"target": "y", "approvers": {"maria": key}}))
    assert "## Who approves a version" in brief
    assert "Before deploy serves a version, 1 of these must approve it:" in brief
    assert "| maria | SHA256:" in brief
