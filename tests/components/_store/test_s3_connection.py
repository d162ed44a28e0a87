from pathlib import Path

import pytest

from components._store.address import Address
from components._store.failures import StorageError
from components._store.store import Store
from components.environment import Environment
from components.errors import InvalidSetting
from tests.components._store.transfers import store
from tests.s3 import Fault, Relay, S3Server


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        (Environment(s3_endpoint="http://minio:9000"), "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY not set"),
        (Environment(s3_secret_key="hidden"), "AWS_ACCESS_KEY_ID not set"),
        (Environment(s3_access_key="hidden"), "AWS_SECRET_ACCESS_KEY not set"),
        (Environment(s3_endpoint="minio:9000"), "AWS_ENDPOINT_URL minio:9000 is not an address"),
        (
            Environment(s3_endpoint="http://minio:port"),
            "AWS_ENDPOINT_URL http://minio:port is not an address",
        ),
        (Environment(s3_endpoint="http://[::1"), "is not an address"),
        (Environment(s3_endpoint="http://minio:9000/bucket"), "is not an address"),
        (Environment(s3_endpoint="http://user:hidden@minio:9000"), "AWS_ENDPOINT_URL is not an address"),
        (Environment(s3_access_key="hidden key", s3_secret_key="hidden"), "has characters that no key has"),
        (Environment(s3_access_key="hidden", s3_secret_key="hidden-ключ"), "has characters that no key has"),
        (
            Environment(s3_access_key="hidden", s3_secret_key="hidden", s3_session_token="hidden\nx"),
            "has characters that no key has",
        ),
        (
            Environment(s3_region="no region!", s3_access_key="hidden", s3_secret_key="hidden"),
            "AWS_REGION = 'no region!' is out of range",
        ),
    ],
)
def test_a_setting_that_is_wrong_or_missing_is_named(environment: Environment, message: str) -> None:
    with pytest.raises(InvalidSetting, match=message) as raised:
        Store(environment)
    assert "hidden" not in str(raised.value)


@pytest.mark.parametrize("address", [None, "https://s3.eu-central-1.amazonaws.com"])
def test_a_pod_without_a_role_is_an_error_that_does_not_show_its_token(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: str | None
) -> None:
    token = tmp_path / "token"
    token.write_text("hidden")
    monkeypatch.setenv("AWS_WEB_IDENTITY_TOKEN_FILE", str(token))
    # No such region, so that nobody is asked.
    monkeypatch.setenv("AWS_REGION", "nowhere.invalid")
    monkeypatch.setenv("AWS_ROLE_ARN", "arn:aws:iam::1:role/none")
    with pytest.raises(InvalidSetting, match="no role is accepted") as raised:
        store(Environment(s3_endpoint=address)).fetch(Address("data", "table.csv"), tmp_path / "copy")
    assert "hidden" not in str(raised.value)


def test_access_fails_for_unknown_keys(s3: S3Server) -> None:
    store(s3.make_environment()).check_access()
    store(s3.make_environment("reader")).check_access()
    with pytest.raises(StorageError, match=r"refuses access\..*: it does not know the access key"):
        store(s3.make_environment("nobody")).check_access()


def test_access_needs_no_right_to_list(s3: S3Server, relay: Relay) -> None:
    relay.faults = [
        Fault(
            answer=(403, {"Content-Type": "application/xml"}, b"<Error><Code>AccessDenied</Code></Error>"),
        )
    ]
    store(s3.make_environment(endpoint=relay.endpoint)).check_access()
    assert relay.asked == [("GET", None)]
