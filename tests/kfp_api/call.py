"""A request to the stand-in: who sends it, what it holds, and the page of a list that it asks for."""

import json
from collections.abc import Callable
from email.message import Message
from typing import Any, NamedTuple

from tests.kfp_api.models import Refusal, check_model
from tests.kfp_api.state import KfpApi

PAGING = ("page_token", "page_size", "sort_by", "filter")


class Route(NamedTuple):
    """A kind of request: its path as a pattern, what answers it, the answer's model, its queries, its API."""

    method: str
    path: str
    answer: Callable[..., dict[str, Any]]
    model: str
    queries: tuple[str, ...] = ()
    api: str = "v2beta1"


class Call:
    """A request.

    Raises
    ------
    Refusal
        With status 401 if the API asks for users and this one is unknown.
    """

    def __init__(self, api: KfpApi, headers: Message, query: dict[str, str], body: bytes) -> None:
        self.api, self.headers, self.query, self.body = api, headers, query, body
        self._may_use: set[str] | None = None
        if api.users is not None:
            user = headers.get("Authorization", "").removeprefix("Bearer ") or headers.get("Cookie", "")
            if user in api.expired or user not in api.users:
                raise Refusal(401, "Request header error: there is no user identity header.")
            self._may_use = api.users[user]

    def permit(self, namespace: str, what: str) -> str:
        """Return the namespace in which something is asked for; refuse whoever may not use it."""
        if not self.api.is_multi_user:
            return ""
        if not namespace:
            raise Refusal(400, f"Failed to {what}: a namespace cannot be empty in multi-user mode.")
        if self._may_use is not None and namespace not in self._may_use:
            raise Refusal(
                403, f"Failed to {what}: User is not authorized in {namespace}: Unauthorized access"
            )
        return namespace

    def read(self, model: str) -> dict[str, Any]:
        """Return the body, which must be one of a model of kfp-server-api."""
        try:
            given: dict[str, Any] = json.loads(self.body)
        except ValueError:
            raise Refusal(400, "the body is no JSON") from None
        check_model(given, model, model)
        return given

    def make_page(self, found: list[dict[str, Any]], key: str, filters: tuple[str, ...]) -> dict[str, Any]:
        """Return the page of a list that is asked for, filtered by fields that the backend can filter by."""
        for predicate in json.loads(self.query.get("filter") or "{}").get("predicates", []):
            name = predicate.get("key")
            if predicate.get("operation") not in (1, "EQUALS") or name not in filters:
                raise Refusal(400, f"no support for filtering on unrecognized field {name!r}")
            found = [thing for thing in found if thing.get(name) == predicate["stringValue"]]
        size = min(int(self.query.get("page_size") or 10), self.api.page_size_at_most)
        start = int(self.query.get("page_token") or 0)
        answer: dict[str, Any] = {"total_size": len(found)}
        # An empty list is left out, as the gateway does.
        if found[start : start + size]:
            answer[key] = found[start : start + size]
        if start + size < len(found):
            answer["next_page_token"] = str(start + size)
        return answer
