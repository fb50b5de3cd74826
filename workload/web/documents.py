"""The documents of a scenario, made once: dossier (page, PDF), live workbook, evidence file."""

import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

from workload import __version__
from workload.errors import RequestError
from workload.jobs.depots import DOCUMENTS
from workload.reporting.dossier import write_dossier_html, write_dossier_pdf
from workload.reporting.evidence_file import signer_of, study_tables, write_evidence
from workload.reporting.live_workbook import write_live_workbook
from workload.store.scenario_sheets import Sheet
from workload.web.state import Web

TYPES: Mapping[str, str] = {
    "dossier.html": "text/html; charset=utf-8",
    "dossier.pdf": "application/pdf",
    "classeur.xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "preuves.zip": "application/zip",
}


def document(web: Web, sheet: Sheet, name: str) -> Path:
    """The file, made if need be: whole, or RequestError. The same sheet gives the same file."""
    if name not in TYPES:
        raise RequestError("document_unknown", id=name)
    tables = study_tables(web.engine, sheet) if name == "preuves.zip" else {}
    said = json.dumps(
        [__version__, sheet.key, sheet.status, sheet.run_id, sheet.tables, sheet.study, tables], default=str
    )
    folder = web.settings.data_dir / DOCUMENTS / hashlib.sha256(said.encode()).hexdigest()[:32]
    path = folder / name
    if path.is_file():
        return path
    made_on = f"{datetime.now().astimezone():%d/%m/%Y à %H:%M}"
    writers: dict[str, Callable[[Path], object]] = {
        "dossier.html": lambda to: write_dossier_html(sheet, to, made_on),
        "dossier.pdf": lambda to: write_dossier_pdf(sheet, to, made_on),
        "classeur.xlsx": lambda to: write_live_workbook(sheet, to),
        "preuves.zip": lambda to: write_evidence(sheet, tables, signer_of(web.settings.data_dir), to),
    }
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.TemporaryDirectory(dir=folder, prefix=".fait-") as temporary:
            made = Path(temporary) / name
            writers[name](made)
            os.replace(made, path)
    except OSError as error:
        raise RequestError("document_disk") from error
    return path


def shown_name(sheet: Sheet, name: str) -> str:
    """What it is called once taken away."""
    stem, dot, suffix = name.rpartition(".")
    return f"{stem}-{sheet.key.rpartition('/')[2].replace('_', '-')}{dot}{suffix}"
