"""Run by Alembic, on the connection and inside the transaction that `workload.store.migrate` opened."""

from alembic import context
from sqlmodel import SQLModel

from workload.store import (  # noqa: F401 (their tables join the metadata)
    account_tables,
    published_tables,
    scenario_sheets,
    study_tables,
    work_tables,
)
from workload.store.publishing import decided  # noqa: F401
from workload.store.tables import CORE

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=SQLModel.metadata,
    version_table="schema_version",
    version_table_schema=CORE,
    include_schemas=True,
)
with context.begin_transaction():
    context.run_migrations()
