"""A webhook on loopback that keeps the messages it gets."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

from tests.loopback import Handler, serve_http


class _Webhook(Handler):
    messages: list[dict[str, str]]

    def do_POST(self) -> None:
        assert self.headers["Content-Type"] == "application/json"
        self.messages.append(json.loads(self.read_body()))
        self.reply(int(self.path.rpartition("/")[2]))


@contextmanager
def serve_webhook() -> Iterator[tuple[str, list[dict[str, str]]]]:
    """Yield the address and the messages so far; the last part of a path is the status of the answer."""
    messages: list[dict[str, str]] = []
    with serve_http(type("Webhook", (_Webhook,), {"messages": messages})) as address:
        yield address, messages
