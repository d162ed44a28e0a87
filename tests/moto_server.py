"""Amazon's services on loopback: moto's server, which keeps what is made in its memory."""

import base64
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import boto3
import httpx

from tests.server_process import ServerProcess, start_server
from tests.sweeps_proxy import find_free_port

ACCOUNT = "123456789012"
REGION = "eu-central-1"
_ANYBODY = {"aws_access_key_id": "any", "aws_secret_access_key": "any"}


@dataclass(frozen=True)
class Amazon:
    """The services as somebody sees them; ``keys`` are arguments of boto3's clients."""

    url: str
    keys: Mapping[str, str] = field(default_factory=lambda: _ANYBODY)

    def connect(self, service: str) -> Any:
        """Return boto3's client of a service."""
        return boto3.client(service, endpoint_url=self.url, region_name=REGION, **self.keys)

    def take_role(self, name: str) -> "Amazon":
        """Return the services as a role sees them. moto believes every token."""
        answer = self.connect("sts").assume_role_with_web_identity(
            RoleArn=f"arn:aws:iam::{ACCOUNT}:role/{name}",
            RoleSessionName="test",
            WebIdentityToken="any-token",
        )
        given = answer["Credentials"]
        names = {
            "aws_access_key_id": "AccessKeyId",
            "aws_secret_access_key": "SecretAccessKey",
            "aws_session_token": "SessionToken",
        }
        return Amazon(self.url, {name: given[word] for name, word in names.items()})

    def call(self, path: str, body: str = "") -> str:
        """Ask something of moto itself, and return its answer."""
        return httpx.post(f"{self.url}/moto-api/{path}", content=body).raise_for_status().text


def read_requests(recording: Path) -> list[dict[str, list[str]]]:
    """Return the fields of the forms that the server was sent."""
    bodies = [json.loads(line)["body"] for line in recording.read_text().splitlines()]
    return [parse_qs(base64.b64decode(body).decode()) for body in bodies]


@contextmanager
def run_moto(recording: Path | None = None) -> Iterator[Amazon]:
    """Run a server for the length of a block; it writes the requests to a file if one is given."""
    port = find_free_port()
    variables = {"MOTO_ENABLE_RECORDING": "1", "MOTO_RECORDER_FILEPATH": str(recording)} if recording else {}
    with start_server(["moto.server", "-H", "127.0.0.1", "-p", str(port)], variables) as started:
        server = ServerProcess(f"http://127.0.0.1:{port}", *started)
        server.wait_until(lambda: server.is_alive("/moto-api/data.json"))
        yield Amazon(server.url)
