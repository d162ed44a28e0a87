"""Whether the images of a pipeline are where a cluster will look for them.

A registry is asked without credentials: what it does not tell a stranger is not known, which is said, and
stops nothing.
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

Answer = Literal["there", "missing", "unknown"]
_SECONDS = 5.0
_AT_ONCE = 8
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
        # https://github.com/distribution/reference: without a host it is Docker Hub's.
        if not path or not ("." in host or ":" in host or host == "localhost"):
            host, path = "docker.io", rest
        path, _, tag = path.partition(":")
        if host == "docker.io":
            host, path = "registry-1.docker.io", path if "/" in path else f"library/{path}"
        return cls(host, path, digest or tag or "latest")

    @property
    def address(self) -> str:
        # Docker trusts a registry on loopback without TLS, and so do clusters that run beside it.
        scheme = "http" if re.sub(r":\d+$", "", self.host) in _LOOPBACK else "https"
        return f"{scheme}://{self.host}/v2/{self.path}/manifests/{self.reference}"


def check_pushed(images: Sequence[str]) -> list[str]:
    """Return the images that a registry does not tell of.

    Parameters
    ----------
    images : sequence of str
        Whole names, with a tag or a digest.

    Raises
    ------
    InvalidSetting
        A registry says that it does not have some of them.
    """
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        answers = dict(zip(images, pool.map(look_up_image, images), strict=True))
    missing = [image for image, answer in answers.items() if answer == "missing"]
    if missing:
        raise InvalidSetting(
            f"{len(missing)} of {len(images)} images were never pushed: {format_list(missing)}.",
            "make push, or name in make compile REGISTRY=... TAG=... what was pushed.",
        )
    return [image for image, answer in answers.items() if answer == "unknown"]


def look_up_image(name: str) -> Answer:
    """Return whether a registry has an image, as far as it tells a stranger.

    Parameters
    ----------
    name : str
        Whole name, with a tag or a digest.
    """
    image = _ImageReference.parse(name)
    status, challenge = _request_manifest(image.address, None)
    if status == http.client.UNAUTHORIZED and challenge:
        token = _fetch_anonymous_token(challenge)
        if token is None:
            return "unknown"
        status, _ = _request_manifest(image.address, token)
    if status == http.client.OK:
        return "there"
    return "missing" if status == http.client.NOT_FOUND else "unknown"


def _request_manifest(address: str, token: str | None) -> tuple[int | None, str | None]:
    """Return the status of an answer, None without one, and how the registry wants to be asked."""
    request = urllib.request.Request(address, method="HEAD", headers={"Accept": _ACCEPT})  # noqa: S310
    if token is not None:
        # Not passed on to where a redirection leads.
        request.add_unredirected_header("Authorization", f"Bearer {token}")
    try:
        with urllib.request.urlopen(request, timeout=_SECONDS) as answer:  # noqa: S310
            return answer.status, None
    except urllib.error.HTTPError as error:
        return error.code, error.headers.get("WWW-Authenticate")
    except (OSError, http.client.HTTPException, ValueError):
        return None, None


def _fetch_anonymous_token(challenge: str) -> str | None:
    """Ask for what a registry gives to everybody (https://distribution.github.io/distribution/spec/auth/token/)."""
    scheme, _, text = challenge.partition(" ")
    fields = dict(re.findall(r'(\w+)="([^"]*)"', text))
    realm = fields.pop("realm", "")
    host = urllib.parse.urlsplit(realm).hostname
    if scheme.lower() != "bearer" or not (realm.startswith("https://") or host in ("localhost", "127.0.0.1")):
        return None
    try:
        query = urllib.parse.urlencode(fields)
        with urllib.request.urlopen(f"{realm}?{query}", timeout=_SECONDS) as answer:  # noqa: S310
            given = json.load(answer)
    except (OSError, http.client.HTTPException, ValueError):
        return None
    token = given.get("token") or given.get("access_token") if isinstance(given, dict) else None
    return str(token) if token else None
