"""How the service is: for the administration."""

import shutil
from dataclasses import dataclass

from alembic.script import ScriptDirectory
from sqlalchemy import Engine, text

from workload.store.migrate import config
from workload.store.settings import StoreSettings

LEAST_FREE = 1_000_000_000
"""Bytes: under this, a backup or a large import could fail."""


@dataclass(frozen=True, slots=True)
class Health:
    revision: str  # of the tables that are there
    expected: str  # of the tables that this version knows
    database_bytes: int
    free_bytes: int
    open_tasks_n: int
    failed_tasks_n: int  # of the last day

    @property
    def well(self) -> bool:
        return self.revision == self.expected and self.free_bytes >= LEAST_FREE


def health(engine: Engine, settings: StoreSettings) -> Health:
    with engine.connect() as connection:
        row = connection.execute(text(ASKED)).mappings().one()
        expected = ScriptDirectory.from_config(config(connection)).get_current_head() or ""
    where = settings.data_dir if settings.data_dir.exists() else "."
    return Health(**row, expected=expected, free_bytes=shutil.disk_usage(where).free)


ASKED = """
    SELECT
        (SELECT version_num FROM core.schema_version) AS revision,
        pg_database_size(current_database()) AS database_bytes,
        (SELECT count(*) FROM core.task WHERE ended_at IS NULL) AS open_tasks_n,
        (SELECT count(*) FROM core.task WHERE status = 'failed' AND ended_at > now() - interval '1 day')
            AS failed_tasks_n
"""
