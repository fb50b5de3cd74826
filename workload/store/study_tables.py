"""The tables of schema `core` for the chain itself: studies, places, posts, taxonomies, indicators, scenarios and what
they were computed to; and who did what. Sheets and their entries are in `tables`.

Enumerations are CHECKs; what may never change is guarded by triggers (migration 0003 has them).
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    String,
    UniqueConstraint,
    func,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field, SQLModel

from workload.store.tables import CORE


def _id() -> Column[int]:
    return Column(BigInteger, Identity(), primary_key=True)


def _to(target: str, *, nullable: bool = False, key: bool = False) -> Column[int]:
    """A reference; rows of a study leave with it."""
    link = ForeignKey(f"{CORE}.{target}", ondelete="CASCADE")
    return Column(BigInteger, link, nullable=nullable, primary_key=key, autoincrement=False)


def _run_key() -> Column[str]:
    return Column(String(64, collation="C"), ForeignKey(f"{CORE}.run.id", ondelete="CASCADE"), primary_key=True)


def _key() -> Column[str]:
    return Column(String, primary_key=True)


def _number(*, nullable: bool = False) -> Column[float]:
    return Column(Float, nullable=nullable)


def _when() -> Column[datetime]:
    return Column(DateTime(timezone=True), nullable=False, server_default=func.now())


def _time() -> Column[datetime]:
    return Column(DateTime(timezone=True), nullable=True)


def _document() -> Column[dict[str, Any]]:
    return Column(JSONB, nullable=False)


def _among(column: str, *values: str, name: str) -> CheckConstraint:
    return CheckConstraint(f"{column} IN ({', '.join(repr(value) for value in values)})", name=name)


class Taxonomy(SQLModel, table=True):
    """A list of items that sheets are noted by, each with its two coordinates, mode and domain."""

    __tablename__ = "taxonomy"
    __table_args__ = ({"schema": CORE},)
    id: str = Field(sa_column=_key())
    label: str


class TaxonomyItem(SQLModel, table=True):
    __tablename__ = "taxonomy_item"
    __table_args__ = ({"schema": CORE},)
    taxonomy_id: str = Field(
        sa_column=Column(String, ForeignKey(f"{CORE}.taxonomy.id", ondelete="CASCADE"), primary_key=True)
    )
    code: str = Field(sa_column=_key())
    label: str
    mode: str
    domain: str


class StudyRow(SQLModel, table=True):
    """A study as its folder says it; `code` is how people and addresses name it."""

    __tablename__ = "study"
    __table_args__ = (
        CheckConstraint("code ~ '^[a-z0-9_]+$'", name="study_code_is_slug"),
        {"schema": CORE},
    )
    id: int = Field(sa_column=_id())
    code: str = Field(sa_column=Column(String, nullable=False, unique=True))
    title: str
    department: str
    day: date = Field(sa_column=Column(Date, nullable=False))
    simulated: bool
    notice: str
    taxonomy_id: str = Field(sa_column=Column(String, ForeignKey(f"{CORE}.taxonomy.id"), nullable=False))
    created_at: datetime = Field(sa_column=_when())


class Territory(SQLModel, table=True):
    __tablename__ = "territory"
    __table_args__ = ({"schema": CORE},)
    study_id: int = Field(sa_column=_to("study.id", key=True))
    code: str = Field(sa_column=_key())
    name: str


class SiteRow(SQLModel, table=True):
    __tablename__ = "site"
    __table_args__ = (
        ForeignKeyConstraint(
            ["study_id", "territory"], [f"{CORE}.territory.study_id", f"{CORE}.territory.code"], ondelete="CASCADE"
        ),
        {"schema": CORE},
    )
    study_id: int = Field(sa_column=_to("study.id", key=True))
    name: str = Field(sa_column=_key())
    territory: str
    seat: str | None


class Commune(SQLModel, table=True):
    """A commune, or the part of one that a sector covers."""

    __tablename__ = "commune"
    __table_args__ = (
        ForeignKeyConstraint(
            ["study_id", "territory"], [f"{CORE}.territory.study_id", f"{CORE}.territory.code"], ondelete="CASCADE"
        ),
        CheckConstraint("part > 0 AND part <= 1", name="commune_part_is_share"),
        CheckConstraint("inhabitants >= 0", name="commune_inhabitants_not_negative"),
        CheckConstraint("code ~ '^(\\d{2}|2[AB])\\d{3}$'", name="commune_code_is_insee"),
        {"schema": CORE},
    )
    study_id: int = Field(sa_column=_to("study.id", key=True))
    code: str = Field(sa_column=_key())
    sector: str = Field(sa_column=_key())
    name: str
    territory: str
    site: str
    part: float
    inhabitants: float
    epci: str | None
    canton: str | None
    longitude: float | None = Field(sa_column=_number(nullable=True))
    latitude: float | None = Field(sa_column=_number(nullable=True))


class Post(SQLModel, table=True):
    """A budgeted post. Whoever holds it is a pseudonym."""

    __tablename__ = "post"
    __table_args__ = (
        ForeignKeyConstraint(
            ["study_id", "territory"], [f"{CORE}.territory.study_id", f"{CORE}.territory.code"], ondelete="CASCADE"
        ),
        CheckConstraint("fte >= 0", name="post_fte_not_negative"),
        {"schema": CORE},
    )
    study_id: int = Field(sa_column=_to("study.id", key=True))
    code: str = Field(sa_column=_key())
    territory: str
    site: str
    sector: str | None
    mission: str
    profession: str
    fte: float
    occupied: bool
    agent: str | None
    locked: bool
    departure_year: int | None


class IndicatorRow(SQLModel, table=True):
    """An indicator, where it comes from and whether it follows the service's own supply."""

    __tablename__ = "indicator"
    __table_args__ = (_among("nature", "externe", "interne", name="indicator_nature"), {"schema": CORE})
    study_id: int = Field(sa_column=_to("study.id", key=True))
    code: str = Field(sa_column=_key())
    label: str
    unit: str
    nature: str
    theme: str
    series: str
    year: int
    source: str
    simulated: bool
    imputed_n: int


class IndicatorValue(SQLModel, table=True):
    """A count of one commune in one year, and whether its producer published it."""

    __tablename__ = "indicator_value"
    __table_args__ = (
        ForeignKeyConstraint(
            ["study_id", "indicator"], [f"{CORE}.indicator.study_id", f"{CORE}.indicator.code"], ondelete="CASCADE"
        ),
        _among("status", "published", "secret", "missing", "lower_bound", "imputed", name="indicator_value_status"),
        CheckConstraint("(count_n IS NULL) = (status IN ('secret', 'missing'))", name="indicator_value_known"),
        {"schema": CORE},
    )
    study_id: int = Field(sa_column=_to("study.id", key=True))
    indicator: str = Field(sa_column=_key())
    commune: str = Field(sa_column=_key())
    year: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    count_n: float | None = Field(sa_column=_number(nullable=True))
    status: str


class Scenario(SQLModel, table=True):
    """What is tried on a study: draft → shared → published. A published one never changes, nor does its run."""

    __tablename__ = "scenario"
    __table_args__ = (
        _among("status", "draft", "shared", "published", name="scenario_status"),
        CheckConstraint("code ~ '^[a-z0-9_]+$'", name="scenario_code_is_slug"),
        CheckConstraint("status = 'draft' OR run_id IS NOT NULL", name="scenario_shown_has_run"),
        CheckConstraint("(status = 'published') = (published_at IS NOT NULL)", name="scenario_published_when"),
        UniqueConstraint("study_id", "code", name="scenario_study_code"),
        {"schema": CORE},
    )
    id: int = Field(sa_column=_id())
    study_id: int = Field(sa_column=_to("study.id"))
    code: str
    title: str
    description: str
    status: str
    choices: dict[str, Any] = Field(sa_column=_document())  # what it changes of etude.yaml
    run_id: str | None = Field(sa_column=Column(String(64, collation="C"), ForeignKey(f"{CORE}.run.id"), nullable=True))
    created_by: str
    created_at: datetime = Field(sa_column=_when())
    shared_at: datetime | None = Field(sa_column=_time())
    published_at: datetime | None = Field(sa_column=_time())


class RunInput(SQLModel, table=True):
    """A file that a run stands on, by its fingerprint."""

    __tablename__ = "run_input"
    __table_args__ = (CheckConstraint("sha256 ~ '^[0-9a-f]{64}$'", name="run_input_is_sha256"), {"schema": CORE})
    run_id: str = Field(sa_column=_run_key())
    name: str = Field(sa_column=_key())
    sha256: str


class Allocation(SQLModel, table=True):
    """Posts of one territory in one mission of a run. The need of a run adds up to its posts."""

    __tablename__ = "allocation"
    __table_args__ = (
        CheckConstraint("posts_current >= 0 AND posts_final >= 0 AND need_fte >= 0", name="allocation_not_negative"),
        CheckConstraint("kept_share >= 0 AND kept_share <= 1", name="allocation_kept_is_share"),
        {"schema": CORE},
    )
    run_id: str = Field(sa_column=_run_key())
    mission: str = Field(sa_column=_key())
    territory: str = Field(sa_column=_key())
    posts_current: float
    need_fte: float
    fair_share: float
    posts_final: float
    kept_share: float


class LedgerRow(SQLModel, table=True):
    """One row of a territory's justification, as an exact fraction too."""

    __tablename__ = "ledger_row"
    __table_args__ = (
        ForeignKeyConstraint(
            ["run_id", "mission", "territory"],
            [f"{CORE}.allocation.run_id", f"{CORE}.allocation.mission", f"{CORE}.allocation.territory"],
            ondelete="CASCADE",
        ),
        _among("kind", "indicator", "rounding", "rule", name="ledger_row_kind"),
        CheckConstraint("posts_exact ~ '^-?\\d+(/\\d+)?$'", name="ledger_row_is_fraction"),
        {"schema": CORE},
    )
    run_id: str = Field(sa_column=Column(String(64, collation="C"), primary_key=True))
    mission: str = Field(sa_column=_key())
    territory: str = Field(sa_column=_key())
    position: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    cause: str
    kind: str
    label: str
    posts: float
    posts_exact: str


class ImportRefusal(SQLModel, table=True):
    """A sheet that was refused: by whom it was sent is a pseudonym, what was wrong is counted, never quoted."""

    __tablename__ = "import_refusal"
    __table_args__ = (
        CheckConstraint("issues_n > 0", name="import_refusal_has_issues"),
        Index("import_refusal_campaign", "campaign_id"),
        {"schema": CORE},
    )
    id: int = Field(sa_column=_id())
    campaign_id: int = Field(sa_column=_to("campaign.id"))
    sha256: str = Field(sa_column=Column(String(64), nullable=False))
    agent: str | None
    mission: str | None
    territory: str | None
    issues_n: int
    refused_at: datetime = Field(sa_column=_when())
    refused_by: str


class Publication(SQLModel, table=True):
    """One writing of schema `published`: what was withheld, and the audit that let it pass."""

    __tablename__ = "publication"
    __table_args__ = (
        _among("status", "shared", "published", name="publication_status"),
        {"schema": CORE},
    )
    id: int = Field(sa_column=_id())
    scenario_id: int = Field(sa_column=_to("scenario.id"))
    status: str
    at: datetime = Field(sa_column=_when())
    actor: str
    document: dict[str, Any] = Field(sa_column=_document())


class ReleasedCell(SQLModel, table=True):
    """A figure about workers that a publication showed, and what stood behind it: by this a later publication knows
    what its difference from an earlier one would tell."""

    __tablename__ = "released_cell"
    __table_args__ = ({"schema": CORE},)
    publication_id: int = Field(sa_column=_to("publication.id", key=True))
    cell: list[str] = Field(sa_column=Column(ARRAY(String), primary_key=True))
    agents: list[str] = Field(sa_column=Column(ARRAY(String), nullable=False))  # pseudonyms
    shares: list[float] = Field(sa_column=Column(ARRAY(Float), nullable=False))  # of each one's own year
    factors: list[float] = Field(sa_column=Column(ARRAY(Float), nullable=False))  # minutes that her year stood for


class AuditEvent(SQLModel, table=True):
    """Who did what, when: rows are only added, each chained to the last by its hash."""

    __tablename__ = "audit_event"
    __table_args__ = (CheckConstraint("hash ~ '^[0-9a-f]{64}$'", name="audit_event_is_sha256"), {"schema": CORE})
    id: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    actor: str
    action: str
    object: str
    details: dict[str, Any] = Field(sa_column=_document())
    hash: str = Field(sa_column=Column(String(64), nullable=False))
