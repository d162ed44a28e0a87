from pathlib import Path

import pytest

from components.errors import InvalidSetting
from pipelines.comparison.given_parameters import TRIALS, GivenParameters
from pipelines.parameters import read_signature


def write_parameters(folder: Path, text: str) -> Path:
    file = folder / "params.yaml"
    file.write_text(text)
    return file


def resolve(file: Path | None, **typed: object) -> tuple[dict[str, object], list[str]]:
    given = GivenParameters(typed, file=file)
    return given.resolve(file, read_signature("training"), Path("/nowhere") if file is None else file.parent)


def test_without_a_number_of_trials_it_is_a_small_one() -> None:
    assert resolve(None) == ({"trials": TRIALS}, [])
    assert resolve(None, trials=3) == ({"trials": 3}, [])


def test_what_is_typed_overrides_the_file(tmp_path: Path) -> None:
    file = write_parameters(tmp_path, "trials: 40\nseed: 7\nsource: t.csv\ntest: s3://bucket/t.csv\n")
    (tmp_path / "t.csv").touch()
    parameters, notes = resolve(file, trials=3)
    assert parameters == {
        "trials": 3,
        "seed": 7,
        "source": str(tmp_path / "t.csv"),
        "test": "s3://bucket/t.csv",
    }
    assert notes == []


def test_what_a_comparison_has_no_use_for_is_left_out_and_said(tmp_path: Path) -> None:
    file = write_parameters(tmp_path, "budget_minutes: 5\ndeploy: true\ntrials: 4\n")
    assert resolve(file) == (
        {"trials": 4},
        ["budget_minutes, deploy of params.yaml are left out: a comparison has no use for that."],
    )


def test_a_wrong_parameter_of_the_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidSetting, match="no parameter 'trails'"):
        resolve(write_parameters(tmp_path, "trails: 5\n"))
