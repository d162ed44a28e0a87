"""Approves a version of the registry: shows what is approved, signs it with ssh-keygen, and stores both."""

import subprocess
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from components._approval.approvals import (
    NAMESPACE,
    TAG,
    ApprovalState,
    check_approvals,
    store_approval,
)
from components._approval.statement import render_statement
from components._problem.approvers import decode_key, find_owner, get_fingerprint, read_approvers
from components.errors import InvalidSetting, format_list

if TYPE_CHECKING:
    from components._tracking.registry import Registry
    from components._tracking.registry_version import RegistryVersion


def approve_version(
    registry: "Registry", version: "RegistryVersion", key: Path, confirm: Callable[[str], object]
) -> tuple[str, ApprovalState]:
    """Approve a version, and return the approver's name and all approvals of the version.

    Parameters
    ----------
    registry : Registry
        The version's registry.
    version : RegistryVersion
        The version.
    key : Path
        The approver's private SSH key, or the public one of a key that an agent or a security key holds.
    confirm : callable
        Shows the text to the approver; it raises an error if they do not approve.

    Raises
    ------
    InvalidSetting
        The version's problem names no approvers, the key is none of theirs, or ssh-keygen cannot sign.
    """
    with TemporaryDirectory() as scratch:
        package = registry.download(version, Path(scratch))
        approvers, n_required = read_approvers(package)
        if not n_required:
            raise InvalidSetting(
                f"The problem of version {version.number} names no approvers, so deploy needs no approval.",
                "Add approvers to the problem, and train again.",
            )
        public = _read_public_key(key)
        approver = find_owner(public, approvers)
        if approver is None:
            raise InvalidSetting(
                f"The key {get_fingerprint(public)} of {key} belongs to none of the approvers: "
                f"{format_list(sorted(approvers))}.",
                "Name another key: --key FILE. Who approves is part of the problem of the training.",
            )
        statement = render_statement(version, package, approver)
        confirm(statement)
        text = statement.encode()
        store_approval(registry, version, approver, text, _sign(text, key))
        state = check_approvals(registry, version, package)
    registry.set_tag(version, TAG, ", ".join(state.valid))
    return approver, state


def read_approval_state(registry: "Registry", version: "RegistryVersion") -> ApprovalState:
    """Return the approvals of a version, each checked."""
    with TemporaryDirectory() as scratch:
        return check_approvals(registry, version, registry.download(version, Path(scratch)))


def _read_public_key(key: Path) -> bytes:
    public = key if key.suffix == ".pub" else key.with_name(f"{key.name}.pub")
    try:
        if public.exists():
            line = public.read_text(encoding="utf-8", errors="replace")
        else:
            key.open("rb").close()
            line = _run_keygen("-y", "-f", str(key))
        return decode_key(line)
    except OSError as error:
        raise InvalidSetting(
            f"The key {key} cannot be read: {error.strerror}.", "Name your SSH key: --key ~/.ssh/id_ed25519."
        ) from None
    except ValueError as error:
        raise InvalidSetting(
            f"The key in {public} cannot be used: {error}.", "Name another key: --key FILE."
        ) from None


def _sign(text: bytes, key: Path) -> str:
    with TemporaryDirectory() as scratch:
        file = Path(scratch) / "approval"
        file.write_bytes(text)
        _run_keygen("-Y", "sign", "-f", str(key), "-n", NAMESPACE, str(file))
        return file.with_name("approval.sig").read_text(encoding="utf-8")


def _run_keygen(*words: str) -> str:
    """Run ssh-keygen, which asks for a passphrase on the terminal by itself."""
    try:
        done = subprocess.run(["ssh-keygen", *words], capture_output=True, text=True, check=False, stdin=None)
    except FileNotFoundError:
        raise InvalidSetting(
            "ssh-keygen, which signs the approval, is not installed.",
            "Install OpenSSH's client, 8.2 or later; on Debian: apt-get install openssh-client.",
        ) from None
    if done.returncode:
        reason = done.stderr.strip().splitlines()
        raise InvalidSetting(
            f"ssh-keygen cannot use the key: {reason[-1] if reason else 'it gave no reason'}.",
            "Try it by hand: ssh-keygen -y -f FILE shows the public part of a key.",
        )
    return done.stdout
