"""What the tests of the import share: is every file whole, what is current, and everything that is stored as text."""

from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import Engine, text

from workload.store import StoreSettings
from workload.store.importing import FileOutcome, ImportSummary, Outcome, import_files, list_campaigns, read_entries

ENTRIES = 500  # of one workbook

PARTS = """
    SELECT file.rows_n, count(DISTINCT answer.id), count(entry.answer_id)
    FROM core.import_file AS file
    LEFT JOIN core.answer ON answer.file_id = file.id LEFT JOIN core.entry ON entry.answer_id = answer.id
    WHERE file.kind = 'survey' GROUP BY file.id
"""
CURRENT = "SELECT agent, count(*) FROM core.answer WHERE superseded_at IS NULL GROUP BY agent"
TABLES = (
    "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables WHERE schemaname IN ('core', 'published', 'public')"
)


def take_in(
    engine: Engine, paths: Sequence[Path], study: Path, data: Path, by: str = "Mme Martin"
) -> tuple[ImportSummary, list[FileOutcome]]:
    heard: list[FileOutcome] = []
    summary = import_files(engine, paths, study, by, heard.append, StoreSettings(data_dir=data))
    return summary, heard


def outcomes(heard: Sequence[FileOutcome]) -> list[Outcome]:
    return [one.outcome for one in heard]


def files_whole(engine: Engine) -> int:
    """How many survey files there are; fails where one is not whole, or an agent counts twice."""
    with engine.connect() as connection:
        parts = connection.execute(text(PARTS)).all()
        assert all(tuple(row) == (ENTRIES, 1, ENTRIES) for row in parts)
        assert all(n == 1 for _, n in connection.execute(text(CURRENT)))
        stray = "SELECT count(*) FROM core.entry WHERE answer_id NOT IN (SELECT id FROM core.answer)"
        assert connection.scalar(text(stray)) == 0
    return len(parts)


def minutes_stored(engine: Engine) -> float:
    (campaign,) = list_campaigns(engine)
    return float(read_entries(engine, campaign.id)["time_spent_min"].sum())


def all_text(engine: Engine) -> dict[str, list[str]]:
    """Every row of every table, by table."""
    with engine.connect() as connection:
        names = connection.scalars(text(TABLES)).all()
        return {name: list(connection.scalars(text(f"SELECT t::text FROM {name} AS t ORDER BY 1"))) for name in names}
