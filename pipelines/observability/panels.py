"""The parts of Grafana's dashboards, in its JSON model.

https://grafana.com/docs/grafana/latest/dashboards/build-dashboards/view-dashboard-json-model/
"""

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

Json = dict[str, Any]
Kind = Literal["timeseries", "stat", "bargauge", "heatmap", "table"]

_WIDTH = 24
_HEIGHT = 8
# What Grafana had when it began to read this form of a time series; newer versions convert it by themselves.
_SCHEMA = 39
_SOURCE = {"type": "prometheus", "uid": "${datasource}"}
_REDUCED = {"values": False, "calcs": ["lastNotNull"], "fields": ""}
_LEGEND = {"displayMode": "list", "placement": "bottom", "showLegend": True, "calcs": []}
_COLOURS = ("green", "red")


class Query(NamedTuple):
    """A query of a panel.

    Attributes
    ----------
    expression : str
        The query.
    legend : str
        Name of each series, with labels in double braces.
    """

    expression: str
    legend: str


class Panel(NamedTuple):
    """A panel.

    Attributes
    ----------
    title : str
        What it shows.
    description : str
        What it means, and what to look for.
    unit : str
        Grafana's name of the unit.
    queries : tuple of Query
        What it shows.
    kind : str
        Grafana's name of the form.
    width : int
        Columns of the 24.
    limit : float or None
        From where values are red; on time series a line.
    stacked : bool
        Whether series are drawn on top of each other.
    """

    title: str
    description: str
    unit: str
    queries: tuple[Query, ...]
    kind: Kind = "timeseries"
    width: int = 12
    limit: float | None = None
    stacked: bool = False


class Variable(NamedTuple):
    """A choice at the top of a dashboard.

    Attributes
    ----------
    name : str
        The label whose values are offered, all of them at first.
    title : str
        Its name for people.
    metric : str
        The series whose labels are looked at.
    """

    name: str
    title: str
    metric: str


def build_dashboard(
    name: str, title: str, description: str, variables: Sequence[Variable], panels: Sequence[Panel]
) -> Json:
    """Return a dashboard as Grafana stores it.

    Parameters
    ----------
    name : str
        Its identifier, which is part of its address.
    title, description : str
        What people see.
    variables : sequence of Variable
        The choices beside the data source.
    panels : sequence of Panel
        The panels in the order of reading.
    """
    return {
        "uid": f"kfp-tabular-{name}",
        "title": title,
        "description": description,
        "tags": ["kfp-tabular"],
        "editable": True,
        "graphTooltip": 1,
        "schemaVersion": _SCHEMA,
        "refresh": "1m",
        "time": {"from": "now-24h", "to": "now"},
        "timezone": "browser",
        "annotations": {"list": []},
        "templating": {"list": [_build_source_variable(), *map(_build_variable, variables)]},
        "panels": [
            _build_panel(i, panel, place)
            for i, (panel, place) in enumerate(zip(panels, _arrange(panels), strict=True), start=1)
        ],
    }


def _arrange(panels: Sequence[Panel]) -> list[Json]:
    """Return the places of panels, row after row."""
    places, x, y = [], 0, 0
    for panel in panels:
        if x + panel.width > _WIDTH:
            x, y = 0, y + _HEIGHT
        places.append({"x": x, "y": y, "w": panel.width, "h": _HEIGHT})
        x += panel.width
    return places


def _build_source_variable() -> Json:
    return {"name": "datasource", "label": "Prometheus", "type": "datasource", "query": "prometheus"}


def _build_variable(variable: Variable) -> Json:
    query = f"label_values({variable.metric}, {variable.name})"
    return {
        "name": variable.name,
        "label": variable.title,
        "type": "query",
        "datasource": _SOURCE,
        "definition": query,
        "query": {"query": query, "refId": "variable"},
        # Again for each time range: a model may be gone.
        "refresh": 2,
        "includeAll": True,
        "multi": True,
        "allValue": ".*",
        "sort": 1,
        "current": {"text": "All", "value": "$__all"},
    }


def _build_panel(number: int, panel: Panel, place: Json) -> Json:
    return {
        "id": number,
        "type": panel.kind,
        "title": panel.title,
        "description": panel.description,
        "gridPos": place,
        "datasource": _SOURCE,
        "fieldConfig": {"defaults": _build_defaults(panel), "overrides": []},
        "options": _build_options(panel),
        "targets": [_build_target(i, panel, query) for i, query in enumerate(panel.queries)],
    }


def _build_target(number: int, panel: Panel, query: Query) -> Json:
    is_latest = panel.kind in ("stat", "bargauge", "table")
    return {
        "refId": chr(ord("A") + number),
        "datasource": _SOURCE,
        "expr": query.expression,
        "legendFormat": query.legend,
        "format": {"table": "table", "heatmap": "heatmap"}.get(panel.kind, "time_series"),
        "instant": is_latest,
        "range": not is_latest,
    }


def _build_defaults(panel: Panel) -> Json:
    steps: list[Json] = [{"color": _COLOURS[0], "value": None}]
    if panel.limit is not None:
        steps.append({"color": _COLOURS[1], "value": panel.limit})
    defaults: Json = {"unit": panel.unit, "thresholds": {"mode": "absolute", "steps": steps}}
    if panel.kind == "timeseries":
        defaults["custom"] = {
            "drawStyle": "line",
            "fillOpacity": 20 if panel.stacked else 0,
            "stacking": {"mode": "normal" if panel.stacked else "none", "group": "A"},
            "thresholdsStyle": {"mode": "off" if panel.limit is None else "line"},
        }
        # A rate or a share that is always 0 is drawn at the bottom, not in the middle.
        defaults["min"] = None if panel.unit == "short" else 0
    return {key: value for key, value in defaults.items() if value is not None}


def _build_options(panel: Panel) -> Json:
    """Return a form's own settings, of which Grafana's schema wants all."""
    match panel.kind:
        case "timeseries":
            return {"legend": _LEGEND, "tooltip": {"mode": "multi", "sort": "desc"}}
        case "stat":
            return {
                "reduceOptions": _REDUCED,
                "colorMode": "value",
                "graphMode": "none",
                "justifyMode": "auto",
                "textMode": "value_and_name",
                "orientation": "auto",
                "wideLayout": True,
                "showPercentChange": False,
                "percentChangeColorMode": "standard",
            }
        case "bargauge":
            return {
                "reduceOptions": _REDUCED,
                "orientation": "horizontal",
                "displayMode": "basic",
                "valueMode": "color",
                "namePlacement": "auto",
                "showUnfilled": True,
                "sizing": "auto",
                "minVizWidth": 8,
                "minVizHeight": 16,
                "maxVizHeight": 300,
                "legend": {**_LEGEND, "showLegend": False},
            }
        case "heatmap":
            return {
                "calculate": False,
                "yAxis": {"axisPlacement": "left", "unit": panel.unit},
                "color": {
                    "mode": "scheme",
                    "scheme": "Oranges",
                    "fill": "dark-orange",
                    "exponent": 0.5,
                    "steps": 64,
                    "reverse": False,
                },
                "showValue": "never",
                "legend": {"show": True},
                "tooltip": {"mode": "single"},
                "exemplars": {"color": "red"},
            }
        case "table":
            return {"frameIndex": 0, "showHeader": True, "cellHeight": "sm"}
