"""The state of the stand-in, which a test sets and looks at."""

import itertools
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from pipelines.backend_versions import NEWEST, BackendRelease

LOGIN_PAGE = "<!DOCTYPE html><html><body>Log in</body></html>"


@dataclass
class Trouble:
    """What goes wrong with some requests before they go well.

    Attributes
    ----------
    method, path : str
        Which requests: the method, and a pattern that the path begins with.
    status : int
        The answer. 0: the connection is cut. -1: there is none for long.
    times : int
        How many of them.
    is_done_first : bool
        Whether the request is carried out all the same, and only its answer is lost.
    body : str or None
        What is answered. None: an error in JSON.
    headers : dict
        What goes with it.
    """

    method: str
    path: str
    status: int
    times: int = 1
    is_done_first: bool = False
    body: str | None = None
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class KfpApi:
    """The state of a stand-in API server.

    Attributes
    ----------
    users : dict or None
        The namespaces that each token or cookie may use. None: nobody is asked.
    expired : set of str
        Tokens and cookies that were good once.
    health : dict
        What it says of itself. It behaves as the version in it.
    scripts : list of list of dict
        How the next runs get on: what each look at a run shows, one after the other.
    troubles : list of Trouble
        What goes wrong.
    requests : list of tuple of str
        Method and path of every request.
    headers_seen : list of dict
        Headers of every request.
    namespaces_seen : set of str
        Namespaces in queries.
    """

    is_multi_user: bool = False
    users: dict[str, set[str]] | None = None
    expired: set[str] = field(default_factory=set)
    health: dict[str, Any] = field(default_factory=lambda: {"commit_sha": "unknown", "tag_name": "2.17.0"})
    scripts: list[list[dict[str, Any]]] = field(default_factory=list)
    troubles: list[Trouble] = field(default_factory=list)
    requests: list[tuple[str, str]] = field(default_factory=list)
    pipelines: dict[str, dict[str, Any]] = field(default_factory=dict)
    versions: dict[str, dict[str, Any]] = field(default_factory=dict)
    experiments: dict[str, dict[str, Any]] = field(default_factory=dict)
    runs: dict[str, dict[str, Any]] = field(default_factory=dict)
    recurringruns: dict[str, dict[str, Any]] = field(default_factory=dict)
    url: str = ""
    page_size_at_most: int = 200
    headers_seen: list[dict[str, str]] = field(default_factory=list)
    namespaces_seen: set[str] = field(default_factory=set)
    is_over: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)
    _ids: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    @property
    def release(self) -> BackendRelease:
        """The release as which it behaves."""
        return BackendRelease.find(self.health.get("tag_name")) or NEWEST

    @property
    def changes(self) -> list[str]:
        """Paths of the requests that change something."""
        return [path for method, path in self.requests if method != "GET"]

    def make_id(self) -> str:
        """Return an id that no other object has."""
        return f"00000000-0000-4000-8000-{next(self._ids):012d}"


def describe_run(state: str, manifest: str = "") -> dict[str, Any]:
    """Return what a look at a run shows: its state, and its workflow, which only the API v1beta1 shows."""
    return {"state": state, "manifest": manifest}


def format_now() -> str:
    """Return the time as the API writes it."""
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
