"""The people who approve a model before it is deployed, and their SSH keys."""

import base64
import binascii
import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from components.errors import suggest_name
from components.json_file import read_json

KEY_TYPES = ("ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", "ssh-rsa")
# An approver's name is the name of a file, too.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+-]{0,59}")
_LENGTH = 4
# The problem, in a model folder.
_PROBLEM = "problem.json"


def decode_key(line: str) -> bytes:
    """Return the bytes of a public key from a line such as ``ssh-ed25519 AAAA… comment``.

    Raises
    ------
    ValueError
        The line is not a public key of a known type.
    """
    kind, _, rest = line.strip().partition(" ")
    if "PRIVATE KEY" in line:
        raise ValueError(
            "this is a private key; write the line of its .pub file, and use a new key if this one was shared"
        )
    if kind not in KEY_TYPES:
        raise ValueError(f"key type {kind[:40]!r} is not known. {suggest_name(kind, KEY_TYPES, 'type')}")
    damage = ValueError(f"this {kind} key is damaged; write the whole line of the .pub file")
    try:
        key = base64.b64decode(rest.partition(" ")[0], validate=True)
        strings = split_strings(key)
    except (binascii.Error, ValueError):
        raise damage from None
    if not strings or strings[0] != kind.encode():
        raise damage
    return key


def split_strings(message: bytes) -> list[bytes]:
    """Return the strings of a message in SSH's form: each has its length before it, in four bytes.

    Raises
    ------
    ValueError
        The message ends within a string.
    """
    strings = []
    while message:
        end = _LENGTH + int.from_bytes(message[:_LENGTH], "big")
        if len(message) < max(end, _LENGTH):
            raise ValueError("the message ends within a string")
        strings.append(message[_LENGTH:end])
        message = message[end:]
    return strings


def get_fingerprint(key: bytes) -> str:
    """Return a key's fingerprint as ``ssh-keygen -l`` shows it."""
    return "SHA256:" + base64.b64encode(hashlib.sha256(key).digest()).decode("ascii").rstrip("=")


def find_owner(key: bytes, approvers: Mapping[str, Sequence[str]]) -> str | None:
    """Return the approver to whom a key belongs; None if it belongs to nobody."""
    return next((name for name, lines in approvers.items() if key in map(decode_key, lines)), None)


def read_approvers(package: Path) -> tuple[dict[str, list[str]], int]:
    """Return the approvers that a model folder's problem names, with their keys, and how many must approve.

    Only these keys are read, because the problem may be of another version of this code.
    """
    file = package / _PROBLEM
    problem = read_json(file) if file.exists() else {}
    approvers = problem.get("approvers", {})
    return approvers, problem["approvals"] if approvers else 0


def collect_approver_faults(approvers: Mapping[str, Sequence[str]], n_required: int) -> Iterator[str]:
    """Yield what is wrong with the approvers of a problem, each as a sentence."""
    owners: dict[bytes, str] = {}
    for name, lines in approvers.items():
        if not _NAME.fullmatch(name):
            yield f"approvers: the name {name!r} must be letters, digits and . _ @ + -, at most 60"
        if not lines:
            yield f"approvers.{name}: needs a public key, such as ssh-ed25519 AAAA…"
        for line in lines:
            try:
                key = decode_key(line)
            except ValueError as error:
                yield f"approvers.{name}: {error}"
                continue
            if owners.setdefault(key, name) != name:
                yield f"approvers.{name}: the key {get_fingerprint(key)} is already that of {owners[key]!r}"
    if n_required > max(len(approvers), 1):
        yield f"approvals is {n_required}, but approvers has {len(approvers)}"
