"""Signatures of ``ssh-keygen -Y sign``, checked without ssh-keygen, which the images do not have.

The format is that of https://github.com/openssh/openssh-portable/blob/master/PROTOCOL.sshsig.
"""

import base64
import hashlib
import re
import struct
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import load_ssh_public_key

from components._problem.approvers import split_strings

_MAGIC = b"SSHSIG"
_BEGINNING = _MAGIC + b"\0\0\0\1"
_ARMOR = re.compile(r"-----BEGIN SSH SIGNATURE-----\s(.+)-----END SSH SIGNATURE-----\s*", re.DOTALL)
_DIGESTS = {b"sha256": hashlib.sha256, b"sha512": hashlib.sha512}
_CURVE_HASHES = {256: hashes.SHA256(), 384: hashes.SHA384(), 521: hashes.SHA512()}
# SHA-1 (ssh-rsa) is not accepted.
_RSA_HASHES = {b"rsa-sha2-256": hashes.SHA256(), b"rsa-sha2-512": hashes.SHA512()}


@dataclass(frozen=True)
class SshSignature:
    """A signature with the key that made it.

    Attributes
    ----------
    key : bytes
        The public key.
    namespace : str
        What the signature is for.
    digest : bytes
        Name of the digest of the text: "sha256" or "sha512".
    signature : bytes
        The signature of the digest, with its algorithm.
    """

    key: bytes
    namespace: str
    digest: bytes
    signature: bytes

    @classmethod
    def parse(cls, text: str) -> "SshSignature":
        """Read a signature as ssh-keygen writes it.

        Raises
        ------
        ValueError
            It is not such a signature, or of a later version.
        """
        armor = _ARMOR.fullmatch(text)
        try:
            blob = base64.b64decode("".join(armor[1].split()), validate=True) if armor else b""
            key, namespace, _, digest, signature = split_strings(blob.removeprefix(_BEGINNING))
            return cls(key, namespace.decode(), digest, signature)
        except ValueError:
            raise ValueError("it has no SSH signature, or a damaged one") from None

    def is_valid(self, text: bytes) -> bool:
        """Return whether the key's owner signed a text, for the signature's namespace.

        Raises
        ------
        ValueError
            The key or an algorithm is not supported.
        """
        if self.digest not in _DIGESTS:
            raise ValueError(
                f"it uses the digest {self.digest.decode(errors='replace')!r}, which is not supported"
            )
        parts = (self.namespace.encode(), b"", self.digest, _DIGESTS[self.digest](text).digest())
        signed = _MAGIC + b"".join(struct.pack(">I", len(part)) + part for part in parts)
        algorithm, signature = split_strings(self.signature)
        try:
            self._verify(algorithm, signature, signed)
        except InvalidSignature:
            return False
        except UnsupportedAlgorithm:
            raise ValueError("its key cannot be read") from None
        return True

    def _verify(self, algorithm: bytes, signature: bytes, signed: bytes) -> None:
        kind = split_strings(self.key)[0]
        key = load_ssh_public_key(kind + b" " + base64.b64encode(self.key))
        if isinstance(key, ed25519.Ed25519PublicKey) and algorithm == kind:
            key.verify(signature, signed)
        elif isinstance(key, ec.EllipticCurvePublicKey) and algorithm == kind:
            r, s = (int.from_bytes(number, "big") for number in split_strings(signature))
            key.verify(encode_dss_signature(r, s), signed, ec.ECDSA(_CURVE_HASHES[key.curve.key_size]))
        elif isinstance(key, rsa.RSAPublicKey) and algorithm in _RSA_HASHES:
            key.verify(signature, signed, padding.PKCS1v15(), _RSA_HASHES[algorithm])
        else:
            raise ValueError(f"it uses {algorithm.decode(errors='replace')}, which is not supported")
