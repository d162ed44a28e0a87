"""A column with a role can be a feature as well."""

import json
from pathlib import Path

import pytest

from benchmarks.stages import run_stages


@pytest.mark.slow
@pytest.mark.parametrize(
    ("details", "column"),
    [
        ({"sensitive": ["plan"], "keep": ["plan"]}, "plan"),
        ({"group": "tenure_months", "keep": ["tenure_months"]}, "tenure_months"),
        ({"event_time": "signup_date", "keep": ["signup_date"]}, "signup_date"),
        ({"keep": ["closure_fee"]}, "closure_fee"),
    ],
    ids=["sensitive", "group", "event time", "leak"],
)
def test_a_kept_column_reaches_the_model_and_is_judged(
    details: dict[str, object], column: str, tmp_path: Path
) -> None:
    question = {"identifiers": ["customer_id"], **details}
    run_stages(tmp_path, "sample:churn?rows=1200", "churned", question, trials=2)
    signature = json.loads((tmp_path / "model" / "signature.json").read_text(encoding="utf-8"))
    assert column in signature["columns"]
    record = json.loads((tmp_path / "judged").read_text(encoding="utf-8"))["record"]
    assert record["score"] > record["baseline"]
