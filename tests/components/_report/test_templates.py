from pathlib import Path

import pytest
from jinja2 import Environment, meta, nodes

from images.layers import read_setup
from pipelines.catalogue import ROOT

TEMPLATES = sorted(path for room in ("components", "pipelines") for path in (ROOT / room).rglob("*.html"))
# What is shown as it is: Markdown rendered without its HTML.
SAFE = {"pipelines/local/index.html": ["document.html"]}


def _parse(path: Path) -> nodes.Template:
    return Environment(autoescape=True).parse(path.read_text(encoding="utf-8"))


def _name_inner(node: nodes.Node | None) -> str:
    if isinstance(node, nodes.Getattr):
        return f"{_name_inner(node.node)}.{node.attr}"
    assert isinstance(node, nodes.Filter | nodes.Name)
    return node.name


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_template_escapes_all_but_what_is_listed_here(path: Path) -> None:
    template = _parse(path)
    safe = [_name_inner(node.node) for node in template.find_all(nodes.Filter) if node.name == "safe"]
    assert safe == SAFE.get(str(path.relative_to(ROOT)), [])
    assert not list(template.find_all(nodes.ScopedEvalContextModifier)), "autoescape stays on"


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_a_template_refers_to_exists(path: Path) -> None:
    names = list(meta.find_referenced_templates(_parse(path)))
    assert [name for name in names if name is None or not (ROOT / name).is_file()] == []


def test_templates_styles_and_scripts_are_package_data() -> None:
    patterns = read_setup().get("options.package_data", "*").replace(",", " ").split()
    assert {f"*{path.suffix}" for path in TEMPLATES} | {"*.css", "*.js"} == set(patterns)
