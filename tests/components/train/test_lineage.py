import json

from components._table.notice import Notice
from components.train.lineage import build_lineage
from tests.components.train.conftest import Training


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
