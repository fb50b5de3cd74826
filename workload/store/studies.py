"""A study in the tables of `core`: places, posts, indicators with their secrecy; whole, in the caller's transaction."""

from typing import Any

import pandas as pd
from sqlalchemy import Connection, delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import SQLModel, col

from workload.ingest.study import Study
from workload.ingest.values import slug
from workload.store.copying import copy_rows
from workload.store.importing.writing import keep_taxonomy
from workload.store.study_tables import StudyRow
from workload.store.tables import CORE


def study_code(study: Study) -> str:
    return slug(study.settings.title)


def lock_study(connection: Connection, code: str) -> None:
    """One process writes a study, its scenarios and what is published of it at a time."""
    connection.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"workload study {code}", 0))))


def save_study(connection: Connection, study: Study) -> int:
    """The study's id. What the folder says now replaces what it said before; scenarios stay."""
    lock_study(connection, study_code(study))
    keep_taxonomy(connection, study.taxonomy)
    settings = study.settings
    row = {
        "code": study_code(study),
        "title": settings.title,
        "department": settings.department,
        "day": settings.day,
        "simulated": settings.simulated,
        "notice": settings.notice,
        "taxonomy_id": study.taxonomy.id,
    }
    saving = insert(StudyRow).values(row).on_conflict_do_update(index_elements=["code"], set_=row)
    id: int = connection.execute(saving.returning(col(StudyRow.id))).scalar_one()
    for name in ("indicator_value", "indicator", "post", "commune", "site", "territory"):
        table = SQLModel.metadata.tables[f"{CORE}.{name}"]
        connection.execute(delete(table).where(table.c.study_id == id))
    for name, rows in _rows(study).items():
        columns = list(SQLModel.metadata.tables[f"{CORE}.{name}"].columns.keys())
        copy_rows(connection, CORE, name, columns, ({"study_id": id} | row for row in rows))
    return id


def _rows(study: Study) -> dict[str, list[dict[str, Any]]]:
    names = study.communes.drop_duplicates("territory")
    communes = study.communes.rename(columns={"commune": "code", "commune_name": "name", "population": "inhabitants"})
    indicators = [
        {
            "code": i.id,
            **{name: getattr(i, name) for name in ("label", "unit", "nature", "theme", "series", "year", "source")},
            "simulated": i.simulated,
            "imputed_n": i.imputed_n,
        }
        for i in study.indicators.values()
    ]
    figures = study.figures.rename(columns={"place": "commune"})
    dated = {i.id: i.year for i in study.indicators.values()}
    values = figures[figures["indicator"].isin(dated)].assign(year=figures["indicator"].map(dated))
    return {
        "territory": [{"code": t, "name": n} for t, n in zip(names["territory"], names["territory_name"], strict=True)],
        "site": _records(study.sites.rename(columns={"site": "name"})),
        "commune": _records(communes),
        "post": _records(study.posts.rename(columns={"post": "code"}).assign(agent=None)),
        "indicator": indicators,
        "indicator_value": _records(values),
    }


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [
        {str(name): None if pd.isna(value) else value for name, value in row.items()}
        for row in table.to_dict("records")
    ]
