import configparser

import pytest

from components.errors import SuiteError
from pipelines.catalogue import ROOT
from pipelines.scaffold.setup_file import add_stage, list_extras

SETUP = (ROOT / "setup.cfg").read_text(encoding="utf-8")


def read(content: str) -> configparser.RawConfigParser:
    parser = configparser.RawConfigParser()
    parser.read_string(content)
    return parser


def test_a_stage_gets_an_extra_and_a_place_among_the_stages() -> None:
    changed = read(add_stage(SETUP, "outliers"))
    extras = changed["options.extras_require"]
    assert extras["outliers"].split() == ["pydantic>=2.10", "pandas>=2.3,<3", "pyarrow", "numpy"]
    assert extras["all"].startswith("\nkfp-tabular[outliers,problem,")
    (line,) = (
        line
        for line in changed["importlinter:contract:shared"]["layers"].splitlines()
        if "components.problem" in line
    )
    assert line.endswith(" | components.app | components.outliers")


def test_everything_else_stays_as_it_was() -> None:
    before, after = SETUP.splitlines(), add_stage(SETUP, "outliers").splitlines()
    assert len(after) == len(before) + 5
    assert len(set(before) - set(after)) == 2


def test_the_extras_are_listed() -> None:
    assert {"problem", "log_sink", "all", "local", "dev"} < set(list_extras(SETUP))
    assert "shared" not in list_extras(SETUP)


@pytest.mark.parametrize(
    ("line", "place"), [("all =", "the extra 'all'"), ("    components.problem |", "the contract")]
)
def test_a_setup_file_of_another_form_is_an_error(line: str, place: str) -> None:
    with pytest.raises(
        SuiteError, match=f"setup.cfg has no place for the stage: {place}.* was found 0 times"
    ):
        add_stage(SETUP.replace(line, "#"), "outliers")
