"""Requests to a mock of Kubeflow Hub, which keeps what it is given; the real server was tried by hand."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from components._tracking.model_hub import mirror_version
from components._tracking.registry_version import RegistryVersion
from components._tracking.tracking_server import TrackingError
from tests.loopback import Handler, serve_http

_API = "/api/model_registry/v1alpha3/"


class MockHub(Handler):
    """A mock of the server: objects by kind, each found by its name and parent."""

    objects: list[dict[str, Any]] = []  # noqa: RUF012

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        kind, wanted = url.path.removeprefix(_API), dict(parse_qsl(url.query))
        found = [
            one
            for one in self.objects
            if one["kind"] == kind
            and one["name"] == wanted["name"]
            and one["parent"] == wanted.get("parentResourceId")
        ]
        self.answer(200 if found else 404, found[0] if found else {"message": "no such object"})

    def do_POST(self) -> None:
        values = json.loads(self.read_body())
        place = self.path.removeprefix(_API)
        parent = values.get("registeredModelId") or (place.split("/")[1] if "/" in place else None)
        kind = "model_artifact" if place.endswith("/artifacts") else place.removesuffix("s")
        made = {"id": str(len(self.objects) + 1), "kind": kind, "parent": parent, **values}
        self.objects.append(made)
        self.answer(201, made)

    def do_PATCH(self) -> None:
        kind, number = self.path.removeprefix(_API).split("s/")
        values = json.loads(self.read_body())
        (found,) = (one for one in self.objects if (one["kind"], one["id"]) == (kind, number))
        assert not {"name", "registeredModelId"} & values.keys()
        found.update(values)
        self.answer(200, found)

    def answer(self, status: int, values: dict[str, Any]) -> None:
        self.reply(status, json.dumps(values).encode())


@pytest.fixture
def hub() -> Iterator[str]:
    MockHub.objects = []
    with serve_http(MockHub) as address:
        yield address


def make_version(number: str = "3", run: str | None = "run-1", **tags: str) -> RegistryVersion:
    created = datetime(2026, 11, 30, tzinfo=UTC)
    return RegistryVersion("churned", number, (), tags, run, "models:/m-1", created)


def test_a_version_is_a_model_a_version_and_an_artifact(hub: str) -> None:
    mirror_version(f"{hub}/", make_version(family="linear", evaluation="{}"), "s3://mlflow/m-1/package")
    model, version, artifact = MockHub.objects
    assert (model["kind"], model["name"]) == ("registered_model", "churned")
    assert (version["kind"], version["name"], version["parent"]) == ("model_version", "3", model["id"])
    assert {name: of["string_value"] for name, of in version["customProperties"].items()} == {
        "family": "linear",
        "mlflow_run": "run-1",
    }
    assert (artifact["kind"], artifact["parent"]) == ("model_artifact", version["id"])
    assert (artifact["uri"], artifact["modelFormatName"]) == ("s3://mlflow/m-1/package", "kfp-tabular")


def test_the_same_version_again_is_updated(hub: str) -> None:
    mirror_version(hub, make_version(family="linear"), "s3://mlflow/m-1/package")
    mirror_version(hub, make_version(family="forest", run=None), "s3://other/m-1/package")
    assert len(MockHub.objects) == 3
    assert list(MockHub.objects[1]["customProperties"]) == ["family"]
    assert MockHub.objects[2]["uri"] == "s3://other/m-1/package"


def test_another_version_belongs_to_the_same_model(hub: str) -> None:
    for number in ("3", "4"):
        mirror_version(hub, make_version(number), "s3://mlflow/package")
    assert [one["kind"] for one in MockHub.objects].count("registered_model") == 1
    assert len(MockHub.objects) == 5


class Refusing(Handler):
    """A server that refuses everything."""

    status, body = 403, b"RBAC: access denied"

    def do_GET(self) -> None:
        self.reply(self.status, self.body)


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (403, b"RBAC: access denied", "it answered 403: RBAC: access denied"),
        (200, b"<html>", "it did not answer with JSON"),
    ],
)
def test_a_server_that_refuses_is_named(
    monkeypatch: pytest.MonkeyPatch, status: int, body: bytes, reason: str
) -> None:
    monkeypatch.setattr(Refusing, "status", status)
    monkeypatch.setattr(Refusing, "body", body)
    with serve_http(Refusing) as address, pytest.raises(TrackingError, match=reason):
        mirror_version(address, make_version(), "s3://mlflow/package")


def test_a_server_that_is_down_is_named() -> None:
    with pytest.raises(TrackingError, match="did not take the version: connection refused"):
        mirror_version("http://127.0.0.1:9", make_version(), "s3://mlflow/package")
