"""What is kept, and until when: entries of surveys for so many months, traces of use for so many days.

Aggregates, publications and the audit chain stay: they tell of no single person's week, and they are the proof of what
was decided. Nothing is deleted unless it is asked for.
"""

# ruff: noqa: S608 (only constants of ours go into the statements)

from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Engine, text

from workload.errors import RequestError
from workload.store.audit import record


@dataclass(frozen=True, slots=True)
class Cleaned:
    """How many rows of each went."""

    answers_n: int
    refusals_n: int
    files_n: int
    sessions_n: int
    attempts_n: int
    tokens_n: int
    tasks_n: int


@dataclass(frozen=True, slots=True)
class Held:
    """What the store holds of people, counted."""

    agents_n: int
    answers_current_n: int
    answers_superseded_n: int
    oldest_day: date | None
    oldest_import: datetime | None
    refusals_n: int
    accounts_n: int
    accounts_idle_n: int  # open, and nobody entered for a year
    sessions_n: int
    attempts_n: int
    tokens_n: int
    tasks_n: int


def clean(engine: Engine, months: int, days: int, by: str, *, apply: bool) -> Cleaned:
    """months: age past which entries go; days: sessions, attempts, tokens that ended and work that was sent.

    Without `apply` everything is done, counted and taken back.
    """
    if months < 1 or days < 1:
        raise RequestError("retention_too_short")
    with engine.connect() as connection, connection.begin() as transaction:
        found = _clean(connection, months, days)
        if apply:
            record(connection, by, "retention", "store", {"months": months, "days": days, **asdict(found)})
        else:
            transaction.rollback()
    return found


def held(engine: Engine) -> Held:
    with engine.connect() as connection:
        return Held(**connection.execute(text(HELD)).mappings().one())


def _clean(connection: Connection, months: int, days: int) -> Cleaned:
    given: dict[str, Any] = {"months": months, "days": days}

    def count(statement: str) -> int:
        return connection.execute(text(statement), given).rowcount

    return Cleaned(**{name: count(statement) for name, statement in GOING.items()})


MONTHS_AGO = "now() - make_interval(months => :months)"
DAYS_AGO = "now() - make_interval(days => :days)"
# By the last day that is noted; where the sheet asks for a usual week, by the day it came in.
OLD_ANSWERS = f"""
    DELETE FROM core.answer AS a USING core.import_file AS f
    WHERE f.id = a.file_id AND coalesce(
        (SELECT max(d.day)::timestamptz FROM core.entry_day AS d WHERE d.answer_id = a.id), f.imported_at
    ) < {MONTHS_AGO}
"""
EMPTIED = f"""
    UPDATE core.import_file AS f SET shown_name = 'efface-' || f.id, superseded_at = coalesce(f.superseded_at, now())
    WHERE f.campaign_id IS NOT NULL AND f.imported_at < {MONTHS_AGO} AND f.shown_name NOT LIKE 'efface-%'
        AND NOT EXISTS (SELECT FROM core.answer AS a WHERE a.file_id = f.id)
"""
# In this order: a file's name goes once its answers are gone.
GOING = {
    "answers_n": OLD_ANSWERS,
    "refusals_n": f"DELETE FROM core.import_refusal WHERE refused_at < {MONTHS_AGO}",
    "files_n": EMPTIED,
    "sessions_n": f"DELETE FROM core.web_session WHERE expires_at < now() OR last_seen_at < {DAYS_AGO}",
    "attempts_n": f"DELETE FROM core.login_attempt WHERE at < {DAYS_AGO}",
    "tokens_n": f"DELETE FROM core.api_token WHERE least(expires_at, revoked_at) < {DAYS_AGO}",
    "tasks_n": f"DELETE FROM core.task WHERE ended_at < {DAYS_AGO}",
}
HELD = """
    SELECT
        (SELECT count(DISTINCT agent) FROM core.answer) AS agents_n,
        (SELECT count(*) FROM core.answer WHERE superseded_at IS NULL) AS answers_current_n,
        (SELECT count(*) FROM core.answer WHERE superseded_at IS NOT NULL) AS answers_superseded_n,
        (SELECT min(day) FROM core.entry_day) AS oldest_day,
        (SELECT min(imported_at) FROM core.import_file WHERE campaign_id IS NOT NULL) AS oldest_import,
        (SELECT count(*) FROM core.import_refusal) AS refusals_n,
        (SELECT count(*) FROM core.account) AS accounts_n,
        (SELECT count(*) FROM core.account WHERE active
            AND coalesce(last_login_at, created_at) < now() - interval '1 year') AS accounts_idle_n,
        (SELECT count(*) FROM core.web_session) AS sessions_n,
        (SELECT count(*) FROM core.login_attempt) AS attempts_n,
        (SELECT count(*) FROM core.api_token WHERE revoked_at IS NULL AND expires_at > now()) AS tokens_n,
        (SELECT count(*) FROM core.task) AS tasks_n
"""
