import json

import pytest

from components._table.notice import Notice
from components.train.lineage import build_lineage
from tests.components.train.conftest import Training


@pytest.mark.slow
def test_the_lineage_says_what_a_model_is_made_of(training: Training) -> None:
    built, latency = training.trained.built, training.trained.latency
    notices = [Notice("warning", "It is slow.", "Wait."), Notice("note", "By the way.")]
    lineage = build_lineage(built, latency, training.sweep, notices)
    assert json.loads(json.dumps(lineage, allow_nan=False)) == lineage
    assert sum(model["fits"] for model in lineage["models"]) == len(built.parts)
    assert sum(model["weight"] for model in lineage["models"]) == sum(m.weight for m in built.choice.members)
    assert lineage["warnings"] == [{"text": "It is slow.", "remedy": "Wait."}]
    assert (lineage["trials"], lineage["trials_ended"], lineage["trials_asked"]) == (2, 3, 3)
    assert lineage["cross_validated"]["score"] == built.choice.score
    assert latency is not None
    assert lineage["latency"]["served_ms"] == latency.served_ms
    assert lineage["latency"]["without_limit"]["title"] == latency.free_title


def test_without_a_limit_there_is_no_latency(training: Training) -> None:
    assert "latency" not in build_lineage(training.trained.built, None, training.sweep, [])


def test_of_a_table_beyond_the_memory_each_trial_has_its_rows(training: Training) -> None:
    built = training.trained.built
    numbers = [member.trial.number for member in built.choice.members]
    learnt = {number: 1_000 + number for number in numbers}
    lineage = build_lineage(built, None, training.sweep, [], learnt)
    assert [model["rows"] for model in lineage["models"]] == list(learnt.values())
    assert all("rows" not in model for model in training.trained.built.package.lineage["models"])
