"""The dashboards: every panel is explained, and Grafana's own schema accepts them."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from pipelines.observability.dashboards import build_dashboards
from tests.go_programs import build_program

DASHBOARDS = build_dashboards()
PANELS = [(name, panel) for name, dashboard in DASHBOARDS.items() for panel in dashboard["panels"]]
SDK = "github.com/grafana/grafana-foundation-sdk/go"
VERSION = "v0.0.22"
CHECKER = f"""package main

import (
	"fmt"
	"os"

	"{SDK}/cog/plugins"
	"{SDK}/dashboard"
)

// The SDK may return an error without text if there is none.
func exitIf(err error) {{
	if err != nil && err.Error() != "" {{
		fmt.Println(err)
		os.Exit(1)
	}}
}}

func main() {{
	plugins.RegisterDefaultPlugins()
	raw, err := os.ReadFile(os.Args[1])
	exitIf(err)
	var found dashboard.Dashboard
	exitIf(found.UnmarshalJSONStrict(raw))
	exitIf(found.Validate())
}}
"""


def name_panel(value: Any) -> str:
    return str(value["title"]) if isinstance(value, dict) else str(value)


@pytest.mark.parametrize(("name", "panel"), PANELS, ids=name_panel)
def test_every_panel_says_what_it_shows_and_in_which_unit(name: str, panel: dict[str, Any]) -> None:
    assert panel["title"]
    assert panel["description"].endswith((".", "retrain."))
    assert panel["fieldConfig"]["defaults"]["unit"]
    assert panel["targets"]


@pytest.mark.parametrize("name", DASHBOARDS)
def test_every_query_asks_the_chosen_data_source_and_uses_only_variables_that_are_there(name: str) -> None:
    dashboard = DASHBOARDS[name]
    variables = {variable["name"] for variable in dashboard["templating"]["list"]}
    assert "datasource" in variables
    for panel in dashboard["panels"]:
        for target in panel["targets"]:
            assert target["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
            assert set(re.findall(r"\$(\w+)", target["expr"])) <= variables | {"__rate_interval"}


@pytest.mark.parametrize("name", DASHBOARDS)
def test_panels_do_not_overlap(name: str) -> None:
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARDS[name]["panels"]:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken
        assert max(x for x, _ in cells) < 24
        taken |= cells


def test_titles_occur_once() -> None:
    for dashboard in DASHBOARDS.values():
        titles = [panel["title"] for panel in dashboard["panels"]]
        assert len(titles) == len(set(titles))


@pytest.fixture(scope="module")
def checker(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A program that reads a dashboard strictly, by the SDK that Grafana generates from its schemas."""
    return build_program(tmp_path_factory.mktemp("checker"), CHECKER, f"{SDK}@{VERSION}")


def check(checker: Path, folder: Path, dashboard: dict[str, Any]) -> "subprocess.CompletedProcess[str]":
    file = folder / "dashboard.json"
    file.write_text(json.dumps(dashboard), encoding="utf-8")
    return subprocess.run([checker, file], capture_output=True, text=True)


@pytest.mark.slow
@pytest.mark.parametrize("name", DASHBOARDS)
def test_grafanas_schema_takes_it(checker: Path, name: str, tmp_path: Path) -> None:
    done = check(checker, tmp_path, DASHBOARDS[name])
    assert done.returncode == 0, done.stdout


@pytest.mark.slow
@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda d: d["panels"][0].update(titel="x"), "titel"),
        (lambda d: d["panels"][0].update(title=3), "panels"),
        (lambda d: d["panels"][0]["options"].pop("showHeader"), "showHeader"),
        (lambda d: d["panels"][0]["targets"][0].update(query="up"), "query"),
    ],
)
def test_grafanas_schema_does_not_take_what_is_wrong(checker: Path, spoil, says: str, tmp_path: Path) -> None:
    dashboard = json.loads(json.dumps(DASHBOARDS["service"]))
    spoil(dashboard)
    done = check(checker, tmp_path, dashboard)
    assert done.returncode == 1
    assert says in done.stdout
