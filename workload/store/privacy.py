"""The right to erasure: everything that one agent noted, out of the store.

What goes: her answers, current and superseded, with their entries; the refusals of her sheets; her pseudonym in the
registers; the names and fingerprints of files that were hers alone; what was quoted from her files.

What stays, and why: `released_cell` keeps what earlier publications said of groups she was in, since without it the
next publication could be subtracted from an earlier one and tell on her colleagues, and on her. Her pseudonym in it
becomes a random one, the same throughout and written nowhere else: the groups keep their members apart, and nobody,
with the key or without, gets from it to her. Published figures stand on at least five people and are not hers alone.
"""

import secrets
from dataclasses import asdict, dataclass

from sqlalchemy import Connection, Engine, text

from workload.ingest.study import pseudonym
from workload.store.audit import record
from workload.store.importing.pseudonyms import pseudonym_key
from workload.store.settings import StoreSettings

SHOWN_LETTERS = 8
"""As many letters of a pseudonym as `Codes.hide` leaves in a file's name."""


@dataclass(frozen=True, slots=True)
class Erased:
    """How much there was; never whose."""

    answers_n: int
    days_n: int
    refusals_n: int
    posts_n: int
    files_n: int
    registers_n: int
    released_cells_n: int
    sent_files_n: int

    @property
    def anything(self) -> bool:
        return any(asdict(self).values())


def erase_agent(engine: Engine, settings: StoreSettings, code: str, by: str, *, apply: bool) -> Erased:
    """Without `apply` everything is done, counted and taken back: the numbers are those that applying would give."""
    code = code.strip()
    known = pseudonym(code, pseudonym_key(engine, settings))
    with engine.connect() as connection, connection.begin() as transaction:
        connection.execute(text("LOCK TABLE core.released_cell, core.answer IN SHARE ROW EXCLUSIVE MODE"))
        found = _erase(connection, known, code)
        if apply:
            record(connection, by, "agent_erased", "agent", asdict(found))
        else:
            transaction.rollback()
    return found


def _erase(connection: Connection, known: str, code: str) -> Erased:
    given = {
        "known": known,
        "start": known[:SHOWN_LETTERS],
        "other": secrets.token_hex(8),
        "neutral": secrets.token_hex(SHOWN_LETTERS // 2),
        "code": code.casefold(),
    }

    def count(statement: str) -> int:
        return connection.execute(text(statement), given).rowcount

    days = connection.scalar(
        text("SELECT count(*) FROM core.entry_day JOIN core.answer ON answer.id = answer_id WHERE agent = :known"),
        given,
    )
    connection.execute(
        text(
            "CREATE TEMPORARY TABLE hers ON COMMIT DROP AS"
            " SELECT DISTINCT file_id AS id FROM core.answer WHERE agent = :known"
        ),
        given,
    )
    answers = count("DELETE FROM core.answer WHERE agent = :known")
    files = count(ALONE) + count(TOGETHER)
    connection.execute(text("DROP TABLE hers"))
    return Erased(
        answers_n=answers,
        days_n=days or 0,
        refusals_n=count("DELETE FROM core.import_refusal WHERE agent = :known"),
        posts_n=count("UPDATE core.post SET agent = NULL WHERE agent = :known"),
        files_n=files,
        registers_n=count(REGISTERS),
        released_cells_n=count(
            "UPDATE core.released_cell SET agents = array_replace(agents, :known, :other)"
            " WHERE agents @> ARRAY[CAST(:known AS varchar)]"
        ),
        sent_files_n=count(SENT),
    )


# A file with nobody else's answers tells of her by its very fingerprint, to whoever has the file.
ALONE = """
    UPDATE core.import_file AS f SET
        shown_name = 'efface-' || f.id,
        sha256 = encode(sha256(gen_random_uuid()::text::bytea), 'hex'),
        content_sha256 = encode(sha256(gen_random_uuid()::text::bytea), 'hex'),
        superseded_at = coalesce(superseded_at, now())
    FROM hers WHERE f.id = hers.id AND NOT EXISTS (SELECT FROM core.answer AS a WHERE a.file_id = f.id)
"""
TOGETHER = """
    UPDATE core.import_file SET shown_name = replace(shown_name, :start, :neutral)
    WHERE strpos(shown_name, :start) > 0
"""
# Registers keep their rows as JSON; a pseudonym is a whole value of it, sixteen hexadecimal letters in quotes.
REGISTERS = """
    UPDATE core.import_file SET document = replace(document::text, to_json(CAST(:known AS text))::text, 'null')::jsonb
    WHERE document IS NOT NULL AND strpos(document::text, to_json(CAST(:known AS text))::text) > 0
"""
SENT = """
    UPDATE core.task_file SET name = 'efface', issues = '[]'
    WHERE strpos(lower(name || issues::text), :code) > 0 OR strpos(name || issues::text, :start) > 0
"""
