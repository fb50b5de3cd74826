"""Passwords: what may be one, and the argon2id hash that is kept of it.

The hash's cost is what OWASP's password storage cheat sheet gives as its first choice (19 MiB, two passes); a few are
computed at once and no more, so that a wave of attempts cannot take the machine's memory.
"""

import re
import secrets
import threading
import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from workload.errors import RequestError

LEAST, MOST = 12, 200
LEAST_LETTERS = 5  # different ones
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # none that a reader takes for another
GROUPS, GROUP = 4, 5
TOO_KNOWN = frozenset(
    {
        *("motdepasse", "monmotdepasse", "password", "passw", "azerty", "azertyuiop", "qwerty", "qwertyuiop", "admin"),
        *("administrateur", "administration", "bonjour", "bienvenue", "welcome", "changeme", "changezmoi", "soleil"),
        *("departement", "conseildepartemental", "collectivite", "chargedetravail", "workload", "direction", "letmein"),
        *("jetaime", "doudou", "loulou", "marseille", "abcdefghijkl", "iloveyou", "dragon", "football", "secret"),
    }
)
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_AT_ONCE = threading.BoundedSemaphore(4)
_NOBODY = _HASHER.hash(secrets.token_urlsafe(16))


def check_password(password: str, login: str) -> None:
    """Raises RequestError where it may not be one."""
    plain = _plain(password)
    if not LEAST <= len(plain) <= MOST:
        raise RequestError("password_length", least=LEAST, most=MOST)
    said = re.sub(r"[\W_]", "", plain.casefold())
    own = re.sub(r"[\W_]", "", login.casefold())
    if own and (own in said or said in own):
        raise RequestError("password_is_login")
    if len(set(plain)) < LEAST_LETTERS or said.isdigit() or re.sub(r"\d+", "", _spelled(said)) in TOO_KNOWN:
        raise RequestError("password_too_known")


def draw_password() -> str:
    """One to be told once and changed at the first entry: a hundred bits, in letters nobody mixes up."""
    return "-".join("".join(secrets.choice(ALPHABET) for _ in range(GROUP)) for _ in range(GROUPS))


def hash_password(password: str) -> str:
    with _AT_ONCE:
        return _HASHER.hash(_plain(password))


def is_password(password: str, known: str | None) -> bool:
    """Takes as long where there is no hash: nobody learns from the clock which logins exist."""
    try:
        with _AT_ONCE:
            right = _HASHER.verify(known or _NOBODY, _plain(password[: MOST + 1]))
    except (VerificationError, InvalidHashError):
        return False
    return right and known is not None


def _plain(password: str) -> str:
    """The same accents, however the keyboard composes them."""
    return unicodedata.normalize("NFC", password.encode("utf-8", "replace").decode())


def _spelled(said: str) -> str:
    """p4ssw0rd for what it says."""
    return re.sub(r"\d+$", "", said).translate(str.maketrans("013457@$", "oieastas"))
