"""The model on Seldon Core 1. No test can have its definition: docs/neighbours.md says how it was checked."""

from typing import Any

import yaml

from components.serve.__main__ import parse_arguments
from tests.manifests.builds import render_parts


def build_predictor() -> dict[str, Any]:
    """Return the predictor, with the image that an overlay names."""
    images = [{"name": "kfp-tabular-serve", "newName": "ghcr.io/team/kfp-tabular-serve", "newTag": "1.2.3"}]
    deployment = yaml.safe_load(render_parts(["base/seldon"], images=images))
    assert deployment["kind"] == "SeldonDeployment"
    (predictor,) = deployment["spec"]["predictors"]
    return dict(predictor)


def test_the_command_is_one_that_the_server_takes_at_the_port_that_seldon_finds() -> None:
    predictor = build_predictor()
    graph, (part,) = predictor["graph"], predictor["componentSpecs"]
    (container,) = part["spec"]["containers"]
    assert container["image"] == "ghcr.io/team/kfp-tabular-serve:1.2.3"
    settings = parse_arguments(container["args"])
    # Seldon's executor asks for a model with the name of the graph's node, which is its container's, too.
    assert settings.model_name == graph["name"] == container["name"]
    assert str(settings.model_dir) == "/mnt/models"
    (port,) = container["ports"]
    assert (port["name"], port["containerPort"]) == ("http", settings.http_port)
    probed = {container[f"{kind}Probe"]["httpGet"]["port"] for kind in ("readiness", "liveness")}
    assert probed == {settings.http_port}


def test_the_pod_is_as_restricted_as_on_kserve() -> None:
    (part,) = build_predictor()["componentSpecs"]
    (container,) = part["spec"]["containers"]
    assert container["securityContext"]["runAsNonRoot"]
    assert container["securityContext"]["readOnlyRootFilesystem"]
    assert [volume["name"] for volume in part["spec"]["volumes"]] == ["tmp"]
