import pytest

from components.app.same_origin import is_foreign

HOST = {"host": "kubeflow.example"}


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        # A program, not a browser.
        ({}, False),
        ({"sec-fetch-site": "same-origin"}, False),
        ({"sec-fetch-site": "none"}, False),
        ({"sec-fetch-site": "same-site"}, True),
        ({"sec-fetch-site": "cross-site"}, True),
        ({"sec-fetch-site": "cross-site", "origin": "https://kubeflow.example"}, True),
        # Without TLS browsers say only the origin.
        ({"origin": "http://kubeflow.example"}, False),
        ({"origin": "http://kubeflow.example:8080"}, True),
        ({"origin": "http://other.example"}, True),
        ({"origin": "null"}, True),
        ({"origin": ""}, True),
        # A gateway that writes another host.
        ({"origin": "https://public.example", "x-forwarded-host": "public.example"}, False),
    ],
)
def test_what_a_browser_says_decides(headers: dict[str, str], expected: bool) -> None:
    assert is_foreign({**HOST, **headers}) is expected


def test_an_origin_without_any_host_is_foreign() -> None:
    assert is_foreign({"origin": "null"})
