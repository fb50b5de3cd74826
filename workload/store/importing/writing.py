"""A batch of whole files into the tables, inside the caller's transaction. One batch of a study at a time."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, func, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import aliased
from sqlmodel import col

from workload.parameters import Taxonomy
from workload.store.importing.outcomes import Outcome
from workload.store.importing.prepare import Prepared
from workload.store.study_tables import ImportRefusal, TaxonomyItem
from workload.store.study_tables import Taxonomy as TaxonomyRow
from workload.store.tables import Answer, Campaign, ImportFile

COPY = "COPY core.entry_day (answer_id, day, items, minutes) FROM STDIN"


@dataclass(frozen=True, slots=True)
class ImportRun:
    study: str
    period: str
    by: str
    taxonomy: Taxonomy


def write_batch(connection: Connection, run: ImportRun, files: Sequence[Prepared]) -> list[tuple[Outcome, bool]]:
    """The outcome of each file, and whether an unchanged one has been superseded since."""
    lock = func.pg_advisory_xact_lock(func.hashtextextended(f"workload import {run.study}", 0))
    connection.execute(select(lock))
    found = _known(connection, run, files)
    surveys: dict[int, Prepared] = {}
    outcomes: dict[int, tuple[Outcome, bool]] = {}
    for number, file in enumerate(files):
        mark = (file.sha256, file.content_sha256)
        if mark in found:
            outcomes[number] = Outcome.UNCHANGED, found[mark]
            continue
        found[mark] = False
        if file.document is None:
            surveys[number] = file
        else:
            outcomes[number] = _write_table(connection, run, file), False
    if surveys:
        campaign = campaign_id(connection, run)
        replaced = _write_surveys(connection, run, campaign, list(surveys.values()))
        outcomes |= {
            number: (Outcome.REPLACED if again else Outcome.IMPORTED, False)
            for number, again in zip(surveys, replaced, strict=True)
        }
    return [outcomes[number] for number in range(len(files))]


def _known(connection: Connection, run: ImportRun, files: Sequence[Prepared]) -> dict[tuple[str, str], bool]:
    """Contents that were taken in before → whether superseded since.

    A content gone because the same file was read anew, with other settings, may come back; a corrected file may not.
    """
    newer = aliased(ImportFile)
    rows = connection.execute(
        select(
            col(ImportFile.sha256),
            col(ImportFile.content_sha256),
            func.bool_and(col(ImportFile.superseded_at).is_not(None)),
        )
        .outerjoin(newer, col(newer.id) == col(ImportFile.superseded_by))
        .where(col(ImportFile.study) == run.study, col(ImportFile.sha256).in_([file.sha256 for file in files]))
        .where(col(newer.sha256).is_distinct_from(col(ImportFile.sha256)))
        .group_by(col(ImportFile.sha256), col(ImportFile.content_sha256))
    )
    return {(row[0], row[1]): row[2] for row in rows}


def campaign_id(connection: Connection, run: ImportRun) -> int:
    """The campaign's, made where it is new; its taxonomy is the study's."""
    keep_taxonomy(connection, run.taxonomy)
    values = {"study": run.study, "period": run.period}
    known = {"taxonomy_id": run.taxonomy.id}
    made = upsert(Campaign).values(values | known).on_conflict_do_update(index_elements=list(values), set_=known)
    return connection.execute(made.returning(col(Campaign.id))).scalar_one()


def keep_taxonomy(connection: Connection, taxonomy: Taxonomy) -> None:
    row = {"id": taxonomy.id, "label": taxonomy.label}
    connection.execute(upsert(TaxonomyRow).values(row).on_conflict_do_nothing())
    items = [
        {"taxonomy_id": taxonomy.id, "code": i.code, "label": i.label, "mode": i.mode, "domain": i.domain}
        for i in taxonomy.items
    ]
    connection.execute(upsert(TaxonomyItem).values(items).on_conflict_do_nothing())


def write_refusals(connection: Connection, run: ImportRun, files: Sequence[Prepared]) -> None:
    """Who sent sheets that did not come in, so that a campaign can be followed; the same file twice counts once."""
    refused = [refusal for file in files for refusal in file.refusals]
    if not refused:
        return
    campaign = campaign_id(connection, run)
    for one in refused:
        row = {name: getattr(one, name) for name in ("sha256", "agent", "mission", "territory", "issues_n")}
        known = select(ImportRefusal).filter_by(campaign_id=campaign, sha256=one.sha256, agent=one.agent)
        if connection.execute(known).first() is None:
            connection.execute(insert(ImportRefusal).values(row | {"campaign_id": campaign, "refused_by": run.by}))


def _file_row(run: ImportRun, file: Prepared, campaign: int | None) -> dict[str, object]:
    return {
        "study": run.study,
        "campaign_id": campaign,
        "kind": file.check.kind,
        "layout": file.check.layout,
        "shown_name": file.shown_name,
        "sha256": file.sha256,
        "content_sha256": file.content_sha256,
        "rows_n": file.check.rows,
        "document": file.document,
        "imported_by": run.by,
    }


def _write_table(connection: Connection, run: ImportRun, file: Prepared) -> Outcome:
    """A register, a list of places or counts: the newest of a kind and name is the current one."""
    row = _file_row(run, file, None)
    current = (
        update(ImportFile)
        .where(col(ImportFile.superseded_at).is_(None))
        .filter_by(study=run.study, kind=row["kind"], shown_name=row["shown_name"], campaign_id=None)
    )
    earlier = connection.execute(current.values(superseded_at=func.now()).returning(col(ImportFile.id))).scalar()
    new = connection.execute(insert(ImportFile).values(row).returning(col(ImportFile.id))).scalar_one()
    connection.execute(update(ImportFile).where(col(ImportFile.id) == earlier).values(superseded_by=new))
    return Outcome.IMPORTED if earlier is None else Outcome.REPLACED


def _write_surveys(connection: Connection, run: ImportRun, campaign: int, files: Sequence[Prepared]) -> list[bool]:
    """Whether each file replaced an answer."""
    rows = [_file_row(run, file, campaign) for file in files]
    making = insert(ImportFile).returning(col(ImportFile.id), sort_by_parameter_order=True)
    ids = list(connection.execute(making, rows).scalars())
    answers = [(id, answer) for id, file in zip(ids, files, strict=True) for answer in file.answers]
    replaced = _supersede(connection, campaign, [(answer.agent, id) for id, answer in answers])
    making = insert(Answer).returning(col(Answer.id), sort_by_parameter_order=True)
    names = ("agent", "mission", "territory", "area", "profession", "quotite")
    rows = [
        {"file_id": id, "campaign_id": campaign} | {name: getattr(answer, name) for name in names}
        for id, answer in answers
    ]
    keys = connection.execute(making, rows).scalars()
    lines = [answer.entries.replace("\n", f"\n{key}") for key, (_, answer) in zip(keys, answers, strict=True)]
    _copy(connection, "".join(lines)[1:])
    return [id in replaced for id in ids]


def _supersede(connection: Connection, campaign: int, given: Sequence[tuple[str, int]]) -> set[int]:
    """Earlier answers of these agents go into history, and so do files of which nothing is current any more."""
    gone = connection.execute(
        text(
            """
            UPDATE core.answer SET superseded_at = now(), superseded_by = given.file
            FROM unnest(CAST(:agents AS text[]), CAST(:files AS bigint[])) AS given(agent, file)
            WHERE campaign_id = :campaign AND answer.agent = given.agent AND superseded_at IS NULL
            RETURNING file_id, superseded_by
            """
        ),
        {"agents": [agent for agent, _ in given], "files": [file for _, file in given], "campaign": campaign},
    ).all()
    for earlier, newer in sorted(set(map(tuple, gone))):
        connection.execute(
            text(
                """
                UPDATE core.import_file SET superseded_at = now(), superseded_by = :newer
                WHERE id = :earlier AND superseded_at IS NULL AND NOT EXISTS
                    (SELECT FROM core.answer WHERE file_id = :earlier AND answer.superseded_at IS NULL)
                """
            ),
            {"earlier": earlier, "newer": newer},
        )
    return {newer for _, newer in gone}


def _copy(connection: Connection, lines: str) -> None:
    """On the driver's own connection, so in the same transaction."""
    driver = connection.connection.driver_connection
    assert driver is not None
    with driver.cursor() as cursor, cursor.copy(COPY) as copy:
        copy.write(lines)
