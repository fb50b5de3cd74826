"""The installation's key: made once, kept where only our user reads, and known to readers by a short fingerprint."""

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from workload.errors import RequestError
from workload.store.roles import write_secret

KEY = Path("accounts") / "signing.key"
GROUPS, GROUP = 8, 4  # 128 bits: nobody finds a second key that shows the same


@dataclass(frozen=True, slots=True)
class Signer:
    key: Ed25519PrivateKey

    @property
    def public(self) -> bytes:
        return self.key.public_key().public_bytes_raw()

    @property
    def fingerprint(self) -> str:
        return fingerprint_of(self.public)

    def sign(self, message: bytes) -> bytes:
        """(64 bytes) Ed25519: the same message, the same signature."""
        return self.key.sign(message)


def signer_of(data_dir: Path) -> Signer:
    """The installation's, made on first use. Raises RequestError where its file cannot be read or written."""
    path = data_dir / KEY
    try:
        if not path.exists():
            write_secret(path, Ed25519PrivateKey.generate().private_bytes_raw().hex() + "\n")
        return Signer(Ed25519PrivateKey.from_private_bytes(bytes.fromhex(path.read_text("ascii").strip())))
    except (OSError, ValueError) as error:
        raise RequestError("signing_key_unusable", path=path) from error


def fingerprint_of(public: bytes) -> str:
    """What people compare: "9F2C 41D0 …", eight groups of four."""
    digest = sha256(public).hexdigest().upper()
    return " ".join(digest[i * GROUP : (i + 1) * GROUP] for i in range(GROUPS))


def same_fingerprint(one: str, other: str) -> bool:
    """Whatever spaces, dashes and case people type."""
    return _letters(one) == _letters(other)


def _letters(text: str) -> str:
    return "".join(c for c in text.upper() if c.isalnum())


def signed(public: bytes, signature: bytes, message: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True
