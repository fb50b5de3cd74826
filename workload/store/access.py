"""Who may enter the embedded server: the administrator by OS identity, every other role by password, nobody by trust.

Rewritten on every start, so that a rule added by hand does not outlive it.
"""

import os
import pwd
import tempfile
from pathlib import Path

ADMINISTRATOR = "postgres"

CLIENT_RULES = f"""\
# Written by workload on every start; changes made here are lost.
# TYPE  DATABASE  USER            ADDRESS        METHOD
local   all       {ADMINISTRATOR}                       peer map=admin
local   all       all                            scram-sha-256
# The server listens on no address; should it ever, then loopback only, and never for the administrator.
host    all       {ADMINISTRATOR}        0.0.0.0/0      reject
host    all       {ADMINISTRATOR}        ::/0           reject
host    all       all             127.0.0.1/32   scram-sha-256
host    all       all             ::1/128        scram-sha-256
"""


def write_rules(data: Path, account: pwd.struct_passwd) -> None:
    """Replaces pg_hba.conf and pg_ident.conf of a data directory that `account` owns."""
    _replace(data / "pg_hba.conf", CLIENT_RULES, account)
    _replace(data / "pg_ident.conf", identity_map(account), account)


def identity_map(account: pwd.struct_passwd) -> str:
    """OS users who are the administrator: whom the server runs as, ourselves, and root, who could become either."""
    me = pwd.getpwuid(os.geteuid()).pw_name
    names = sorted({account.pw_name, me, "root"})
    return "".join(f'admin "{name}" {ADMINISTRATOR}\n' for name in names)


def _replace(path: Path, content: str, account: pwd.struct_passwd) -> None:
    """A new file, moved over the old one: never written through a link that the server's user might have left."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(content)
        if os.geteuid() != account.pw_uid:
            os.fchown(file.fileno(), account.pw_uid, account.pw_gid)
    Path(temporary).replace(path)
