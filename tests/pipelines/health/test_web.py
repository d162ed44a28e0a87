from collections.abc import Iterator

import pytest

from pipelines.health.web import Reply, ServiceFailed, fetch_reply
from tests.loopback import Handler, serve_http


class Pages(Handler):
    """Answers with the header that it is asked with, or sends elsewhere."""

    def do_GET(self) -> None:
        if self.path == "/elsewhere":
            self.reply(302, headers={"Location": "/"})
        else:
            self.reply(200, f'{{"token": "{self.headers["Token"]}"}} \n'.encode())


@pytest.fixture
def address() -> Iterator[str]:
    with serve_http(Pages) as address:
        yield address


def test_a_reply_has_its_status_and_its_body(address: str) -> None:
    reply = fetch_reply(address, {"Token": "mine"}, 5)
    assert (reply.status, reply.json) == (200, {"token": "mine"})
    assert reply.headers["content-length"] == str(len(reply.text) + 2)


def test_a_redirection_is_not_followed(address: str) -> None:
    reply = fetch_reply(f"{address}/elsewhere", {}, 5)
    assert (reply.status, reply.headers["location"]) == (302, "/")


@pytest.mark.parametrize("text", ["", "<html>", "[1]", "5"])
def test_other_texts_are_no_object(text: str) -> None:
    assert Reply(200, {}, text).json is None


@pytest.mark.parametrize(
    ("url", "headers", "message"),
    [
        ("http://127.0.0.1:9/x?secret=1", {}, "http://127.0.0.1:9/x: connection refused"),
        ("http:///x", {}, "http:///x is not an address"),
        ("http://127.0.0.1:9", {"Token": "sec\nret"}, "its credentials contain a line break"),
    ],
)
def test_a_request_that_fails_says_why_and_no_secret(url: str, headers: dict[str, str], message: str) -> None:
    with pytest.raises(ServiceFailed, match=message) as caught:
        fetch_reply(url, headers, 5)
    assert "sec" not in str(caught.value).replace("service", "")
