"""SSH keys and signatures, made by OpenSSH's own ssh-keygen."""

import subprocess
from pathlib import Path


def make_key(folder: Path, name: str, kind: str = "ed25519", *options: str) -> Path:
    """Make a key without a passphrase, and return its private file; the public one is beside it."""
    file = folder / name
    command = [
        "ssh-keygen",
        "-q",
        "-t",
        kind,
        "-N",
        "",
        "-C",
        f"{name}@example.org",
        "-f",
        str(file),
        *options,
    ]
    subprocess.run(command, check=True, capture_output=True)
    return file


def read_line(key: Path) -> str:
    """Return the public key's line."""
    return key.with_name(f"{key.name}.pub").read_text().strip()


def sign(key: Path, text: bytes, namespace: str = "kfp-tabular", *options: str) -> str:
    """Return a signature as ssh-keygen writes it."""
    command = ["ssh-keygen", "-Y", "sign", "-f", str(key), "-n", namespace, *options]
    done = subprocess.run(command, input=text, check=True, capture_output=True)
    return done.stdout.decode()
