"""Images looked up in a real registry, and in stand-ins for registries that want to know who asks."""

import hashlib
import json
import re
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler

import pytest

from components.errors import InvalidSetting
from pipelines.remote.pushed_images import check_pushed, look_up_image
from tests.loopback import Handler, serve_http

MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"


def send(url: str, method: str, content: bytes = b"", kind: str = "application/octet-stream") -> str:
    request = urllib.request.Request(url, content, {"Content-Type": kind}, method=method)
    with urllib.request.urlopen(request) as answer:
        return answer.headers.get("Location", "")


def push(registry: str, name: str) -> str:
    """Push an image without layers to a registry, and return its digest."""
    path, _, tag = name.partition(":")
    config = b'{"architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": []}}'
    digest = f"sha256:{hashlib.sha256(config).hexdigest()}"
    place = send(f"http://{registry}/v2/{path}/blobs/uploads/", "POST")
    send(f"{place}&digest={digest}", "PUT", config)
    layer = {
        "mediaType": "application/vnd.docker.container.image.v1+json",
        "size": len(config),
        "digest": digest,
    }
    manifest = json.dumps({"schemaVersion": 2, "mediaType": MANIFEST, "config": layer, "layers": []}).encode()
    send(f"http://{registry}/v2/{path}/manifests/{tag}", "PUT", manifest, MANIFEST)
    return f"sha256:{hashlib.sha256(manifest).hexdigest()}"


def test_a_registry_tells_what_was_pushed_and_what_was_not(registry: str):
    digest = push(registry, "team/kfp-tabular-eda:1")
    assert look_up_image(f"{registry}/team/kfp-tabular-eda:1") == "pushed"
    assert look_up_image(f"{registry}/team/kfp-tabular-eda@{digest}") == "pushed"
    assert look_up_image(f"{registry}/team/kfp-tabular-eda:2") == "missing"
    assert look_up_image(f"{registry}/team/kfp-tabular-eda@sha256:{'0' * 64}") == "missing"
    assert look_up_image(f"{registry}/team/kfp-tabular-tune:1") == "missing"


def test_images_that_were_never_pushed_are_named(registry: str):
    push(registry, "team/kfp-tabular-split:1")
    images = [f"{registry}/team/kfp-tabular-{stage}:1" for stage in ("split", "never", "nor")]
    with pytest.raises(
        InvalidSetting, match=r"2 of 3 images were never pushed: .*never:1, .*nor:1.\nRun make push"
    ):
        check_pushed(images)
    assert check_pushed(images[:1]) == []


def test_a_registry_that_does_not_answer_is_not_known(registry: str):
    push(registry, "team/kfp-tabular-train:1")
    images = [f"{registry}/team/kfp-tabular-train:1", "localhost:1/team/kfp-tabular-ingest:1"]
    assert check_pushed(images) == images[1:]


@contextmanager
def serve_stand_in(
    answer: Callable[[BaseHTTPRequestHandler], tuple[int, dict[str, str], bytes]],
) -> Iterator[str]:
    class StandIn(Handler):
        def _answer(self) -> None:
            status, headers, body = answer(self)
            self.reply(status, body, headers)

        do_GET = do_HEAD = _answer  # noqa: N815

    with serve_http(StandIn) as address:
        yield address.removeprefix("http://").replace("127.0.0.1", "localhost")


def ask_for_a_token(request: BaseHTTPRequestHandler) -> tuple[int, dict[str, str], bytes]:
    host = request.headers["Host"]
    if request.path.startswith("/token"):
        assert re.search(r"scope=repository%3Ateam%2F\w+%3Apull", request.path)
        return (403, {}, b"{}") if "private" in request.path else (200, {}, b'{"token": "for-all"}')
    if request.headers.get("Authorization") != "Bearer for-all":
        scope = f"repository:{request.path.split('/manifests')[0].removeprefix('/v2/')}:pull"
        challenge = f'Bearer realm="http://{host}/token",service="registry",scope="{scope}"'
        return 401, {"WWW-Authenticate": challenge}, b""
    return 200 if request.path.endswith("/there") else 404, {}, b""


def test_a_stand_in_registry_with_tokens_for_everybody_tells_too():
    with serve_stand_in(ask_for_a_token) as registry:
        assert look_up_image(f"{registry}/team/open:there") == "pushed"
        assert look_up_image(f"{registry}/team/open:never") == "missing"


def test_a_stand_in_registry_that_tells_strangers_nothing_is_not_known():
    with serve_stand_in(ask_for_a_token) as registry:
        assert look_up_image(f"{registry}/team/private:there") == "unknown"


def test_a_token_is_not_passed_on_to_where_a_stand_in_registry_redirects():
    seen = []

    def answer_elsewhere(request: BaseHTTPRequestHandler) -> tuple[int, dict[str, str], bytes]:
        seen.append(request.headers.get("Authorization"))
        return 200, {}, b""

    with serve_stand_in(answer_elsewhere) as other:

        def answer_as_registry(request: BaseHTTPRequestHandler) -> tuple[int, dict[str, str], bytes]:
            if "Authorization" in request.headers:
                return 307, {"Location": f"http://{other}/layer"}, b""
            return ask_for_a_token(request)

        with serve_stand_in(answer_as_registry) as first:
            assert look_up_image(f"{first}/team/open:there") == "pushed"
    assert seen == [None]


@pytest.mark.parametrize(
    "challenge",
    ['Basic realm="x"', 'Bearer realm="http://elsewhere.invalid/token"', 'Bearer realm="file:///etc"', ""],
)
def test_a_stand_in_registry_that_asks_for_anything_else_is_not_known(challenge: str):
    with serve_stand_in(lambda request: (401, {"WWW-Authenticate": challenge}, b"")) as registry:
        assert look_up_image(f"{registry}/team/image:1") == "unknown"


@pytest.mark.parametrize("status", [403, 429, 500])
def test_a_stand_in_registry_that_refuses_is_not_known(status: int):
    with serve_stand_in(lambda request: (status, {}, b"")) as registry:
        assert look_up_image(f"{registry}/team/image:1") == "unknown"


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("docker.io/team/a:1", "https://registry-1.docker.io/v2/team/a/manifests/1"),
        ("python:3.11", "https://registry-1.docker.io/v2/library/python/manifests/3.11"),
        ("team/a", "https://registry-1.docker.io/v2/team/a/manifests/latest"),
        ("ghcr.io/team/a/b:1", "https://ghcr.io/v2/team/a/b/manifests/1"),
        ("localhost:5000/a@sha256:0f", "http://localhost:5000/v2/a/manifests/sha256:0f"),
        ("kind-registry:5000/a:1", "https://kind-registry:5000/v2/a/manifests/1"),
        ("localhost.example.org/a:1", "https://localhost.example.org/v2/a/manifests/1"),
    ],
)
def test_an_image_is_asked_for_where_docker_would(name: str, address: str):
    from pipelines.remote.pushed_images import _ImageReference

    assert _ImageReference.parse(name).address == address
