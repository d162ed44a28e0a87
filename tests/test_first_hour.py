"""The commands of each role's first hour, as a person of that role types them."""

import re
from pathlib import Path

import pytest

from pipelines.catalogue import ROOT
from tests.own_checkout import make_checkout
from tests.sweeps_proxy import find_free_port
from tests.test_tutorial import Terminal

_ROLES = ("data-scientist", "ml-engineer", "platform-engineer", "product-owner")


def list_blocks(role: str) -> list[str]:
    """Return the commands of a role's first hour, by blocks; those in a list are indented."""
    text = (ROOT / "docs" / f"{role}.md").read_text(encoding="utf-8")
    hour = text.partition("\n## The first hour\n")[2].partition("\n## ")[0]
    return [
        re.sub(rf"^{indent}", "", block, flags=re.MULTILINE)
        for indent, block in re.findall(r"^( *)```sh\n(.*?)^ *```", hour, re.MULTILINE | re.DOTALL)
    ]


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    return Terminal(make_checkout(tmp_path / "suite"), str(find_free_port()))


@pytest.mark.parametrize("role", _ROLES)
def test_an_hour_has_commands(role: str) -> None:
    assert len(list_blocks(role)) >= 2


@pytest.mark.slow
def test_the_hour_of_a_data_scientist_compares_two_runs(terminal: Terminal) -> None:
    first, second, compare = list_blocks("data-scientist")
    for run in (first, second):
        assert "report" in terminal.run(run)
    shown = terminal.run(compare)
    assert "better and worse are those of asked" in shown
    assert Path(shown.split()[-1]).exists()


@pytest.mark.slow
def test_the_hour_of_an_ml_engineer_takes_the_suite_apart(terminal: Terminal) -> None:
    model, stage, compiled, new = list_blocks("ml-engineer")
    shown = terminal.run(model)
    assert "tune-result" in shown
    assert "('preprocess'" in shown
    assert terminal.run(stage).split()[:2] == ["178", "14"]
    assert "training.yaml" in terminal.run(compiled)
    assert "components/outliers/component.py" in terminal.run(new)


@pytest.mark.slow
def test_the_hour_of_a_platform_engineer_sees_what_a_cluster_needs(terminal: Terminal) -> None:
    compiled, manifests, services, costs = list_blocks("platform-engineer")
    assert "registry.example.org/team/kfp-tabular-train:1.2.3" in terminal.run(compiled)
    assert "production" in terminal.run(manifests)
    assert "KF_PIPELINES_ENDPOINT is not set" in terminal.run(services)
    assert "'name': 'train'" in terminal.run(costs)


@pytest.mark.slow
def test_the_hour_of_a_product_owner_ends_with_the_app(terminal: Terminal) -> None:
    question, app = list_blocks("product-owner")
    assert "recall" in terminal.run(question)
    with terminal.serve(app, "app"):
        pass
