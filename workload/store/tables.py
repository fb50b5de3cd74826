"""The tables of schema `core`: everything, ours alone.

What other people's accounts read lies in schema `published`; it is empty for now. There will go the tables and views
that passed disclosure control, and nothing else: Superset's and the readers' roles get rights there and nowhere else.
"""

from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Float,
    ForeignKey,
    Identity,
    Index,
    SmallInteger,
    String,
    UniqueConstraint,
    column,
    func,
    table,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field, SQLModel

CORE = "core"
PUBLISHED = "published"


class Run(SQLModel, table=True):
    """A result as it was published: the document of run.json, under the hash of all it stands on."""

    __tablename__ = "run"
    __table_args__ = (CheckConstraint("id ~ '^[0-9a-f]{64}$'", name="run_id_is_sha256"), {"schema": CORE})

    # Collation "C", so that looking up a prefix can use the key's index.
    id: str = Field(sa_column=Column(String(64, collation="C"), primary_key=True))
    title: str
    simulated: bool
    generated_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    saved_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False, server_default=func.now()))
    document: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))


def _now() -> Column[datetime]:
    return Column(DateTime(timezone=True), nullable=False, server_default=func.now())


class PseudonymKey(SQLModel, table=True):
    """The mark of the one key that made this database's pseudonyms, so that another key is noticed; never the key."""

    __tablename__ = "pseudonym_key"
    __table_args__ = (CheckConstraint("id = 1", name="pseudonym_key_is_one"), {"schema": CORE})

    id: int = Field(sa_column=Column(SmallInteger, primary_key=True, autoincrement=False))
    mark: str


class Campaign(SQLModel, table=True):
    """A survey campaign of a study. `period` is "2003-03-10/2003-03-21", or empty where the study declares none."""

    __tablename__ = "campaign"
    __table_args__ = (UniqueConstraint("study", "period", name="campaign_study_period"), {"schema": CORE})

    id: int = Field(sa_column=Column(BigInteger, Identity(), primary_key=True))
    study: str
    period: str
    taxonomy_id: str | None = Field(
        sa_column=Column(String, ForeignKey(f"{CORE}.taxonomy.id"), nullable=True)
    )  # unknown of campaigns older than version 3 of the tables


class ImportFile(SQLModel, table=True):
    """A file as it was taken in, by whom and when; history included.

    A survey file's answers are in core.answer; the rows of other kinds are in `document`. `shown_name` holds no
    agent's code. A file is superseded once nothing of it is current.
    """

    __tablename__ = "import_file"
    __table_args__ = (
        Index("import_file_sha256", "study", "sha256"),
        Index(
            "import_file_one_current",
            "study",
            "kind",
            "shown_name",
            unique=True,
            postgresql_where=text("superseded_at IS NULL AND campaign_id IS NULL"),
        ),
        {"schema": CORE},
    )

    id: int = Field(sa_column=Column(BigInteger, Identity(), primary_key=True))
    study: str
    campaign_id: int | None = Field(sa_column=Column(BigInteger, ForeignKey(f"{CORE}.campaign.id"), nullable=True))
    kind: str
    layout: str
    shown_name: str
    sha256: str = Field(sa_column=Column(String(64), nullable=False))  # of the file's bytes
    content_sha256: str = Field(sa_column=Column(String(64), nullable=False))  # of what we read in it
    rows_n: int
    document: dict[str, Any] | None = Field(sa_column=Column(JSONB, nullable=True))
    imported_at: datetime = Field(sa_column=_now())
    imported_by: str
    superseded_at: datetime | None = Field(sa_column=Column(DateTime(timezone=True), nullable=True))
    superseded_by: int | None = Field(sa_column=Column(BigInteger, ForeignKey(f"{CORE}.import_file.id"), nullable=True))


class Answer(SQLModel, table=True):
    """One agent's answer in one campaign: a pseudonym, and where the register puts its holder."""

    __tablename__ = "answer"
    __table_args__ = (
        Index(
            "answer_one_current",
            "campaign_id",
            "agent",
            unique=True,
            postgresql_where=text("superseded_at IS NULL"),
        ),
        Index("answer_file", "file_id"),
        {"schema": CORE},
    )

    id: int = Field(sa_column=Column(BigInteger, Identity(), primary_key=True))
    file_id: int = Field(sa_column=Column(BigInteger, ForeignKey(f"{CORE}.import_file.id"), nullable=False))
    campaign_id: int = Field(sa_column=Column(BigInteger, ForeignKey(f"{CORE}.campaign.id"), nullable=False))
    agent: str
    mission: str | None
    territory: str | None
    area: str | None
    profession: str | None
    quotite: float | None
    superseded_at: datetime | None = Field(sa_column=Column(DateTime(timezone=True), nullable=True))
    superseded_by: int | None = Field(sa_column=Column(BigInteger, ForeignKey(f"{CORE}.import_file.id"), nullable=True))


class EntryDay(SQLModel, table=True):
    """What one answer notes on one day: items and their minutes, in two lists of one length. Without a day where the
    sheet asks for a usual week.

    One row a day and not one an item: with its key and its reference, COPY of the latter is three times as slow
    (`make bench`). Triggers hold that every item is of the study's taxonomy and no minute is negative. The view
    core.entry has a row per item.
    """

    __tablename__ = "entry_day"
    __table_args__ = (
        UniqueConstraint("answer_id", "day", name="entry_day_once", postgresql_nulls_not_distinct=True),
        CheckConstraint("cardinality(items) = cardinality(minutes)", name="entry_day_same_length"),
        CheckConstraint("cardinality(items) > 0", name="entry_day_not_empty"),
        CheckConstraint("0 <= ALL (minutes)", name="entry_day_not_negative"),
        CheckConstraint("array_position(items, NULL) IS NULL", name="entry_day_items_known"),
        CheckConstraint("array_position(minutes, NULL) IS NULL", name="entry_day_minutes_known"),
        {"schema": CORE},
    )
    # The day may be absent, so no column is a primary key. SQLAlchemy asks for one all the same.
    __mapper_args__: ClassVar[dict[str, Any]] = {"primary_key": ["answer_id", "day"]}

    answer_id: int = Field(
        sa_column=Column(BigInteger, ForeignKey(f"{CORE}.answer.id", ondelete="CASCADE"), nullable=False)
    )
    day: date | None = Field(sa_column=Column(Date, nullable=True))
    items: list[str] = Field(sa_column=Column(ARRAY(String), nullable=False))
    minutes: list[float] = Field(sa_column=Column(ARRAY(Float), nullable=False))


ENTRY = table(
    "entry",
    column("answer_id", BigInteger),
    column("day", Date),
    column("item", String),
    column("time_spent_min", Float),
)
ENTRY.schema = CORE
"""The view with a row per answer, day and item."""
