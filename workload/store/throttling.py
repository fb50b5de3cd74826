"""How often a password may be tried: five times freely, then after a wait that doubles.

Counted for a login from one address, for a login from everywhere, and for an address whatever the login: whoever
guesses slows herself long before she slows the person whose login she guesses, and a whole office behind one address
still enters. An attempt is written before its password is checked, one at a time per login, so that a hundred sent at
once are not a hundred guesses.
"""

from datetime import timedelta

from sqlalchemy import ColumnElement, Connection, Engine, delete, func, insert, select
from sqlmodel import col

from workload.store.account_tables import LoginAttempt

WINDOW = timedelta(minutes=15)
FREE_PAIR, FREE_LOGIN, FREE_ADDRESS = 5, 25, 60
FIRST_WAIT_S = 30


def admit(engine: Engine, login_hash: str, address_hash: str) -> float:
    """0 where the attempt may be made, and is counted; else the seconds to wait, and it is not."""
    pair = (col(LoginAttempt.login_hash) == login_hash, col(LoginAttempt.address_hash) == address_hash)
    with engine.begin() as connection:
        for key in (f"login {login_hash}", f"address {address_hash}"):
            connection.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(key, 0))))
        wait = max(
            _wait(connection, FREE_PAIR, *pair),
            _wait(connection, FREE_LOGIN, pair[0]),
            _wait(connection, FREE_ADDRESS, pair[1]),
        )
        if wait <= 0:
            made = {"login_hash": login_hash, "address_hash": address_hash, "at": func.clock_timestamp()}
            connection.execute(insert(LoginAttempt).values(**made))
    return max(wait, 0)


def forgive(connection: Connection, login_hash: str, address_hash: str) -> None:
    """She entered: what she mistyped from there no longer counts."""
    connection.execute(
        delete(LoginAttempt).where(
            col(LoginAttempt.login_hash) == login_hash, col(LoginAttempt.address_hash) == address_hash
        )
    )


def forget_old(connection: Connection) -> None:
    """Attempts that slow nobody any more."""
    connection.execute(delete(LoginAttempt).where(col(LoginAttempt.at) < func.clock_timestamp() - 4 * WINDOW))


def failures(connection: Connection, login_hash: str) -> int:
    recent = col(LoginAttempt.at) > func.clock_timestamp() - WINDOW
    query = select(func.count()).where(col(LoginAttempt.login_hash) == login_hash, recent)
    return connection.scalar(query) or 0


def _wait(connection: Connection, free: int, *which: ColumnElement[bool]) -> float:
    recent = col(LoginAttempt.at) > func.clock_timestamp() - WINDOW
    query = select(func.count(), func.extract("epoch", func.clock_timestamp() - func.max(col(LoginAttempt.at)))).where(
        *which, recent
    )
    tried, since = connection.execute(query).one()
    if tried < free:
        return 0
    return float(min(FIRST_WAIT_S * 2.0 ** (tried - free), WINDOW.total_seconds())) - float(since)
