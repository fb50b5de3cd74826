"""What lets somebody of the web app into Superset: a cookie that the web app signs and Superset verifies.

A JWT, HS256, ten minutes long, with a key of its own that lies in one file and goes to Superset by its environment.
It names a login, a role, a territory and the version of the account; nothing else of the person.
"""

import os
import secrets
import tempfile
import time
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

from joserfc import jwt
from joserfc.jwk import OctKey

from workload.services.errors import ServiceError
from workload.store.account_kinds import Account

COOKIE = "workload_superset"
SUPERSET_COOKIES = ("workload_superset_session", "workload_superset_remember")  # as in superset_config.py
ISSUER, AUDIENCE = "workload", "superset"  # as in superset/superset_entry.py
LIFE = timedelta(minutes=10)
KEY_FILE = Path("accounts") / "superset-entry.key"


def entry_key(data_dir: Path) -> str:
    """Drawn once; where two processes draw one, the first stays."""
    path = data_dir / KEY_FILE
    try:
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")  # mode 0600
            with os.fdopen(handle, "w", encoding="ascii") as file:
                file.write(secrets.token_hex(32))
            with suppress(FileExistsError):
                os.link(temporary, path)
            Path(temporary).unlink()
        key = path.read_text("ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", "") or type(error).__name__
        raise ServiceError("service_folder_unusable", path=path, reason=reason) from error
    if len(key) < 64:  # somebody cut it short
        raise ServiceError("service_folder_unusable", path=path, reason=KEY_FILE.name)
    return key


def entry_token(key: str, account: Account, until: datetime) -> str:
    """until: when the session that it stands for ends at the latest."""
    now = int(time.time())
    claims = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": account.login,
        "role": account.role.value,
        "territory": account.territory,
        "version": account.version,
        "iat": now,
        "exp": min(now + int(LIFE.total_seconds()), int(until.timestamp())),
    }
    return jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(key))
