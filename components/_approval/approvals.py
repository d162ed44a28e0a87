"""The approvals that are stored with a version, and whether they suffice for its deployment."""

import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from components._approval.ssh_signature import SshSignature
from components._approval.statement import ApprovalSubject, hash_folder
from components._problem.approvers import find_owner, get_fingerprint, read_approvers
from components._tracking.registry import Registry
from components._tracking.registry_version import RegistryVersion
from components.errors import SuiteError, format_count, format_list

# Signatures for another purpose, such as of commits, are no approval.
NAMESPACE = "kfp-tabular"
# Where MLflow keeps them, beside the model folder: the folder's content stays what was approved.
FOLDER = "approvals"
# The version's tag with the approvers' names, for people who look at MLflow. Nothing reads it.
TAG = "approved_by"
_TEXT, _SIGNATURE = ".txt", ".sig"


class ApprovalError(SuiteError):
    """A version lacks the approvals that its problem asks for."""


@dataclass(frozen=True)
class Approval:
    """A stored approval, checked.

    Attributes
    ----------
    approver : str
        Who gave it, by the name of its file.
    fault : str
        Why it does not count; empty if it does.
    """

    approver: str
    fault: str

    def __str__(self) -> str:
        return f"{self.approver}, {f'does not count: {self.fault}' if self.fault else 'valid'}"


@dataclass(frozen=True)
class ApprovalState:
    """The approvals of a version.

    Attributes
    ----------
    n_required : int
        How many the problem asks for; 0 if it names no approvers.
    approvers : tuple of str
        Names of those who may approve.
    given : tuple of Approval
        The stored approvals, valid or not.
    """

    n_required: int
    approvers: tuple[str, ...]
    given: tuple[Approval, ...]

    @property
    def valid(self) -> tuple[str, ...]:
        """Names of those whose approval is valid."""
        return tuple(approval.approver for approval in self.given if not approval.fault)

    @property
    def is_enough(self) -> bool:
        """Whether deploy accepts the version."""
        return len(self.valid) >= self.n_required


def check_approvals(registry: Registry, version: RegistryVersion, package: Path) -> ApprovalState:
    """Check the approvals that are stored with a version.

    Parameters
    ----------
    registry : Registry
        The version's registry.
    version : RegistryVersion
        The version.
    package : Path
        Its model folder, downloaded.
    """
    approvers, n_required = read_approvers(package)
    content = hash_folder(package)
    with tempfile.TemporaryDirectory() as scratch:
        folder = registry.download_folder(version, FOLDER, Path(scratch))
        texts = sorted(folder.glob(f"*{_TEXT}")) if folder is not None else []
        given = tuple(
            Approval(
                text.stem,
                find_fault(
                    text.read_bytes(),
                    _read_signature(text),
                    ApprovalSubject(version.model, version.number, content, text.stem),
                    approvers,
                ),
            )
            for text in texts
        )
    return ApprovalState(n_required, tuple(sorted(approvers)), given)


def find_fault(
    text: bytes, signature: str, expected: ApprovalSubject, approvers: Mapping[str, Sequence[str]]
) -> str:
    """Return why an approval does not count; empty if it does.

    Parameters
    ----------
    text : bytes
        The text that was signed.
    signature : str
        Its signature; empty for none.
    expected : ApprovalSubject
        The version as it is now, and the approver under whose name the approval is stored.
    approvers : mapping of str to sequence of str
        Who may approve, with public keys.
    """
    try:
        signed = SshSignature.parse(signature)
        if signed.namespace != NAMESPACE:
            return f"it was signed for {signed.namespace!r}, not for {NAMESPACE!r}"
        owner = find_owner(signed.key, approvers)
        if owner is None:
            fingerprint = get_fingerprint(signed.key)
            return (
                f"it was signed with the key {fingerprint}, which belongs to none of {format_list(approvers)}"
            )
        if not signed.is_valid(text):
            return "its text was changed after it was signed"
        subject = ApprovalSubject.parse(text.decode())
    except ValueError as error:
        return str(error)
    return _compare_subjects(subject, expected, owner)


def require_approvals(state: ApprovalState, version: RegistryVersion) -> None:
    """Do nothing if a version has the approvals that its problem asks for.

    Raises
    ------
    ApprovalError
        Approvals are missing, or do not count.
    """
    if state.is_enough:
        return
    raise ApprovalError(
        " ".join(
            [
                f"Version {version.number} of {version.model!r} has {len(state.valid)} of the "
                f"{format_count(state.n_required, 'approval')} that its problem asks for.",
                *describe_faults(state),
            ]
        ),
        f"Ask {_format_choice(name for name in state.approvers if name not in state.valid)}: "
        f"python -m pipelines models approve {version.number} --model {version.model} --key FILE. Then "
        f"deploy it: make submit PIPELINE=deployment VERSION={version.number}.",
    )


def describe_faults(state: ApprovalState) -> list[str]:
    """Return a sentence for each stored approval that does not count."""
    return [
        f"The approval of {approval.approver} does not count: {approval.fault}."
        for approval in state.given
        if approval.fault
    ]


def store_approval(
    registry: Registry, version: RegistryVersion, approver: str, text: bytes, signature: str
) -> None:
    """Store an approval with a version; an earlier one of the same approver is replaced."""
    with tempfile.TemporaryDirectory() as scratch:
        place = Path(scratch)
        (place / f"{approver}{_TEXT}").write_bytes(text)
        (place / f"{approver}{_SIGNATURE}").write_text(signature, encoding="utf-8")
        registry.upload_folder(version, place, FOLDER)


def _read_signature(text: Path) -> str:
    file = text.with_suffix(_SIGNATURE)
    return file.read_text(encoding="utf-8", errors="replace") if file.exists() else ""


def _compare_subjects(subject: ApprovalSubject, expected: ApprovalSubject, owner: str) -> str:
    """Return what an approval is about instead of the version; empty if it is about the version."""
    if subject.approver != owner:
        return f"it says that {subject.approver} approves, but the key is that of {owner}"
    if subject.approver != expected.approver:
        # A copy under another name would be the approval of a second person.
        return f"it is that of {subject.approver}"
    if subject.model != expected.model:
        return f"it is an approval of the model {subject.model!r}"
    if subject.version != expected.version:
        return f"it is an approval of version {subject.version}"
    if subject.content != expected.content:
        return "the model's files are not those that were approved"
    return ""


def _format_choice(names: Iterable[str]) -> str:
    *most, last = names
    return f"{', '.join(most)} or {last}" if most else last
