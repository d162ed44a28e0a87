import subprocess
from pathlib import Path

import pytest

from components._problem.approvers import (
    collect_approver_faults,
    decode_key,
    find_owner,
    get_fingerprint,
    read_approvers,
)
from components._problem.spec import Problem
from tests.ssh_keys import make_key, read_line

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHVwFgxoONS6D4nRdZQXKPdpCHHHYgvSjMtF4NCpC2e4 maria@example.org"
OTHER = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHVwFgxoONS6D4nRdZQXKPdpCHHHYgvSjMtF4NCpC2e5"


@pytest.mark.parametrize("kind", ["ed25519", "ecdsa"])
def test_a_fingerprint_is_the_one_that_ssh_keygen_shows(tmp_path: Path, kind: str) -> None:
    key = make_key(tmp_path, "maria", kind)
    shown = subprocess.run(["ssh-keygen", "-l", "-f", str(key)], capture_output=True, text=True, check=True)
    assert get_fingerprint(decode_key(read_line(key))) == shown.stdout.split()[1]


def test_an_owner_may_have_several_keys() -> None:
    approvers = {"ali": [], "maria": [OTHER, KEY]}
    assert find_owner(decode_key(KEY), approvers) == "maria"
    assert find_owner(decode_key(KEY), {"ali": [OTHER]}) is None


def test_two_approvers_without_a_fault() -> None:
    assert list(collect_approver_faults({"maria": [KEY], "ali.b@example.org": [OTHER]}, 2)) == []


@pytest.mark.parametrize(
    ("approvers", "n", "fault"),
    [
        (
            {"maria": ["ssh-ed25591 AAAA"]},
            1,
            "approvers.maria: key type 'ssh-ed25591' is not known. Did you mean",
        ),
        ({"maria": [KEY[:60]]}, 1, "approvers.maria: this ssh-ed25519 key is damaged"),
        ({"maria": ["ssh-ed25519 AAAA!"]}, 1, "approvers.maria: this ssh-ed25519 key is damaged"),
        ({"maria": ["ssh-ed25519"]}, 1, "approvers.maria: this ssh-ed25519 key is damaged"),
        ({"maria": [f"ssh-rsa {KEY.split()[1]}"]}, 1, "approvers.maria: this ssh-rsa key is damaged"),
        ({"maria": ["-----BEGIN OPENSSH PRIVATE KEY-----"]}, 1, "approvers.maria: this is a private key"),
        ({"maria": []}, 1, "approvers.maria: needs a public key"),
        ({"../maria": [KEY]}, 1, "approvers: the name '../maria' must be letters"),
        ({"maria": [KEY], "ali": [KEY]}, 1, "is already that of 'maria'"),
        ({"maria": [KEY]}, 2, "approvals is 2, but approvers has 1"),
        ({}, 2, "approvals is 2, but approvers has 0"),
    ],
)
def test_each_mistake_is_named(approvers: dict[str, list[str]], n: int, fault: str) -> None:
    assert fault in " ".join(collect_approver_faults(approvers, n))


def test_a_model_folder_names_its_approvers(tmp_path: Path) -> None:
    assert read_approvers(tmp_path) == ({}, 0)
    for details, expected in (
        ({}, ({}, 0)),
        ({"approvers": {"maria": KEY}}, ({"maria": [KEY]}, 1)),
        (
            {"approvers": {"maria": KEY, "ali": [OTHER]}, "approvals": 2},
            ({"maria": [KEY], "ali": [OTHER]}, 2),
        ),
    ):
        Problem.from_settings({"target": "y", **details}).save(tmp_path / "problem.json")
        assert read_approvers(tmp_path) == expected
    (tmp_path / "problem.json").write_text('{"target": "y"}')
    assert read_approvers(tmp_path) == ({}, 0)
