"""A run gives the same model on a busy machine as on an idle one."""

import json
from contextlib import nullcontext
from pathlib import Path

import pytest

from tests.end_to_end.test_run import find_artifact, train_tables
from tests.load import keep_machine_busy

# More than the portfolio: the last trials are those that the search proposes.
N_TRIALS = "15"
FILES = ("signature.json", "profile.json", "golden.json")


@pytest.mark.slow
def test_a_run_on_a_busy_machine_gives_the_same_model(tmp_path: Path) -> None:
    models, lineages = [], []
    for name, load in (("idle", nullcontext()), ("busy", keep_machine_busy())):
        with load:
            folder = train_tables(tmp_path, "binary", name, "--trials", N_TRIALS, "--minutes", "60")
        model = find_artifact(folder, "train", "model")
        models.append({file: (model / file).read_bytes() for file in FILES})
        lineages.append(json.loads((model / "lineage.json").read_text(encoding="utf-8")))
    idle, busy = lineages
    assert not busy["ended_by_time"]
    assert not busy["hurried_by_time"]
    assert idle["models"] == busy["models"]
    assert idle["cross_validated"] == busy["cross_validated"]
    assert models[0] == models[1]
