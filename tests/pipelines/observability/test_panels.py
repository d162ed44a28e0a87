from typing import Any

from pipelines.observability.panels import Panel, Query, Variable, build_dashboard

QUERY = (Query("up", "{{job}}"),)


def make_panel(**changes: Any) -> Panel:
    return Panel("Up", "Whether it is up.", "none", QUERY)._replace(**changes)


def build(*panels: Panel) -> list[dict]:
    return list(build_dashboard("a", "A", "All.", [Variable("job", "Job", "up")], panels)["panels"])


def test_panels_fill_rows_and_then_begin_another() -> None:
    panels = build(*(make_panel(width=width) for width in (12, 12, 8, 8, 8, 24, 12)))
    places = [(panel["gridPos"]["x"], panel["gridPos"]["y"] // 8) for panel in panels]
    assert places == [(0, 0), (12, 0), (0, 1), (8, 1), (16, 1), (0, 2), (0, 3)]
    assert [panel["id"] for panel in panels] == [1, 2, 3, 4, 5, 6, 7]


def test_a_latest_value_is_asked_for_alone_and_a_course_over_time_as_a_range() -> None:
    asked = {
        panel["type"]: (panel["targets"][0]["instant"], panel["targets"][0]["range"])
        for panel in build(*(make_panel(kind=kind) for kind in ("timeseries", "stat", "table", "heatmap")))
    }
    assert asked == {
        "timeseries": (False, True),
        "stat": (True, False),
        "table": (True, False),
        "heatmap": (False, True),
    }


def test_a_limit_is_a_line_from_which_values_are_red() -> None:
    without, limited = build(make_panel(), make_panel(limit=0.9))
    steps = limited["fieldConfig"]["defaults"]["thresholds"]["steps"]
    assert [(step["color"], step["value"]) for step in steps] == [("green", None), ("red", 0.9)]
    modes = [
        each["fieldConfig"]["defaults"]["custom"]["thresholdsStyle"]["mode"] for each in (without, limited)
    ]
    assert modes == ["off", "line"]


def test_every_query_of_a_panel_has_a_letter() -> None:
    (panel,) = build(make_panel(queries=QUERY * 3))
    assert [target["refId"] for target in panel["targets"]] == ["A", "B", "C"]


def test_a_choice_offers_the_values_of_a_label_and_all_of_them() -> None:
    source, choice = build_dashboard("a", "A", "All.", [Variable("job", "Job", "up")], [])["templating"][
        "list"
    ]
    assert (source["name"], source["type"], source["query"]) == ("datasource", "datasource", "prometheus")
    assert choice["query"]["query"] == "label_values(up, job)"
    assert (choice["includeAll"], choice["allValue"]) == (True, ".*")
