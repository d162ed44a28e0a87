"""The files of the manifests that this package writes."""

import json
from pathlib import Path

import yaml

from pipelines.catalogue import ROOT
from pipelines.observability.dashboards import build_dashboards
from pipelines.observability.objectives import Clock
from pipelines.observability.rules import build_groups

COMMAND = "python -m pipelines.observability"
_COMPONENTS = ROOT / "manifests" / "components"
_NAME = "kfp-tabular"
_WIDTH = 120


def build_files() -> dict[Path, str]:
    """Return the texts of all files by their paths."""
    rules = {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PrometheusRule",
        "metadata": {"name": _NAME, "namespace": "kubeflow"},
        "spec": {"groups": build_groups(Clock())},
    }
    head = f"# Made by {COMMAND}: change the code in pipelines/observability.\n"
    text = head + yaml.safe_dump(rules, sort_keys=False, width=_WIDTH)
    return {
        _COMPONENTS / "prometheus" / f"{_NAME}-prometheusrule.yaml": text,
        **{
            _COMPONENTS / "grafana" / f"{name}.json": json.dumps(dashboard, indent=2) + "\n"
            for name, dashboard in build_dashboards().items()
        },
    }


def write_files() -> None:
    """Write all files."""
    for path, text in build_files().items():
        path.write_text(text, encoding="utf-8")
