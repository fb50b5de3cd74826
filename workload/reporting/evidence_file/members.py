"""What goes into an evidence file: only what the sheet of a scenario and schema `published` hold."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Engine, select

from workload import __version__
from workload.catalogue import text
from workload.reporting.evidence_file.csv_tables import csv_bytes, dictionary_csv, table_csv
from workload.store.published_tables import published_tables
from workload.store.scenario_sheets import Row, Sheet
from workload.store.scenarios import PUBLISHED, SHARED

OF_THE_STUDY = (
    "indicator",
    "indicator_value",
    "place",
    "withheld",
    "time_use",
    "time_use_cell",
    "time_use_benchmark",
    "reading",
    "campaign_progress",
)
README, MANIFEST, BASIS, STUDY = "LISEZMOI.txt", "manifest.json", "basis.json", "etude.json"
DICTIONARY, PARAMETERS, INPUTS = "dictionnaire.csv", "parametres.csv", "fichiers-d-entree.csv"
LAID_OUT = ("title", "department", "day", "main_mission", "notice", "simulated", "settings", "coverage")


def study_tables(engine: Engine, sheet: Sheet) -> dict[str, list[Row]]:
    """What schema `published` says of the study itself, without outlines: what everybody may read, and for a scenario
    shared with the HR direction also what is open to it alone."""
    open_to = [PUBLISHED, SHARED] if sheet.status == SHARED else [PUBLISHED]
    study = sheet.key.partition("/")[0]
    found = {}
    with engine.connect() as connection:
        for name in OF_THE_STUDY:
            table = published_tables()[name]
            columns = [column for column in table.columns if column.name != "geometry"]
            query = (
                select(*columns)
                .where(table.c.study_id == study, table.c.scenario_status.in_(open_to))
                .order_by(*table.primary_key)
            )
            found[name] = [dict(row) for row in connection.execute(query).mappings()]
    return found


def members_of(sheet: Sheet, published: Mapping[str, Sequence[Row]], fingerprint: str) -> dict[str, bytes]:
    """Name → content of every member but the manifest, in the order of the file."""
    tables = {name: list(sheet.tables[name]) for name in sorted(sheet.tables)}
    tables |= {name: list(published[name]) for name in sorted(published)}
    study = sheet.study
    head = [text(f"evidence_head_{name}") for name in ("table", "about", "column", "type", "meaning")]
    parameters = [[text(f"evidence_head_{name}") for name in ("parameter", "value", "unit", "since", "source")]]
    for name, of in sorted(study["parameters"].items()):
        value = str(of["value"]).replace(".", ",")
        parameters.append([name, value, of["unit"], of["since"], of["source"]])
    inputs = [[text("evidence_head_file"), "SHA-256"], *map(list, sorted(study["inputs"].items()))]
    return {
        README: _readme(sheet, fingerprint),
        BASIS: plain_json(sheet.basis),
        STUDY: plain_json(_study(sheet)),
        PARAMETERS: csv_bytes(parameters),
        INPUTS: csv_bytes(inputs),
        DICTIONARY: dictionary_csv(list(tables), head),
        **{f"tables/{name}.csv": table_csv(name, rows) for name, rows in tables.items()},
    }


def head_of(sheet: Sheet) -> dict[str, Any]:
    """What a reader must know before anything else."""
    of = sheet.tables["scenario"][0]
    return {
        "scenario": sheet.key,
        "title": of["scenario"],
        "status": sheet.status,
        "published_at": of["published_at"],
        "run_id": sheet.run_id,
        "simulated": sheet.study["simulated"],
        "software": __version__,
    }


def plain_json(document: Any) -> bytes:
    """The one way we write JSON here: keys sorted, floats in full, so that the same document is the same bytes."""
    return (json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True, allow_nan=False) + "\n").encode("utf-8")


def _study(sheet: Sheet) -> dict[str, Any]:
    study = sheet.study
    return head_of(sheet) | {name: study[name] for name in (*LAID_OUT, "versions", "seed", "draws") if name in study}


def _readme(sheet: Sheet, fingerprint: str) -> bytes:
    """For Windows' own editor too: a byte order mark and both ends of line."""
    head, study = head_of(sheet), sheet.study
    simulated = text("evidence_simulated", notice=study["notice"].strip()) if study["simulated"] else ""
    said = text(
        "evidence_readme",
        title=head["title"],
        study=study["title"],
        status=text(f"evidence_status_{sheet.status}"),
        published=(head["published_at"] or "–").partition(".")[0].replace("T", " "),
        run=sheet.run_id,
        simulated=simulated,
        fingerprint=fingerprint,
        software=__version__,
    )
    return ("\ufeff" + said.replace("\n", "\r\n")).encode("utf-8")
