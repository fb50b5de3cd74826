"""The key behind agents' pseudonyms, and codes taken out of what is shown.

HMAC-SHA256 under one lasting key: the same agent gets the same pseudonym in every campaign, and nobody goes back from
it to the code without the key. The database holds the key's mark only, so that another or a lost key is noticed.
"""

import hmac
import os
import secrets
import stat
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy import Engine, select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from workload.errors import RequestError
from workload.ingest.study import pseudonym
from workload.store.settings import StoreSettings
from workload.store.tables import PseudonymKey

FILE = "pseudonym.key"
LEAST_LENGTH = 32


class _KeySettings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="WORKLOAD_", env_ignore_empty=True, extra="ignore", frozen=True)

    pseudonym_key: SecretStr | None = None


def pseudonym_key(engine: Engine, settings: StoreSettings) -> bytes:
    """The key that this database's pseudonyms are made with. RequestError where it is lost, another, or unsafe."""
    path = settings.data_dir / FILE
    with engine.begin() as connection:
        mark = connection.scalar(select(col(PseudonymKey.mark)))
    key = _given() or _read(path)
    if key is None:
        if mark:
            raise RequestError("import_key_lost", path=path)
        key = _make(path)
    ours = hmac.new(key, b"workload pseudonyms", "sha256").hexdigest()[:16]
    with engine.begin() as connection:
        connection.execute(insert(PseudonymKey).values(id=1, mark=ours).on_conflict_do_nothing())
        mark = connection.scalar(select(col(PseudonymKey.mark)))
    if mark != ours:
        raise RequestError("import_key_other", path=path)
    return key


def _given() -> bytes | None:
    given = _KeySettings().pseudonym_key
    if given is None:
        return None
    key = given.get_secret_value().strip().encode()
    if len(key) < LEAST_LENGTH:
        raise RequestError("import_key_short", least=LEAST_LENGTH)
    return key


def _read(path: Path) -> bytes | None:
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise RequestError("import_key_unreadable", path=path, reason=error.strerror) from error
    with os.fdopen(handle, "rb") as file:
        if os.name == "posix" and stat.S_IMODE(os.fstat(handle).st_mode) & 0o077:
            raise RequestError("import_key_open", path=path)
        key = file.read(4096).strip()
    if len(key) < LEAST_LENGTH:
        raise RequestError("import_key_unreadable", path=path, reason=f"{len(key)} < {LEAST_LENGTH}")
    return key


def _make(path: Path) -> bytes:
    """A new key file, whole or absent; where two processes make one, the first stays."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".{path.name}-{secrets.token_hex(8)}")
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(secrets.token_hex(32).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(temporary, path)
        temporary.unlink()
    except OSError as error:
        raise RequestError("import_key_unreadable", path=path, reason=error.strerror) from error
    key = _read(path)
    assert key is not None
    return key


@dataclass(frozen=True, slots=True)
class Codes:
    """Agents' codes, made ready to be found inside names, in any case."""

    known: Mapping[str, str]  # in one case → as written
    lengths: tuple[int, ...]  # the longest first

    @classmethod
    def of(cls, codes: Iterable[str]) -> "Codes":
        known = {code.casefold(): code for code in codes if code}
        return cls(known, tuple(sorted({len(code) for code in known}, reverse=True)))

    def hide(self, name: str, key: bytes) -> str:
        """The name with the beginning of the pseudonym in place of every code."""
        plain = name.casefold()
        if len(plain) != len(name):  # ß and its like: the places no longer agree
            name = plain
        for length in self.lengths:
            start = 0
            while start + length <= len(plain):
                code = self.known.get(plain[start : start + length])
                if code is None:
                    start += 1
                    continue
                shown = pseudonym(code, key)[:8]
                name = name[:start] + shown + name[start + length :]
                plain = plain[:start] + "\0" * len(shown) + plain[start + length :]
                start += len(shown)
        return name
