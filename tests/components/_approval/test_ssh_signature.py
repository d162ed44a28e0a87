import base64
from pathlib import Path

import pytest

from components._approval.ssh_signature import SshSignature
from components._problem.approvers import decode_key
from tests.ssh_keys import make_key, read_line, sign

TEXT = "Version 3 is good: ROC AUC ≥ 0.8.\n".encode()


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_key(tmp_path_factory.mktemp("keys"), "maria")


@pytest.mark.slow_variants
@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("ed25519", ()),
        ("ed25519", ("-O", "hashalg=sha256")),
        *((f"ecdsa -b {bits}", ()) for bits in (256, 384, 521)),
        ("rsa", ()),
    ],
)
def test_a_signature_of_ssh_keygen_is_valid_for_its_text_only(
    tmp_path: Path, kind: str, options: tuple[str, ...]
) -> None:
    key = make_key(tmp_path, "maria", *kind.split())
    signature = SshSignature.parse(sign(key, TEXT, "kfp-tabular", *options))
    assert signature.key == decode_key(read_line(key))
    assert signature.namespace == "kfp-tabular"
    assert signature.is_valid(TEXT)
    assert not signature.is_valid(TEXT.replace(b"3", b"4"))


def test_a_namespace_is_part_of_what_is_signed(key: Path) -> None:
    of_git = SshSignature.parse(sign(key, TEXT, "git"))
    assert of_git.is_valid(TEXT)
    renamed = SshSignature(of_git.key, "kfp-tabular", of_git.digest, of_git.signature)
    assert not renamed.is_valid(TEXT)


@pytest.mark.parametrize(
    "text", ["", "approved", "-----BEGIN SSH SIGNATURE-----\nAAA=\n-----END SSH SIGNATURE-----"]
)
def test_what_is_no_signature_is_named(text: str) -> None:
    with pytest.raises(ValueError, match="it has no SSH signature, or a damaged one"):
        SshSignature.parse(text)


def test_a_signature_that_was_cut_is_named(key: Path) -> None:
    lines = sign(key, TEXT).splitlines()
    with pytest.raises(ValueError, match="a damaged one"):
        SshSignature.parse("\n".join([lines[0], *lines[2:]]))


def test_what_is_not_supported_is_named(key: Path) -> None:
    known = SshSignature.parse(sign(key, TEXT))
    with pytest.raises(ValueError, match="it uses the digest 'md5', which is not supported"):
        SshSignature(known.key, known.namespace, b"md5", known.signature).is_valid(TEXT)


@pytest.mark.slow
def test_sha_1_is_not_supported(tmp_path: Path) -> None:
    known = SshSignature.parse(sign(make_key(tmp_path, "maria", "rsa"), TEXT))
    old = known.signature.replace(b"\0\0\0\x0crsa-sha2-512", b"\0\0\0\x07ssh-rsa")
    with pytest.raises(ValueError, match="it uses ssh-rsa, which is not supported"):
        SshSignature(known.key, known.namespace, known.digest, old).is_valid(TEXT)


def test_each_byte_of_a_signature_matters(key: Path) -> None:
    body = base64.b64decode("".join(sign(key, TEXT).splitlines()[1:-1]))
    for place in range(0, len(body), 7):
        spoilt = body[:place] + bytes([body[place] ^ 1]) + body[place + 1 :]
        armor = base64.b64encode(spoilt).decode()
        try:
            found = SshSignature.parse(
                f"-----BEGIN SSH SIGNATURE-----\n{armor}\n-----END SSH SIGNATURE-----\n"
            )
            assert not found.is_valid(TEXT), place
        except ValueError:
            continue
