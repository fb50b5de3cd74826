"""Accounts: made, changed, closed by the administration; every change is in the audit chain and ends what it must.

made = make_account(engine, NewAccount("c.martin", "Claire Martin", Role.MANAGER, "longwy"), by="admin")
made.password            # drawn, told once, to be changed at the first entry
"""

import re
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Engine, func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import col

from workload.errors import RequestError
from workload.store.account_kinds import Account, Role
from workload.store.account_tables import AccountRow
from workload.store.api_tokens import revoke_all
from workload.store.audit import record
from workload.store.passwords import check_password, draw_password, hash_password, is_password
from workload.store.sessions import end_sessions_of

LOGIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{1,63}")
EMAIL = re.compile(r"[^@\s<>]{1,64}@[^@\s<>]{1,190}")
TERRITORY = re.compile(r"[a-z0-9_]{1,80}")
LOCK = 0x6163636F756E7473  # "accounts": one change at a time, so that the last administrator stays


@dataclass(frozen=True, slots=True)
class NewAccount:
    login: str
    name: str
    role: Role
    territory: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True)
class Made:
    id: int
    password: str = field(repr=False)  # "" where the account enters through the directory only


def make_account(
    engine: Engine, new: NewAccount, by: str, *, with_password: bool = True, must_change: bool = True
) -> Made:
    """must_change: False for a demonstration, whose passwords only its own machine shows."""
    _check(new)
    password = draw_password() if with_password else ""
    values = {
        "login": new.login,
        "name": new.name.strip(),
        "role": new.role.value,
        "territory": new.territory,
        "email": new.email,
        "password_hash": hash_password(password) if password else None,
        "must_change": bool(password) and must_change,
        "created_by": by,
    }
    try:
        with engine.begin() as connection:
            number = connection.execute(insert(AccountRow).values(**values).returning(col(AccountRow.id))).scalar_one()
            record(connection, by, "account_made", new.login, {"role": new.role.value, "territory": new.territory})
    except IntegrityError:
        raise RequestError("account_taken") from None
    return Made(number, password)


def change_account(engine: Engine, number: int, new: NewAccount, by: str) -> None:
    """Name, address, role, territory. Other rights end every session; the login never changes."""
    _check(new)
    values: dict[str, Any] = {
        "name": new.name.strip(),
        "email": new.email,
        "role": new.role.value,
        "territory": new.territory,
    }
    try:
        with engine.begin() as connection:
            row = _locked(connection, number)
            other_rights = (row.role, row.territory) != (new.role.value, new.territory)
            if other_rights and new.role is not Role.ADMINISTRATION:
                _keep_an_administrator(connection, row)
            if row.email != new.email:  # another address is another person in the directory
                values |= {"oidc_issuer": None, "oidc_subject": None}
            _write(connection, row, values, bump=other_rights)
            changed = sorted(name for name, value in values.items() if getattr(row, name) != value)
            rights = {"role": new.role.value, "territory": new.territory} if other_rights else {}
            record(connection, by, "account_changed", row.login, {"changed": changed, **rights})
    except IntegrityError:
        raise RequestError("account_taken") from None


def set_active(engine: Engine, number: int, active: bool, by: str) -> None:
    with engine.begin() as connection:
        row = _locked(connection, number)
        if not active:
            _keep_an_administrator(connection, row)
            revoke_all(connection, row.id)
        _write(connection, row, {"active": active}, bump=True)
        record(connection, by, "account_opened" if active else "account_closed", row.login)


def reset_password(engine: Engine, number: int, by: str) -> str:
    """A new one, drawn, told once. Sessions and tokens end: whoever had the old one may have made them."""
    password = draw_password()
    kept = hash_password(password)
    with engine.begin() as connection:
        row = _locked(connection, number)
        revoke_all(connection, row.id)
        _write(connection, row, {"password_hash": kept, "must_change": True}, bump=True)
        record(connection, by, "password_reset", row.login)
    return password


def change_own_password(engine: Engine, account: Account, now: str, new: str) -> int:
    """The account's version afterwards; every session of before is over. RequestError where it may not be."""
    with engine.connect() as connection:
        known = connection.scalar(select(col(AccountRow.password_hash)).where(col(AccountRow.id) == account.id))
    if not is_password(now, known):
        raise RequestError("password_wrong")
    check_password(new, account.login)
    if now == new:
        raise RequestError("password_same")
    kept = hash_password(new)
    with engine.begin() as connection:
        row = _locked(connection, account.id)
        if row.version != account.version or row.password_hash != known:
            raise RequestError("password_wrong")  # somebody changed it meanwhile
        _write(connection, row, {"password_hash": kept, "must_change": False}, bump=True)
        record(connection, row.login, "password_changed", row.login)
        return int(row.version) + 1


def set_language(engine: Engine, account: Account, language: str) -> None:
    with engine.begin() as connection:
        connection.execute(update(AccountRow).where(col(AccountRow.id) == account.id).values(language=language))


def find_account(engine: Engine, number: int) -> Any:
    with engine.connect() as connection:
        row = connection.execute(select(*_columns()).where(col(AccountRow.id) == number)).first()
    if row is None:
        raise RequestError("account_unknown")
    return row


def find_login(engine: Engine, login: str) -> Any:
    """The row, or None."""
    with engine.connect() as connection:
        query = select(*_columns()).where(func.lower(col(AccountRow.login)) == login.lower())
        return connection.execute(query).first()


def list_accounts(engine: Engine) -> list[Any]:
    """Everybody, those who may enter first."""
    with engine.connect() as connection:
        query = select(*_columns()).order_by(col(AccountRow.active).desc(), func.lower(col(AccountRow.login)))
        return list(connection.execute(query))


def _columns() -> list[Any]:
    return list(AccountRow.__table__.c)  # type: ignore[attr-defined]


def _check(new: NewAccount) -> None:
    if not LOGIN.fullmatch(new.login):
        raise RequestError("account_login_unfit")
    if not 1 <= len(new.name.strip()) <= 120 or not new.name.isprintable():
        raise RequestError("account_name_unfit")
    if new.email and not EMAIL.fullmatch(new.email):
        raise RequestError("account_email_unfit")
    if (new.role is Role.MANAGER) != bool(new.territory):
        raise RequestError("account_territory_needed")
    if new.territory and not TERRITORY.fullmatch(new.territory):
        raise RequestError("account_territory_unfit")


def _locked(connection: Connection, number: int) -> Any:
    connection.execute(select(func.pg_advisory_xact_lock(LOCK)))
    row = connection.execute(select(*_columns()).where(col(AccountRow.id) == number).with_for_update()).first()
    if row is None:
        raise RequestError("account_unknown")
    return row


def _write(connection: Connection, row: Any, values: dict[str, Any], *, bump: bool) -> None:
    if bump:
        values = values | {"version": row.version + 1}
        end_sessions_of(connection, row.id)
    connection.execute(update(AccountRow).where(col(AccountRow.id) == row.id).values(**values))


def _keep_an_administrator(connection: Connection, row: Any) -> None:
    """Nobody closes the last door from inside."""
    others = (
        select(func.count())
        .select_from(AccountRow)
        .where(col(AccountRow.role) == Role.ADMINISTRATION.value, col(AccountRow.active), col(AccountRow.id) != row.id)
    )
    if row.role == Role.ADMINISTRATION.value and row.active and not connection.scalar(others):
        raise RequestError("account_last_administrator")
