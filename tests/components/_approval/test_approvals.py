from pathlib import Path

import pytest

from components._approval.approvals import (
    Approval,
    ApprovalError,
    ApprovalState,
    check_approvals,
    require_approvals,
    store_approval,
)
from components._approval.statement import render_statement
from tests.components._approval.conftest import Setting
from tests.ssh_keys import sign


def download(setting: Setting, folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    return setting.registry.download(setting.version, folder)


def store(
    setting: Setting,
    package: Path,
    approver: str,
    text: bytes | None = None,
    key: str = "",
    namespace: str = "kfp-tabular",
) -> None:
    """Store an approval, by default a valid one."""
    shown = render_statement(setting.version, package, approver).encode()
    signature = sign(setting.keys[key or approver], shown, namespace)
    store_approval(setting.registry, setting.version, approver, shown if text is None else text, signature)


@pytest.mark.slow
def test_a_version_without_approvals_is_refused(setting: Setting, tmp_path: Path) -> None:
    package = download(setting, tmp_path / "there")
    state = check_approvals(setting.registry, setting.version, package)
    assert (state.n_required, state.approvers, state.given) == (1, ("ali", "maria"), ())
    with pytest.raises(
        ApprovalError, match=r"has 0 of the 1 approval that its problem asks for\.\nAsk ali or maria: "
    ):
        require_approvals(state, setting.version)


def test_an_approval_counts_for_the_version_that_was_signed(setting: Setting, tmp_path: Path) -> None:
    package = download(setting, tmp_path / "there")
    store(setting, package, "maria")
    state = check_approvals(setting.registry, setting.version, download(setting, tmp_path / "again"))
    assert state.given == (Approval("maria", ""),)
    require_approvals(state, setting.version)


@pytest.mark.slow_variants
@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"key": "eve"}, r"which belongs to none of ali, maria"),
        ({"key": "ali"}, "it says that maria approves, but the key is that of ali"),
        ({"namespace": "git"}, "it was signed for 'git', not for 'kfp-tabular'"),
        ({"text": b"Approved.\n"}, "its text was changed after it was signed"),
    ],
)
def test_an_approval_that_does_not_count_says_why(
    setting: Setting, tmp_path: Path, changes: dict[str, object], fault: str
) -> None:
    package = download(setting, tmp_path / "there")
    store(setting, package, "maria", **changes)  # type: ignore[arg-type]
    state = check_approvals(setting.registry, setting.version, package)
    assert state.valid == ()
    with pytest.raises(ApprovalError, match=f"The approval of maria does not count: .*{fault}"):
        require_approvals(state, setting.version)


def test_a_model_that_was_changed_is_not_approved(setting: Setting, tmp_path: Path) -> None:
    package = download(setting, tmp_path / "there")
    store(setting, package, "maria")
    (package / "model.skops").write_bytes(b"another model")
    setting.registry.upload_folder(setting.version, package, "package")
    state = check_approvals(setting.registry, setting.version, download(setting, tmp_path / "again"))
    assert state.given == (Approval("maria", "the model's files are not those that were approved"),)


def test_an_approval_of_another_version_or_model_does_not_count(setting: Setting, tmp_path: Path) -> None:
    package = download(setting, tmp_path / "there")
    shown = render_statement(setting.version, package, "maria")
    for change, fault in (
        (("version: 1", "version: 2"), "it is an approval of version 2"),
        (("model: churn", "model: other"), "it is an approval of the model 'other"),
    ):
        text = shown.replace(*change).encode()
        store_approval(setting.registry, setting.version, "maria", text, sign(setting.keys["maria"], text))
        (approval,) = check_approvals(setting.registry, setting.version, package).given
        assert approval.fault.startswith(fault)


def test_a_text_without_a_signature_does_not_count(setting: Setting, tmp_path: Path) -> None:
    package = download(setting, tmp_path / "there")
    store_approval(setting.registry, setting.version, "maria", b"Approved.", "")
    (approval,) = check_approvals(setting.registry, setting.version, package).given
    assert approval.fault == "it has no SSH signature, or a damaged one"


def test_a_copy_under_another_name_is_no_second_approval(setting: Setting, tmp_path: Path) -> None:
    package = download(setting, tmp_path / "there")
    text = render_statement(setting.version, package, "maria").encode()
    for name in ("ali", "maria"):
        store_approval(setting.registry, setting.version, name, text, sign(setting.keys["maria"], text))
    state = check_approvals(setting.registry, setting.version, package)
    assert state.given == (Approval("ali", "it is that of maria"), Approval("maria", ""))


def test_two_approvals_are_those_of_two_people(setting: Setting) -> None:
    both = ApprovalState(2, ("ali", "maria"), (Approval("ali", ""), Approval("maria", "")))
    require_approvals(both, setting.version)
    one = ApprovalState(2, ("ali", "maria"), (Approval("maria", ""),))
    with pytest.raises(
        ApprovalError, match=r"has 1 of the 2 approvals that its problem asks for\.\nAsk ali: "
    ):
        require_approvals(one, setting.version)


def test_a_model_whose_problem_names_no_approvers_needs_none() -> None:
    assert ApprovalState(0, (), ()).is_enough
