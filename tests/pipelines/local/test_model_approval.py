import subprocess
from pathlib import Path

import pytest

from components._problem.approvers import read_approvers
from components.errors import InvalidSetting
from pipelines.local.model_approval import approve_version, read_approval_state
from tests.components._approval.conftest import Setting, keys, setting  # noqa: F401
from tests.ssh_keys import make_key, read_line


def test_an_approval_is_shown_signed_and_stored(setting: Setting) -> None:  # noqa: F811
    shown: list[str] = []
    approver, state = approve_version(setting.registry, setting.version, setting.keys["maria"], shown.append)
    assert (approver, state.valid, state.is_enough) == ("maria", ("maria",), True)
    assert "ROC AUC on 2000 test rows: 0.8412 (95 % interval 0.8195 to 0.8617)" in shown[0]
    assert read_approval_state(setting.registry, setting.version) == state
    assert setting.registry.get_version(setting.version.number).tags["approved_by"] == "maria"


def test_ssh_keygen_itself_finds_the_stored_approval_valid(setting: Setting, tmp_path: Path) -> None:  # noqa: F811
    approve_version(setting.registry, setting.version, setting.keys["maria"], str)
    folder = setting.registry.download_folder(setting.version, "approvals", tmp_path)
    assert folder is not None
    (tmp_path / "allowed").write_text(f"maria {read_line(setting.keys['maria'])}\n")
    words = [
        "ssh-keygen",
        "-Y",
        "verify",
        "-f",
        str(tmp_path / "allowed"),
        "-I",
        "maria",
        "-n",
        "kfp-tabular",
    ]
    text = (folder / "maria.txt").read_bytes()
    done = subprocess.run(
        [*words, "-s", str(folder / "maria.sig")], input=text, check=True, capture_output=True
    )
    assert done.stdout.startswith(b'Good "kfp-tabular" signature for maria')


def test_two_people_approve_and_nobody_counts_twice(setting: Setting) -> None:  # noqa: F811
    for name in ("maria", "maria", "ali"):
        _, state = approve_version(setting.registry, setting.version, setting.keys[name], str)
    assert state.valid == ("ali", "maria")
    assert setting.registry.get_version(setting.version.number).tags["approved_by"] == "ali, maria"


def test_who_does_not_agree_stores_nothing(setting: Setting) -> None:  # noqa: F811
    def refuse(_: str) -> None:
        raise InvalidSetting("no", "no")

    with pytest.raises(InvalidSetting, match="no"):
        approve_version(setting.registry, setting.version, setting.keys["maria"], refuse)
    assert read_approval_state(setting.registry, setting.version).given == ()


def test_a_private_key_alone_is_enough(setting: Setting, tmp_path: Path) -> None:  # noqa: F811
    alone = tmp_path / "alone"
    alone.write_bytes(setting.keys["ali"].read_bytes())
    alone.chmod(0o600)
    assert approve_version(setting.registry, setting.version, alone, str)[0] == "ali"


def test_a_key_that_cannot_be_used_is_named(setting: Setting, tmp_path: Path) -> None:  # noqa: F811
    (tmp_path / "text").write_text("not a key")
    other = make_key(tmp_path, "other")
    other.with_name("other.pub").write_text(read_line(setting.keys["maria"]))
    damaged = tmp_path / "damaged"
    damaged.with_name("damaged.pub").write_text("ssh-ed25519 AAAA\n")
    for key, message in (
        (setting.keys["eve"], "belongs to none of the approvers: ali, maria"),
        (tmp_path / "absent", "absent cannot be read: No such file or directory"),
        (tmp_path / "text", "ssh-keygen cannot use the key"),
        (damaged, "this ssh-ed25519 key is damaged"),
        (other, "ssh-keygen cannot use the key: Public key .* doesn't match private"),
    ):
        with pytest.raises(InvalidSetting, match=message):
            approve_version(setting.registry, setting.version, key, str)
    assert read_approval_state(setting.registry, setting.version).given == ()


def test_without_ssh_keygen_the_package_is_named(
    setting: Setting,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(InvalidSetting, match="ssh-keygen, which signs the approval, is not installed"):
        approve_version(setting.registry, setting.version, setting.keys["maria"], str)


def test_a_version_that_needs_no_approval_gets_none(setting: Setting, tmp_path: Path) -> None:  # noqa: F811
    package = setting.registry.download(setting.version, tmp_path)
    (package / "problem.json").write_text('{"approvers": {}, "approvals": 0}')
    setting.registry.upload_folder(setting.version, package, "package")
    assert read_approvers(package) == ({}, 0)
    with pytest.raises(InvalidSetting, match="The problem of version 1 names no approvers"):
        approve_version(setting.registry, setting.version, setting.keys["maria"], str)
