"""Each file of a model's folder, spoilt in each way: always an error that names it, and no page."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from components._app.description import describe_model
from components._app.evaluated_model import read_evaluated_model
from components._app.export import export_page, render_exported_page
from components._app.model_folder import DamagedModelFolder, ModelFolder
from components._compiled.model import DamagedModel
from components._problem.spec import Problem
from components.errors import SuiteError
from components.json_file import read_json, write_json
from tests.components._app.models import CARD, save_usual_model
from tests.components._model.tables import fit_package
from tests.components.serve.models import write_model

Spoil = Callable[[Path], object]

NEEDED = ("signature.json", "schema.json", "profile.json", "golden.json", "model.skops")
OPTIONAL = ("problem.json", "lineage.json")
COMPILED = ("compiled/plan.json", "compiled/arrays.npz", "compiled/trees-0.packed")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whole") / "model"
    write_model(folder, threshold=0.4)
    Problem.from_settings({"target": "y"}).save(folder / "problem.json")
    lineage = read_json(folder / "lineage.json")
    write_json(folder / "lineage.json", {**lineage, "serving": {"form": "compiled"}, "models": []})
    return folder


@pytest.fixture
def folder(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / "model"))


def find_error(folder: Path) -> SuiteError:
    """Return the error of an export, which must leave no file."""
    before = {path.name for path in folder.parent.iterdir()}
    with pytest.raises((DamagedModelFolder, DamagedModel), match=r"\n(Copy the|Serve it with)") as caught:
        export_page(folder, folder.parent / "page.html", CARD, None)
    assert {path.name for path in folder.parent.iterdir()} == before
    return caught.value


def cut_in_half(file: Path) -> None:
    content = file.read_bytes()
    file.write_bytes(content[: len(content) // 2])


def make_folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


WAYS: dict[str, Spoil] = {
    "missing": Path.unlink,
    "empty": lambda file: file.write_bytes(b""),
    "truncated": cut_in_half,
    "noise": lambda file: file.write_bytes(bytes(range(256)) * 4),
    "a page of a proxy": lambda file: file.write_text("<!doctype html><title>Sign in</title>"),
    "a folder": make_folder,
    "a number": lambda file: file.write_text("1"),
    "nothing": lambda file: file.write_text("null"),
    "a list": lambda file: file.write_text("[]"),
    "an object": lambda file: file.write_text("{}"),
    "deep": lambda file: file.write_text("[" * 100_000),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", [*NEEDED, *COMPILED])
def test_a_file_that_the_page_needs_is_named(name: str, way: str, folder: Path) -> None:
    WAYS[way](folder / name)
    error = find_error(folder)
    assert str(folder / name.split("/")[0]) in error.what


@pytest.mark.parametrize("way", [way for way in WAYS if way not in ("missing", "an object")])
@pytest.mark.parametrize("name", OPTIONAL)
def test_a_file_that_may_be_missing_is_named_if_it_is_damaged(name: str, way: str, folder: Path) -> None:
    WAYS[way](folder / name)
    assert str(folder / name) in find_error(folder).what


@pytest.mark.parametrize("name", OPTIONAL)
def test_a_folder_of_an_old_model_may_lack_files(name: str, folder: Path) -> None:
    (folder / name).unlink()
    export_page(folder, folder.parent / "page.html", CARD, None)


OTHER_VALUES: list[Any] = [None, 7, "text", [], {"a": []}]


def list_places(values: Any, place: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the places in JSON values, of lists the first item."""
    if isinstance(values, dict):
        items = list(values.items())
    else:
        items = list(enumerate(values[:1])) if isinstance(values, list) else []
    return [below for key, value in items for below in [(*place, key), *list_places(value, (*place, key))]]


def put(values: Any, place: tuple[Any, ...], value: Any) -> None:
    for key in place[:-1]:
        values = values[key]
    values[place[-1]] = value


@pytest.mark.slow
@pytest.mark.parametrize("name", [*NEEDED[:4], *OPTIONAL, "compiled/plan.json"])
def test_a_value_of_another_form_is_no_traceback(name: str, folder: Path) -> None:
    stored = read_json(folder / name)
    places = [place for place in list_places(stored) if len(place) <= 3]
    errors = []
    for place in places:
        for value in OTHER_VALUES:
            changed = json.loads(json.dumps(stored))
            put(changed, place, value)
            (folder / name).write_text(json.dumps(changed))
            try:
                # Some values are as good as those that stood there.
                render_exported_page(describe_model(folder, CARD), read_evaluated_model(folder))
            except (DamagedModelFolder, DamagedModel) as error:
                errors.append(error.what)
    assert len(errors) > len(places)
    assert [what for what in errors if str(folder / name.split("/")[0]) not in what] == []


def reverse_columns(folder: Path) -> None:
    signature = read_json(folder / "signature.json")
    signature["columns"] = dict(reversed(signature["columns"].items()))
    write_json(folder / "signature.json", signature)


def change_golden_rows(folder: Path) -> None:
    golden = read_json(folder / "golden.json")
    golden["predictions"][3][1] += 1e-5
    write_json(folder / "golden.json", golden)


def change(name: str, *place: Any, value: Any) -> Spoil:
    def spoil(folder: Path) -> None:
        stored = read_json(folder / name)
        put(stored, place, value)
        write_json(folder / name, stored)

    return spoil


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda folder: (folder / "schema.json").unlink(), r"file .*schema\.json is missing\."),
        (lambda folder: (folder / "schema.json").write_text(""), r"schema\.json is empty\."),
        (lambda folder: shutil.rmtree(folder / "compiled"), r"compiled is missing\."),
        (
            change("signature.json", "classes", value=["no"]),
            r"signature\.json is damaged: a binary model cannot have 1 classes\.",
        ),
        (change("signature.json", "columns", value={}), r"it has no columns\."),
        (change("signature.json", "columns", "new", value="float"), r"have the column 'new' of signature\."),
        (change("signature.json", "target", value=3), r"Expected `str`, got `int` - at `\$\.target`\."),
        (change("schema.json", "columns", 0, "minimum", value="low"), r"range of the column 'amount'"),
        (change("schema.json", "columns", 6, "maximum", value="soon"), r"Invalid isoformat string: 'soon'"),
        (
            change("schema.json", "columns", 0, "reading", value={"kind": "string"}),
            r"reading of the column 'amount' is of another kind",
        ),
        (
            change("schema.json", "columns", 6, "reading", value={"kind": "datetime", "formats": ["%Q"]}),
            r"the format '%Q' has the unknown directive",
        ),
        (change("profile.json", "columns", "visits", "shares", value=[]), r"bins of the column 'visits'"),
        (change("profile.json", "columns", value={}), r"profile\.json is damaged: it does not have the col"),
        (change("golden.json", "predictions", value=[]), r"does not have a prediction for each row\."),
        (change("golden.json", "rows", 0, value={}), r"its rows do not have all columns of signature"),
        (lambda folder: cut_in_half(folder / "model.skops"), r"model\.skops is damaged: it is not a whole"),
        (change_golden_rows, r"compiled and .*golden\.json do not belong together: .* differ .* by 1\.0e-05"),
        (reverse_columns, r"golden\.json do not belong together"),
    ],
)  # fmt: skip
def test_the_message_says_what_is_wrong(spoil: Spoil, message: str, folder: Path) -> None:
    spoil(folder)
    with pytest.raises(DamagedModelFolder, match=message):
        export_page(folder, folder.parent / "page.html", CARD, None)


def test_the_compiled_form_of_another_model_is_found(folder: Path, tmp_path: Path) -> None:
    other = save_usual_model(tmp_path / "other", fit_package("linear", "binary"))
    shutil.rmtree(folder / "compiled")
    shutil.copytree(other / "compiled", folder / "compiled")
    assert "do not belong together" in find_error(folder).what


def test_a_file_without_permission_is_said(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Root may read every file.
    def refuse(self: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(DamagedModelFolder, match=r"signature\.json cannot be read: Permission denied\."):
        ModelFolder.load(folder)
