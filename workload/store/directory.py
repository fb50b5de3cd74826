"""Accounts and the département's directory: who of it is which account.

Found by what the directory calls the person (issuer, subject). The first time, by an address that the directory says it
verified, where the administration prepared an account with it. Nobody else gets in, unless a group of the directory is
mapped to a role.
"""

import re
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Engine, func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import col

from workload.errors import RequestError
from workload.store.account_kinds import Role
from workload.store.account_tables import AccountRow
from workload.store.audit import record


def is_linked(engine: Engine, account_id: int) -> bool:
    query = select(col(AccountRow.oidc_subject)).where(col(AccountRow.id) == account_id)
    with engine.connect() as connection:
        return connection.scalar(query) is not None


def account_for(engine: Engine, claims: Mapping[str, Any], group_claim: str, group_roles: Mapping[str, str]) -> Any:
    """The account's row, or None."""
    known = {"oidc_issuer": str(claims["iss"]), "oidc_subject": str(claims["sub"])}
    columns = list(AccountRow.__table__.c)  # type: ignore[attr-defined]
    with engine.begin() as connection:
        linked = select(*columns).where(*(col(getattr(AccountRow, name)) == value for name, value in known.items()))
        row = connection.execute(linked).first()
        if row is not None:
            return row if row.active else None
        email = str(claims.get("email", "")) if claims.get("email_verified") is True else ""
        row = None
        if email:
            query = select(*columns).where(func.lower(col(AccountRow.email)) == email.lower())
            row = connection.execute(query.with_for_update()).first()
        if row is not None:
            if not row.active or row.oidc_subject is not None:
                return None
            # A password that was given and never made her own serves nobody any more.
            unused: dict[str, Any] = {"password_hash": None, "must_change": False} if row.must_change else {}
            connection.execute(update(AccountRow).where(col(AccountRow.id) == row.id).values(**known, **unused))
            record(connection, row.login, "account_linked", row.login)
            return row
    given = _given(claims.get(group_claim), group_roles)
    if given is None or not email:
        return None
    return _made(engine, claims, email, given, known)


def _given(groups: object, group_roles: Mapping[str, str]) -> tuple[Role, str] | None:
    """Role and territory of the one mapped group that the person is in; of two, none: a mapping must be plain."""
    held = (
        {group_roles[g] for g in groups if isinstance(g, str) and g in group_roles}
        if isinstance(groups, list)
        else set()
    )
    if len(held) != 1:
        return None
    role, _, territory = held.pop().partition(":")
    return (Role(role), territory) if role in set(Role) else None


def _made(
    engine: Engine, claims: Mapping[str, Any], email: str, given: tuple[Role, str], known: Mapping[str, str]
) -> Any:
    role, territory = given
    login = re.sub(r"[^A-Za-z0-9._@-]", "", str(claims.get("preferred_username") or email))[:64]
    name = "".join(letter for letter in str(claims.get("name") or login) if letter.isprintable())[:120]
    values = {"login": login, "name": name, "email": email, "role": role.value, "territory": territory, **known}
    columns = list(AccountRow.__table__.c)  # type: ignore[attr-defined]
    try:
        with engine.begin() as connection:
            row = connection.execute(
                insert(AccountRow).values(**values, created_by="annuaire").returning(*columns)
            ).one()
            record(connection, "annuaire", "account_made", login, {"role": role.value, "territory": territory})
            return row
    except IntegrityError:
        raise RequestError("account_taken") from None
