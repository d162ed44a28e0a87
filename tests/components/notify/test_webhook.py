import pytest

from components.notify.webhook import notify_webhook
from tests.webhook import serve_webhook


def test_a_webhook_gets_the_text() -> None:
    with serve_webhook() as (address, messages):
        assert notify_webhook(f"{address}/200", "No rows.\nAdd some.") is None
    assert messages == [{"text": "No rows.\nAdd some."}]


@pytest.mark.parametrize(
    ("address", "cause"),
    [
        ("http://127.0.0.1:9/token-5ec7e7", "URLError"),
        ("token-5ec7e7", "ValueError"),
        ("http://127.0.0.1:port/token-5ec7e7", "InvalidURL"),
    ],
)
def test_a_webhook_that_does_not_take_it_raises_nothing(
    address: str, cause: str, capsys: pytest.CaptureFixture[str]
) -> None:
    failure = notify_webhook(address, "No rows.")
    assert failure is not None
    assert failure.startswith(f"The webhook could not be notified ({cause}): check KFP_TABULAR_WEBHOOK")
    assert capsys.readouterr().err == f"{failure}\n"
    assert "token-5ec7e7" not in failure
