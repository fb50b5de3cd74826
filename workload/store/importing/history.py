"""What is in the store: campaigns, their current entries, and every file that ever came in."""

from dataclasses import dataclass
from datetime import datetime

import pandas as pd
from sqlalchemy import ColumnElement, Engine, func, select
from sqlalchemy.orm import aliased
from sqlmodel import col

from workload.ingest.study import Answers, input_name
from workload.store.tables import ENTRY, Answer, ImportFile
from workload.store.tables import Campaign as CampaignRow


@dataclass(frozen=True, slots=True)
class Campaign:
    id: int
    study: str
    period: str
    answers_n: int  # current ones


@dataclass(frozen=True, slots=True)
class Imported:
    """One line of the history. `superseded_*` are empty while anything of the file is current."""

    id: int
    study: str
    period: str
    kind: str
    layout: str
    name: str
    sha256: str
    rows_n: int
    imported_at: datetime
    imported_by: str
    superseded_at: datetime | None
    superseded_by: str | None  # name of the file that replaced it
    superseded_by_whom: str | None


def import_history(engine: Engine, study: str | None = None, kind: str | None = None) -> tuple[Imported, ...]:
    """Every file, the last first; of one study, of one kind."""
    newer = aliased(ImportFile)
    query = (
        select(
            col(ImportFile.id),
            col(ImportFile.study),
            func.coalesce(col(CampaignRow.period), ""),
            col(ImportFile.kind),
            col(ImportFile.layout),
            col(ImportFile.shown_name),
            col(ImportFile.sha256),
            col(ImportFile.rows_n),
            col(ImportFile.imported_at),
            col(ImportFile.imported_by),
            col(ImportFile.superseded_at),
            col(newer.shown_name),
            col(newer.imported_by),
        )
        .outerjoin(CampaignRow, col(CampaignRow.id) == col(ImportFile.campaign_id))
        .outerjoin(newer, col(newer.id) == col(ImportFile.superseded_by))
        .order_by(col(ImportFile.id).desc())
    )
    if study is not None:
        query = query.where(col(ImportFile.study) == study)
    if kind is not None:
        query = query.where(col(ImportFile.kind) == kind)
    with engine.begin() as connection:
        return tuple(Imported(*tuple(row)) for row in connection.execute(query))


def list_campaigns(engine: Engine) -> tuple[Campaign, ...]:
    """Campaigns by study and period."""
    current = (col(Answer.campaign_id) == col(CampaignRow.id)) & col(Answer.superseded_at).is_(None)
    query = (
        select(col(CampaignRow.id), col(CampaignRow.study), col(CampaignRow.period), func.count(col(Answer.id)))
        .outerjoin(Answer, current)
        .group_by(col(CampaignRow.id))
        .order_by(col(CampaignRow.study), col(CampaignRow.period))
    )
    with engine.begin() as connection:
        return tuple(Campaign(*row) for row in connection.execute(query))


def read_entries(engine: Engine, campaign: int) -> pd.DataFrame:
    """The current answers of a campaign as `Study.entries` has them: a row per agent × item, by pseudonym."""
    names = ("agent", "mission", "territory", "area", "profession", "quotite")
    keys = [*(getattr(Answer, name) for name in names), ENTRY.c.item]
    query = (
        select(*keys, func.sum(ENTRY.c.time_spent_min))
        .join(ENTRY, ENTRY.c.answer_id == col(Answer.id))
        .where(*_current(campaign))
        .group_by(*keys)
        .order_by(col(Answer.agent), ENTRY.c.item)
    )
    with engine.begin() as connection:
        return pd.DataFrame(connection.execute(query).all(), columns=[*names, "item", "time_spent_min"])


def read_answers(engine: Engine, study: str, period: str) -> Answers:
    """What a study is computed from, when its sheets came in through the store. study: its title."""
    campaign = next((c.id for c in list_campaigns(engine) if (c.study, c.period) == (study, period)), 0)
    by_day = (
        select(col(Answer.agent), ENTRY.c.item, ENTRY.c.day, ENTRY.c.time_spent_min)
        .join(ENTRY, ENTRY.c.answer_id == col(Answer.id))
        .where(*_current(campaign), ENTRY.c.day.is_not(None))
    )
    files = (
        select(col(ImportFile.shown_name), col(ImportFile.sha256))
        .join(Answer, col(Answer.file_id) == col(ImportFile.id))
        .where(*_current(campaign))
        .distinct()
    )
    with engine.begin() as connection:
        noted = [(agent, item, day.toordinal(), spent) for agent, item, day, spent in connection.execute(by_day)]
        inputs = {input_name(name, sha256): sha256 for name, sha256 in connection.execute(files)}
    days = pd.DataFrame(noted, columns=["agent", "item", "day", "time_spent_min"]).astype({"day": "int64"})
    return Answers(read_entries(engine, campaign), days, inputs)


def _current(campaign: int) -> tuple[ColumnElement[bool], ...]:
    return col(Answer.campaign_id) == campaign, col(Answer.superseded_at).is_(None)
