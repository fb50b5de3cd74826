"""The key of what the pages sign: given, or drawn once and kept in a file that only our user reads."""

import os
import secrets
import tempfile
from contextlib import suppress
from pathlib import Path

from pydantic import SecretStr

from workload.store.engine import StoreError

FILE = Path("accounts") / "web.key"


def web_secret(given: SecretStr | None, data_dir: Path) -> bytes:
    if given is not None:
        return given.get_secret_value().encode()
    path = data_dir / FILE
    try:
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".web.key-")  # mode 0600
            with os.fdopen(handle, "wb") as file:
                file.write(secrets.token_hex(32).encode())
            with suppress(FileExistsError):  # where two processes make one, the first stays
                os.link(temporary, path)
            Path(temporary).unlink()
        key = path.read_bytes()
    except OSError as error:
        raise StoreError("store_data_unusable", path=path, reason=error.strerror or type(error).__name__) from error
    if len(key) < 64:  # somebody cut it short
        raise StoreError("store_data_unusable", path=path, reason="web.key")
    return key
