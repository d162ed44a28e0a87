"""A stand-in for PyPI's advisory service, on loopback, with invented advisories.

pip-audit knows the service's address by heart. So the stand-in is a proxy that it is told to use, which
answers in the place of whatever host it is asked to connect to, with a certificate made for that host.
"""

import datetime
import json
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from images.audit import CONTROL
from tests.loopback import Handler, serve_http

# Python asks this of an authority since 3.13.
_SIGNS = x509.KeyUsage(
    digital_signature=False,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=True,
    crl_sign=True,
    encipher_only=False,
    decipher_only=False,
)


def make_advisory(name: str, fixed_in: tuple[str, ...] = (), **more: Any) -> dict[str, Any]:
    return {"id": name, "aliases": [], "fixed_in": list(fixed_in), "summary": "Invented.", **more}


@dataclass
class AdvisoryService:
    """What the stand-in knows, and what it was asked.

    ``known`` has the advisories by package and version. A version that is not there has none, one in
    ``unknown`` is answered with 404. ``answer`` stands in for every answer: a status and a body.
    """

    known: dict[tuple[str, str], list[dict[str, Any]]] = field(
        default_factory=lambda: {CONTROL: [make_advisory("PYSEC-2020-0001")]}
    )
    unknown: set[tuple[str, str]] = field(default_factory=set)
    answer: tuple[int, str] | None = None
    asked: list[tuple[str, str]] = field(default_factory=list)

    def reply(self, path: str) -> tuple[int, str]:
        _, api, package, version, form = path.split("/")
        assert (api, form) == ("pypi", "json")
        self.asked.append((package, version))
        if self.answer:
            return self.answer
        if (package, version) in self.unknown:
            return 404, '{"message": "Not Found"}'
        return 200, json.dumps({"vulnerabilities": self.known.get((package, version), [])})


@contextmanager
def serve_advisories(
    service: AdvisoryService, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[AdvisoryService]:
    """Let the stand-in answer all that this process' children ask over https."""
    authority = Authority(folder)
    for name in ("NO_PROXY", "no_proxy", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(authority.certificate_file))
    with serve_http(_make_handler(service, authority)) as address:
        monkeypatch.setenv("HTTPS_PROXY", address)
        yield service


def _make_handler(service: AdvisoryService, authority: "Authority") -> type[Handler]:
    class Advisories(Handler):
        def do_CONNECT(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.flush()
            context = authority.make_context(self.path.partition(":")[0])
            self.connection = context.wrap_socket(self.connection, server_side=True)
            self.rfile = self.connection.makefile("rb")
            self.wfile = self.connection.makefile("wb", buffering=0)
            # Python up to 3.11 connects as HTTP 1.0, which would end here.
            self.close_connection = False

        def do_GET(self) -> None:
            status, text = service.reply(self.path)
            self.reply(status, text.encode(), {"Content-Type": "application/json"})

    return Advisories


class Authority:
    """A certificate authority for the length of a test."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "a test's authority")])
        certificate = (
            self._make_builder(self._name, self._key)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_SIGNS, critical=True)
            .sign(self._key, hashes.SHA256())
        )
        self.certificate_file = folder / "authority.pem"
        self.certificate_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))

    def make_context(self, host: str) -> ssl.SSLContext:
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = (
            self._make_builder(x509.Name([]), key)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=True)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False
            )
            .sign(self._key, hashes.SHA256())
        )
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        path = self._folder / f"{host}.pem"
        path.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return context

    def _make_builder(self, subject: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
        now = datetime.datetime.now(datetime.UTC)
        hour = datetime.timedelta(hours=1)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - hour)
            .not_valid_after(now + hour)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        )
