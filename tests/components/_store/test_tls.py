from collections.abc import Iterator
from pathlib import Path

import pytest

from components._store.address import Address
from components._store.failures import StorageError
from tests.components._store.transfers import CONTENT, fetch_bytes, store
from tests.images.advisory_service import Authority
from tests.s3 import Fault, Relay, S3Server, run_relay


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def tls_relay(s3: S3Server, authority: Authority) -> Iterator[Relay]:
    """A relay whose certificate is made for localhost by an authority that nobody trusts."""
    with run_relay(s3, authority.make_context("localhost")) as found:
        yield found


@pytest.fixture
def trusted(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    """Has this process trust the authority."""
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.certificate_file))


def test_a_certificate_that_nobody_trusts_is_refused_at_once(
    s3: S3Server, bucket: str, tls_relay: Relay, tmp_path: Path
) -> None:
    with pytest.raises(StorageError, match=r"is not trusted \(unable to get.*\n.*SSL_CERT_FILE"):
        fetch_bytes(s3, tls_relay, Address(bucket, "table.csv"), tmp_path)
    assert tls_relay.asked == []


@pytest.mark.usefixtures("trusted")
def test_a_certificate_for_another_name_is_refused(
    s3: S3Server, bucket: str, tls_relay: Relay, tmp_path: Path
) -> None:
    tls_relay.endpoint = tls_relay.endpoint.replace("localhost", "127.0.0.1")
    with pytest.raises(StorageError, match=r"is not trusted \(IP address mismatch"):
        fetch_bytes(s3, tls_relay, Address(bucket, "table.csv"), tmp_path)


@pytest.mark.usefixtures("trusted")
def test_a_copy_over_tls_that_breaks_off_is_continued(
    s3: S3Server, bucket: str, tls_relay: Relay, tmp_path: Path
) -> None:
    s3.put(bucket, "table.csv", CONTENT)
    tls_relay.faults = [Fault(cut=0), Fault(cut=400_000)]
    assert fetch_bytes(s3, tls_relay, Address(bucket, "table.csv"), tmp_path) == CONTENT
    assert len(tls_relay.asked) == 3


def test_a_server_without_tls_is_named(s3: S3Server, tmp_path: Path) -> None:
    environment = s3.make_environment(endpoint=s3.endpoint.replace("http:", "https:"))
    with pytest.raises(StorageError, match="it does not answer with TLS"):
        store(environment).fetch(Address("data", "table.csv"), tmp_path / "copy")
