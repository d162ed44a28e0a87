from datetime import UTC, datetime

import pytest

from components._metrics.estimate import Estimate
from components._tracking.registry_version import RegistryVersion
from components.register.comparison import ChampionComparison
from components.register.report import render_registration, render_unregistered_model

VERSION = RegistryVersion(
    "my_churn", "7", (), {"family": "linear", "evaluation": "{}"}, None, "", datetime.now(UTC)
)
CHAMPION = RegistryVersion("my_churn", "3", ("champion",), {}, None, "", datetime.now(UTC))


def test_the_report_leads_to_the_run_in_mlflow_where_it_has_an_address() -> None:
    words = "[Its run in MLflow](https://mlflow.example/#/experiments/1/runs/a)"
    link = words.partition("(")[2].removesuffix(")")
    assert words in render_registration(VERSION, None, None, "", link=link)
    assert "Its run in MLflow" not in render_registration(VERSION, None, None, "")


def test_a_version_without_a_champion_says_why() -> None:
    text = render_registration(VERSION, None, None, "There is no champion yet.")
    assert text.startswith(r"# my\_churn, version 7")
    assert "models promote 7 --model" in text
    assert "There is no champion yet." in text
    assert "| family | linear |" in text
    assert "evaluation" not in text


@pytest.mark.parametrize(
    ("better_by", "expected"),
    [
        (Estimate(0.05, 0.01, 0.09), "The challenger is better: better by 0.05, 95 % interval 0.01 to 0.09"),
        (Estimate(-0.05, -0.09, -0.01), "The challenger is worse: better by -0.05"),
        (Estimate(0.0, -0.01, 0.01), "The challenger is no different for sure"),
        (Estimate(0.05), "There are too few rows to say which is better."),
        (None, "There are too few rows to say which is better."),
    ],
)
def test_a_comparison_says_which_is_better(better_by: Estimate | None, expected: str) -> None:
    text = render_registration(VERSION, CHAMPION, ChampionComparison("roc_auc", 0.85, None, better_by), "")
    assert "ROC AUC on the same test rows: challenger 0.85, champion (version 3) undefined." in text
    assert expected in text


def test_without_a_registry_the_report_says_what_to_set() -> None:
    assert render_unregistered_model("a_b").startswith(r"# a\_b is not registered")
