"""Checks whether the images of a pipeline are in their registry.

The registry is asked without credentials. If it does not answer then, the state of an image is unknown, which
is not an error.
"""

import http.client
import json
import re
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Literal

from components.errors import InvalidSetting, format_list

ImageState = Literal["pushed", "missing", "unknown"]
_SECONDS = 5.0
_PARALLEL_REQUESTS = 8
# https://github.com/opencontainers/distribution-spec: an index or a manifest, of OCI or of Docker.
_ACCEPT = ", ".join(
    (
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
        "application/vnd.docker.distribution.manifest.v2+json",
    )
)
_LOOPBACK = ("localhost", "127.0.0.1", "[::1]")


@dataclass(frozen=True)
class _ImageReference:
    host: str
    path: str
    reference: str

    @classmethod
    def parse(cls, name: str) -> "_ImageReference":
        rest, _, digest = name.partition("@")
        host, _, path = rest.partition("/")
        # https://github.com/distribution/reference: a name without a host is on Docker Hub.
        if not path or not ("." in host or ":" in host or host == "localhost"):
            host, path = "docker.io", rest
        path, _, tag = path.partition(":")
        if host == "docker.io":
            host, path = "registry-1.docker.io", path if "/" in path else f"library/{path}"
        return cls(host, path, digest or tag or "latest")

    @property
    def address(self) -> str:
        # Docker uses a registry on loopback without TLS, and so do clusters on the same machine.
        scheme = "http" if re.sub(r":\d+$", "", self.host) in _LOOPBACK else "https"
        return f"{scheme}://{self.host}/v2/{self.path}/manifests/{self.reference}"


def check_pushed(images: Sequence[str]) -> list[str]:
    """Return the images whose state is unknown.

    Parameters
    ----------
    images : sequence of str
        Full names, with a tag or a digest.

    Raises
    ------
    InvalidSetting
        A registry does not have some of them.
    """
    with ThreadPoolExecutor(_PARALLEL_REQUESTS) as pool:
        states = dict(zip(images, pool.map(look_up_image, images), strict=True))
    missing = [image for image, state in states.items() if state == "missing"]
    if missing:
        raise InvalidSetting(
            f"{len(missing)} of {len(images)} images were never pushed: {format_list(missing)}.",
            "Run make push, or compile with images that were pushed: make compile REGISTRY=... TAG=...",
        )
    return [image for image, state in states.items() if state == "unknown"]


def look_up_image(name: str) -> ImageState:
    """Return whether a registry has an image, by its full name, as far as it tells without credentials."""
    image = _ImageReference.parse(name)
    status, challenge = _request_manifest(image.address, None)
    if status == http.client.UNAUTHORIZED and challenge:
        token = _fetch_anonymous_token(challenge)
        if token is None:
            return "unknown"
        status, _ = _request_manifest(image.address, token)
    if status == http.client.OK:
        return "pushed"
    return "missing" if status == http.client.NOT_FOUND else "unknown"


def _request_manifest(address: str, token: str | None) -> tuple[int | None, str | None]:
    """Return the status of the answer, None without an answer, and the registry's challenge."""
    request = urllib.request.Request(address, method="HEAD", headers={"Accept": _ACCEPT})  # noqa: S310
    if token is not None:
        # Not sent to the target of a redirection.
        request.add_unredirected_header("Authorization", f"Bearer {token}")
    try:
        with urllib.request.urlopen(request, timeout=_SECONDS) as answer:  # noqa: S310
            return answer.status, None
    except urllib.error.HTTPError as error:
        return error.code, error.headers.get("WWW-Authenticate")
    except (OSError, http.client.HTTPException, ValueError):
        return None, None


def _fetch_anonymous_token(challenge: str) -> str | None:
    """Ask for an anonymous token (https://distribution.github.io/distribution/spec/auth/token/)."""
    scheme, _, text = challenge.partition(" ")
    fields = dict(re.findall(r'(\w+)="([^"]*)"', text))
    realm = fields.pop("realm", "")
    host = urllib.parse.urlsplit(realm).hostname
    if scheme.lower() != "bearer" or not (realm.startswith("https://") or host in ("localhost", "127.0.0.1")):
        return None
    try:
        query = urllib.parse.urlencode(fields)
        with urllib.request.urlopen(f"{realm}?{query}", timeout=_SECONDS) as answer:  # noqa: S310
            body = json.load(answer)
    except (OSError, http.client.HTTPException, ValueError):
        return None
    token = body.get("token") or body.get("access_token") if isinstance(body, dict) else None
    return str(token) if token else None
