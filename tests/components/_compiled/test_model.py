import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from components._compiled.model import FORMAT, CompiledModel, DamagedModel, ServingForm
from components._model.serving_form import build_serving_form
from components._recipe.model_input import to_rows
from tests.components._compiled.hostile import make_hostile_rows
from tests.components._model.ensembles import fit_ensemble
from tests.components._model.tables import KINDS


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("compiled")
    build_serving_form(fit_ensemble("binary")).save(folder)
    return folder


def test_what_is_stored_comes_back(stored: Path) -> None:
    rows = to_rows(make_hostile_rows(20), KINDS)
    loaded = CompiledModel(ServingForm.load(stored))
    np.testing.assert_array_equal(
        loaded.predict(rows), CompiledModel(build_serving_form(fit_ensemble("binary"))).predict(rows)
    )
    assert json.loads((stored / "plan.json").read_text())["format"] == FORMAT


def cut(name: str) -> Callable[[Path], None]:
    def spoil(folder: Path) -> None:
        whole = (folder / name).read_bytes()
        (folder / name).write_bytes(whole[: len(whole) // 2])

    return spoil


def change_plan(**changed: object) -> Callable[[Path], None]:
    def spoil(folder: Path) -> None:
        plan = json.loads((folder / "plan.json").read_text())
        (folder / "plan.json").write_text(json.dumps({**plan, **changed}))

    return spoil


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (cut("plan.json"), "cannot be read: JSONDecodeError"),
        (cut("arrays.npz"), "arrays.npz has changed since it was written"),
        (cut("trees-0.packed"), "trees-0.packed has changed since it was written"),
        (lambda folder: (folder / "trees-1.packed").unlink(), "cannot be read: FileNotFoundError"),
        (change_plan(format=99), f"a newer version .* has format 99, this version reads {FORMAT}"),
        (change_plan(format=3), "made by an older version of kfp-tabular: it has format 3"),
        (change_plan(columns=["amount"]), "does not hold together: KeyError"),
        (change_plan(form={"kind": "wizardry"}), "does not hold together: KeyError: 'wizardry'"),
        (
            change_plan(form={"kind": "trees", "trees": "trees-9"}),
            "does not hold together: KeyError: 'trees-9'",
        ),
        (
            change_plan(form={"kind": "trees", "trees": "trees-0", "n_features": 2}),
            "does not hold together: Damaged",
        ),
    ],
)
def test_a_damaged_model_is_refused(
    stored: Path, tmp_path: Path, spoil: Callable[[Path], None], message: str
) -> None:
    for file in stored.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    spoil(tmp_path)
    with pytest.raises(DamagedModel, match=message):
        CompiledModel(ServingForm.load(tmp_path))
